/// A part of a run's jobs, of as many parts as processes or machines share them: part 3 of 16 takes the third job and every
/// sixteenth after it.
///
/// Jobs of one series may come to different parts. What they must agree on (model, range, identifiers) is a function of the
/// whole series, which every part looks at.
public struct Shard: Sendable, Equatable {
    /// Which part, from 1.
    public let number: Int
    /// How many parts there are.
    public let count: Int

    /// - Parameters:
    ///   - number: which part, from 1.
    ///   - count: how many parts there are.
    /// - Precondition: `number` lies between 1 and `count`.
    public init(_ number: Int, of count: Int) {
        precondition(count >= 1 && (1...count).contains(number), "a part is one of all")
        self.number = number
        self.count = count
    }

    /// Reads `3/16`; `nil` where that is no part of anything.
    ///
    /// - Parameter text: the number of the part, a slash, how many there are.
    public init?(_ text: String) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let number = numbers[0], let count = numbers[1], count >= 1,
            (1...count).contains(number)
        else { return nil }
        self.init(number, of: count)
    }

    /// Whether this part takes the job at a place of the list, from 0.
    ///
    /// - Parameter index: of the job in the list of all.
    public func takes(_ index: Int) -> Bool { index % count == number - 1 }
}
