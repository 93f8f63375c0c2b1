extension Metric {
    /// Universal quality index over 8 × 8 windows (Wang and Bovik 2002).
    public static let uqi = Metric(
        "uqi.wangbovik2002", title: "UQI, 8 × 8 windows (Wang and Bovik 2002)", smallestSize: 8,
        .apart { pair, _ in universalQualityIndex(pair) })
}

/// UQI: 4 σxy μx μy / ((σx² + σy²)(μx² + μy²)), averaged over all 8 × 8 windows that lie inside the image. Where both
/// images are flat it is 2 μx μy / (μx² + μy²), and where both are zero 1.
///
/// Wang, Bovik, "A universal image quality index", 2002.
func universalQualityIndex(_ pair: PlanePair) -> Double? {
    SlidingWindow.uniform(8).mean(over: pair, of: UniversalQualityIndex())
}

private struct UniversalQualityIndex: WindowIndex {
    @inline(__always)
    func callAsFunction(_ window: WindowStatistics) -> SIMD4<Double> {
        let one = SIMD4<Double>(repeating: 1)
        let dark = window.squaredMeans .== 0
        let luminance = (2 * window.meanProduct / window.squaredMeans).replacing(with: one, where: dark)
        // Rounding leaves about 1e-15 of E[x²] where all samples are equal.
        let flat = window.variances .<= 1e-13 * window.squareMeans
        let structure = (2 * window.covariance / window.variances).replacing(with: one, where: flat)
        // Windows of mean zero that vary have no index; as in the authors' program they count as 1.
        return luminance * structure.replacing(with: one, where: dark)
    }
}
