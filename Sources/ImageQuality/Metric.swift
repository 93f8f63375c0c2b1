import Imaging

/// A measure of how close an image is to a reference; each is defined in a file of its own.
public enum Metric: String, Sendable, Codable, CaseIterable {
    /// Peak signal-to-noise ratio in dB; infinite for equal images.
    case psnr
    /// Structural similarity, Gaussian 11 × 11 window (Wang et al. 2004): what papers call SSIM.
    case ssim = "ssim.wang2004"
    /// Structural similarity, uniform 11 × 11 window: `sewar`'s default.
    case ssimUniform = "ssim.uniform11"
    /// Multi-scale structural similarity over five scales (Wang et al. 2003).
    case multiScaleSSIM = "msssim.wang2003"
    /// Universal quality index over 8 × 8 windows (Wang and Bovik 2002).
    case uqi = "uqi.wangbovik2002"
    /// What the Python package `sewar` calls UQI, which published tables hold; not the universal quality index.
    case uqiSewar = "uqi.sewar"
    /// Edge energy relative to the reference's: 1 for as sharp, less for smoother. Not a measure of truth.
    case sharpness

    /// The value of this metric for `image` against `reference`.
    ///
    /// Slices are compared one by one and averaged, except for PSNR, which takes one mean squared error over all.
    ///
    /// Samples that are excluded take no part, and no window that holds one does; slices of which nothing is left don't
    /// count.
    ///
    /// - Throws: ``MetricError`` where shapes differ, the range is empty, the channels are not what the convention
    ///   names, too little is left inside the border, or a sample is not finite.
    public func callAsFunction(
        of image: Pixels, against reference: Pixels, convention: MetricConvention, excluding mask: NoDataMask? = nil
    ) throws(MetricError) -> Double {
        let pairs = try PlanePair.pairs(
            reference: reference, image: image, convention: convention, excluding: mask)
        let smallest = smallestSize
        guard let first = pairs.first, min(first.width, first.height) >= smallest else {
            throw .tooSmall(
                metric: self, width: max(image.width - 2 * convention.border, 0),
                height: max(image.height - 2 * convention.border, 0), smallest: smallest, border: convention.border)
        }
        let range = convention.dataRange
        guard pairs.contains(where: { $0.count > 0 }) else { throw .nothingToCompare(metric: self) }
        var isEmpty = false
        let mean = { (value: (PlanePair) -> Double?) in
            let values = pairs.compactMap(value)
            isEmpty = values.isEmpty
            return values.reduce(0, +) / Double(max(values.count, 1))
        }
        let value =
            switch self {
            case .psnr: peakSignalToNoiseRatio(pairs, dataRange: range)
            case .ssim: mean { structuralSimilarity($0, window: .gaussian11, dataRange: range) }
            case .ssimUniform: mean { structuralSimilarity($0, window: .uniform(11), dataRange: range) }
            case .multiScaleSSIM: mean { multiScaleStructuralSimilarity($0, dataRange: range) }
            case .uqi: mean { universalQualityIndex($0) }
            case .uqiSewar: mean { sewarQualityIndex($0) }
            case .sharpness: ImageQuality.sharpness(pairs)
            }
        guard !isEmpty else { throw .nothingToCompare(metric: self) }
        guard !value.isNaN && value != -.infinity else { throw .notFinite }
        return value
    }

    /// The value together with how it was obtained.
    public func score(
        of image: Pixels, against reference: Pixels, convention: MetricConvention
    ) throws(MetricError) -> MetricScore {
        MetricScore(
            metric: self, value: try self(of: image, against: reference, convention: convention), convention: convention
        )
    }

    /// The least width and height that the metric is defined for.
    public var smallestSize: Int {
        switch self {
        case .psnr: 1
        case .ssim, .ssimUniform: 11
        case .multiScaleSSIM: 176
        case .uqi: 8
        case .uqiSewar: 9
        case .sharpness: 2
        }
    }
}

/// A metric's value, never without how it was obtained.
public struct MetricScore: Sendable, Equatable, CustomStringConvertible {
    public var metric: Metric
    public var value: Double
    public var convention: MetricConvention

    public init(metric: Metric, value: Double, convention: MetricConvention) {
        self.metric = metric
        self.value = value
        self.convention = convention
    }

    public var description: String { "\(metric.rawValue) \(value) (\(convention))" }
}
