import Imaging

/// What noise is added to, how much, and what a denoiser is asked for: what training and sampling must agree on.
public struct DiffusionProcess: Sendable, Equatable, Codable {
    public var schedule: NoiseSchedule
    public var target: PredictionTarget
    public var subject: DiffusionSubject

    public init(schedule: NoiseSchedule, target: PredictionTarget, subject: DiffusionSubject) {
        self.schedule = schedule
        self.target = target
        self.subject = subject
    }

    /// SR3's: the image, its kind of schedule, the noise.
    public static let sr3 = DiffusionProcess(schedule: .sr3, target: .noise, subject: .image)
}

/// What is diffused, y_0, in terms of images in 0…1.
public enum DiffusionSubject: Sendable, Equatable, Codable {
    /// The high-resolution image in −1…1, as SR3.
    case image
    /// What the high-resolution image has beyond the bicubic enlargement, divided by its standard deviation (Li et al.,
    /// "SRDiff: Single Image Super-Resolution with Diffusion Probabilistic Models", 2022). The enlargement need not be
    /// made out of noise again, which small networks and few steps are thankful for.
    case residual(deviation: Double)

    /// y_0 is `gain` · (image − `baseShare` · enlargement) + `offset`.
    public var gain: Double {
        switch self {
        case .image: 2
        case .residual(let deviation): 1 / deviation
        }
    }
    public var offset: Double {
        switch self {
        case .image: -1
        case .residual: 0
        }
    }
    public var baseShare: Double {
        switch self {
        case .image: 0
        case .residual: 1
        }
    }
}

extension DiffusionSubject {
    /// What keeps estimates sane, in use as in validation: of an image no brightness that its enlargement has not.
    ///
    /// - Parameter condition: the enlargement in −1…1.
    package func correction(condition: Pixels) -> EstimateCorrection? {
        guard case .image = self else { return nil }
        // From almost pure noise an estimate of the noise gives images of any brightness.
        let (least, most) = condition.samples.reduce((Float(-1), Float(1))) { (min($0.0, $1), max($0.1, $1)) }
        return { $0.clamped(to: least...most) }
    }
}

/// How a model file's denoiser is used: its process, and the form in which it takes the noise level.
public struct DiffusionDescription: Sendable, Equatable, Codable {
    public var process: DiffusionProcess
    /// Numbers that tell the noise level: ``NoiseLevelEmbedding``.
    public var levelFeatures: Int
    /// Decay of the moving average that the weights are of.
    public var averageDecay: Double?

    public init(process: DiffusionProcess, levelFeatures: Int, averageDecay: Double? = nil) {
        self.process = process
        self.levelFeatures = levelFeatures
        self.averageDecay = averageDecay
    }

    /// Names of the network's inputs: y_t and the enlarged low-resolution image, (B, C, H, W) both, and the noise level,
    /// (B, ``levelFeatures``).
    public static let noisyTensor = "noisy"
    public static let conditionTensor = "condition"
    public static let levelTensor = "level"
}
