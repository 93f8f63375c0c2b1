/// A number about how an image came about that a network can be told beside the pixels.
public enum ImageCondition: String, Sendable, Codable, CaseIterable {
    /// ``NoiseEstimate/fine`` of the image, in 255ths of its range.
    case fineNoise
    /// ``NoiseEstimate/coarse`` of the image, in 255ths of its range.
    case coarseNoise
    /// Standard deviation of the Gaussian that blurred it, in its pixels.
    case blur
}

/// A condition that a network learned to use, from 0 up to a value.
public struct LearnedCondition: Sendable, Equatable, Codable {
    public var condition: ImageCondition
    /// The greatest value it learned, above 0; the network is told shares of it.
    public var upTo: Double

    public init(_ condition: ImageCondition, upTo: Double) {
        self.condition = condition
        self.upTo = upTo
    }

    /// What the network is told: 0…1, values beyond what it learned as the last that it did.
    public func share(of value: Double) -> Float { Float(min(max(value / upTo, 0), 1)) }
}

extension [LearnedCondition] {
    /// What a network that learned these is told of an image.
    package func told(_ conditions: ImageConditions) -> [Float] { map { $0.share(of: conditions[$0.condition]) } }
}

/// What is known of an image: its values of all conditions.
public struct ImageConditions: Sendable, Equatable, Codable {
    public var fineNoise: Double
    public var coarseNoise: Double
    public var blur: Double

    public init(fineNoise: Double = 0, coarseNoise: Double = 0, blur: Double = 0) {
        self.fineNoise = fineNoise
        self.coarseNoise = coarseNoise
        self.blur = blur
    }

    public subscript(_ condition: ImageCondition) -> Double {
        switch condition {
        case .fineNoise: fineNoise
        case .coarseNoise: coarseNoise
        case .blur: blur
        }
    }
}
