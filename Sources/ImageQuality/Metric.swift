import Imaging

/// A measure of how close an image is to a reference. Each is defined in a file of its own, with all that is to be known
/// of it, and joins ``allCases``.
public struct Metric: Sendable {
    /// Every one there is, in the order of tables: a new metric joins here.
    public static let allCases: [Metric] = [
        .psnr, .ssim, .ssimUniform, .multiScaleSSIM, .uqi, .uqiSewar, .sharpness, .sfrc, .sfrcOneSided,
    ]

    /// Its full name, which tells it from others of the same short name: `ssim.wang2004`.
    public let rawValue: String
    /// Its name in tables and JSON of evaluations.
    public let evaluationKey: String
    /// What it is called, with where it comes from.
    public let title: String
    /// Which of two values is the better one.
    public let better: Better
    /// Digits after the point that mean something.
    public let decimals: Int
    /// The least width and height that the metric is defined for.
    public let smallestSize: Int
    let measure: Measure

    public enum Better: Sendable, Equatable {
        case more, less
        case near(Double)

        /// A value of which more is better, whatever the metric counts.
        public func merit(of value: Double) -> Double {
            switch self {
            case .more: value
            case .less: -value
            case .near(let best): -abs(value - best)
            }
        }
    }

    enum Measure: Sendable {
        /// One value of all slices and channels together.
        case together(@Sendable (_ pairs: [PlanePair], _ dataRange: Double) -> Double)
        /// A value each, of which the mean counts; `nil` where nothing is left to compare.
        case apart(@Sendable (_ pair: PlanePair, _ dataRange: Double) -> Double?)
    }

    /// - Parameter evaluationKey: the short name, where it is the field's for it; the full one by default.
    init(
        _ rawValue: String, evaluationKey: String? = nil, title: String, better: Better = .more, decimals: Int = 4,
        smallestSize: Int, _ measure: Measure
    ) {
        self.rawValue = rawValue
        self.evaluationKey = evaluationKey ?? rawValue
        self.title = title
        self.better = better
        self.decimals = decimals
        self.smallestSize = smallestSize
        self.measure = measure
    }

    /// The metric of a full name.
    public init?(rawValue: String) {
        guard let metric = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = metric
    }

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
        guard let first = pairs.first, min(first.width, first.height) >= smallestSize else {
            throw .tooSmall(
                metric: self, width: max(image.width - 2 * convention.border, 0),
                height: max(image.height - 2 * convention.border, 0), smallest: smallestSize,
                border: convention.border)
        }
        guard pairs.contains(where: { $0.count > 0 }) else { throw .nothingToCompare(metric: self) }
        let value: Double
        switch measure {
        case .together(let measure): value = measure(pairs, convention.dataRange)
        case .apart(let measure):
            let values = pairs.compactMap { measure($0, convention.dataRange) }
            guard !values.isEmpty else { throw .nothingToCompare(metric: self) }
            value = values.reduce(0, +) / Double(values.count)
        }
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
}

extension Metric: Hashable {
    public static func == (left: Metric, right: Metric) -> Bool { left.rawValue == right.rawValue }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension Metric: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let metric = Metric(rawValue: name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no metric is called '\(name)'")
        }
        self = metric
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
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
