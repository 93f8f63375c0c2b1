extension Metric {
    /// Structural similarity, Gaussian 11 × 11 window (Wang et al. 2004): what papers call SSIM.
    public static let ssim = Metric(
        "ssim.wang2004", evaluationKey: "ssim", title: "SSIM, Gaussian 11 × 11 window of σ 1.5 (Wang et al. 2004)",
        smallestSize: 11, .apart { structuralSimilarity($0, window: .gaussian11, dataRange: $1) })
    /// Structural similarity, uniform 11 × 11 window: `sewar`'s default.
    public static let ssimUniform = Metric(
        "ssim.uniform11", title: "SSIM, uniform 11 × 11 window", smallestSize: 11,
        .apart { structuralSimilarity($0, window: .uniform(11), dataRange: $1) })
}

/// SSIM: (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)), averaged over all windows that lie inside the
/// image, with C1 = (0.01 L)², C2 = (0.03 L)² and statistics of the whole population (divided by n).
///
/// Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity", 2004:
/// window ``SlidingWindow/gaussian11``; scikit-image calls it `gaussian_weights=True, sigma=1.5,
/// use_sample_covariance=False`. `sewar`'s default has the window `.uniform(11)`.
func structuralSimilarity(_ pair: PlanePair, window: SlidingWindow, dataRange: Double) -> Double? {
    window.mean(over: pair, of: StructuralSimilarity(dataRange: dataRange))
}

struct StructuralSimilarity: WindowIndex {
    let contrastAndStructure: ContrastAndStructure
    let c1: Double

    init(dataRange: Double) {
        contrastAndStructure = ContrastAndStructure(dataRange: dataRange)
        c1 = (0.01 * dataRange) * (0.01 * dataRange)
    }

    @inline(__always)
    func callAsFunction(_ window: WindowStatistics) -> SIMD4<Double> {
        let luminance = (2 * window.meanProduct + c1) / (window.squaredMeans + c1)
        return luminance * contrastAndStructure(window)
    }
}

/// SSIM without its luminance term: (2 σxy + C2) / (σx² + σy² + C2).
struct ContrastAndStructure: WindowIndex {
    let c2: Double

    init(dataRange: Double) {
        c2 = (0.03 * dataRange) * (0.03 * dataRange)
    }

    @inline(__always)
    func callAsFunction(_ window: WindowStatistics) -> SIMD4<Double> {
        (2 * window.covariance + c2) / (window.variances + c2)
    }
}
