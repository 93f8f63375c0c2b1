/// The largest distance between two lists of numbers, place by place; infinite where they are not of one length or one of
/// them holds what is no number.
public func greatestDifference(_ first: some Collection<Float>, _ second: some Collection<Float>) -> Float {
    guard first.count == second.count else { return .infinity }
    return zip(first, second).reduce(0) { greatest, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isNaN ? .infinity : max(greatest, difference)
    }
}
