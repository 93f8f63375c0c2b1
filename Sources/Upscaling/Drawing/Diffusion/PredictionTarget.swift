/// What a denoiser is trained to predict from y_t = √γ · y_0 + √(1 − γ) · ε. Any of the three gives the other two.
public enum PredictionTarget: String, Sendable, Codable, CaseIterable {
    /// ε, as SR3 (2021, eq. 6).
    case noise
    /// y_0.
    case image
    /// v = √γ · ε − √(1 − γ) · y_0 (Salimans and Ho, "Progressive Distillation for Fast Sampling of Diffusion Models",
    /// 2022, section 4), which is well scaled at every level.
    case velocity

    /// How image and noise follow from the noisy image and the prediction, both linearly.
    ///
    /// - Parameter gamma: 0 < γ < 1.
    public func coefficients(gamma: Double) -> (image: LinearPair, noise: LinearPair) {
        let signal = gamma.squareRoot()
        let deviation = (1 - gamma).squareRoot()
        switch self {
        case .noise: return (LinearPair(1 / signal, -deviation / signal), LinearPair(0, 1))
        case .image: return (LinearPair(0, 1), LinearPair(1 / deviation, -signal / deviation))
        case .velocity: return (LinearPair(signal, -deviation), LinearPair(deviation, signal))
        }
    }

    /// How the training target follows from the image and the noise: `first` of the image plus `second` of the noise.
    public func trainingCoefficients(gamma: Double) -> LinearPair {
        switch self {
        case .noise: LinearPair(0, 1)
        case .image: LinearPair(1, 0)
        case .velocity: LinearPair(-(1 - gamma).squareRoot(), gamma.squareRoot())
        }
    }
}

/// `first` of one thing plus `second` of another.
public struct LinearPair: Sendable, Equatable {
    public var first: Double
    public var second: Double

    public init(_ first: Double, _ second: Double) {
        self.first = first
        self.second = second
    }
}
