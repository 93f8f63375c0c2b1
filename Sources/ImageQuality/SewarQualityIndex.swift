extension Metric {
    /// What the Python package `sewar` calls UQI, which published tables hold; not the universal quality index.
    public static let uqiSewar = Metric(
        "uqi.sewar", title: "what the package sewar calls UQI; not the universal quality index", smallestSize: 9,
        .apart { pair, _ in sewarQualityIndex(pair) })
}

/// What `sewar.uqi` 0.4 computes under the name UQI, so that tables made with it can be checked.
///
/// It puts window means where the formula of Wang and Bovik has window sums, while keeping the factor n = 64 that goes
/// with sums: σ² becomes 64 E[x²] − E[x]². That hides most of the structure, and even a negated image scores high. Its
/// crop also drops the last row and column of windows.
func sewarQualityIndex(_ pair: PlanePair) -> Double? {
    SlidingWindow.uniform(8).mean(
        over: pair, columns: pair.width - 8, rows: pair.height - 8, of: SewarQualityIndex())
}

private struct SewarQualityIndex: WindowIndex {
    @inline(__always)
    func callAsFunction(_ window: WindowStatistics) -> SIMD4<Double> {
        let numerator = 4 * (64 * window.productMean - window.meanProduct) * window.meanProduct
        let spread = 64 * window.squareMeans - window.squaredMeans
        let denominator = spread * window.squaredMeans
        let one = SIMD4<Double>(repeating: 1)
        return (numerator / denominator).replacing(with: one, where: denominator .== 0)
    }
}
