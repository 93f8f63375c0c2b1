extension Array {
    /// At most `limit` elements, evenly spread and in order; all of them without a limit.
    package func evenlySpread(_ limit: Int?) -> [Element] {
        guard let limit, count > limit else { return self }
        return (0..<limit).map { self[(2 * $0 + 1) * count / (2 * limit)] }
    }
}
