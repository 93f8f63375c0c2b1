import Networks
import Torch
import TorchNN
import Upscaling

/// How a head on a finished network learns where that errs: so that bounds made of it are as narrow as can be.
///
/// A bound is the doubt times a factor that few patients need more of, each so that few of his errors lie outside. So the
/// doubt's mean times that factor is what is minimised, with power means in place of quantiles, which have gradients everywhere:
/// with r the errors over their doubts, the mean over crops of log(mean doubt), and the logarithm of the power mean, by
/// ``acrossCrops``, of each crop's power mean of r, by ``withinCrops``. What the head does to all doubts alike changes nothing.
/// The crops of a batch are of one kind, as patients that are calibrated are.
public struct DoubtObjective: Codable, Sendable, Equatable {
    /// The share of the images' grain that counts as doubt before the head is asked, 0 to 1, as in `fovea calibrate`.
    public var grain: Double
    /// The exponent of the mean over a crop's places, above 0: the greater, the fewer places may lie outside of a bound. With 8
    /// it is where one place in a hundred does, for ratios whose logarithms are normal with deviation 0.6.
    public var withinCrops: Double
    /// The exponent of the mean over crops, above 0: the greater, the more alike are what different patients need.
    public var acrossCrops: Double

    public init(grain: Double = 0.25, withinCrops: Double = 8, acrossCrops: Double = 4) {
        self.grain = grain
        self.withinCrops = withinCrops
        self.acrossCrops = acrossCrops
    }
}

extension DoubtObjective: LearningObjective {
    public static let key: String? = "doubt"
    public var learnsFromNoise: Bool { true }
    public var learnsKindByKind: Bool { true }

    public func validate(in configuration: TrainingConfiguration) throws(ConfigurationError) {
        guard configuration.architecture.doubts else {
            throw ConfigurationError(
                "grain",
                "is for a network with a head that doubts it: set architecture.foveola.doubt to the head's width, such as 32"
            )
        }
        try Requirement.within(0...1, "grain", grain)
        try Requirement.within(0.1...16, "withinCrops", withinCrops)
        try Requirement.within(0.1...16, "acrossCrops", acrossCrops)
        guard configuration.initialWeights != nil else {
            throw ConfigurationError(
                "grain", "of a network's doubts: name the network with --from, a checkpoint or a model file")
        }
        guard configuration.cropSize > 2 * DoubtTrainee.margin else {
            throw ConfigurationError(
                "grain",
                "is learned \(DoubtTrainee.margin) pixels from a crop's border on; let cropSize be \(2 * DoubtTrainee.margin + 8) at least"
            )
        }
    }

    public func makeTrainee(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]?, on device: Device
    ) throws -> any Trainee {
        try DoubtTrainee(configuration, self, initialWeights: initialWeights, on: device)
    }

    public func describe(_ metadata: inout ModelMetadata, of configuration: TrainingConfiguration) {
        metadata.doubts = true
    }

    public func lossName(of configuration: TrainingConfiguration) -> String {
        "the width of a bound, for the head alone"
    }

    public func cardRow(of configuration: TrainingConfiguration) -> (title: String, text: String)? {
        ("Doubt", "a head of its own says where the network errs more or less; the network stays as it was")
    }
}
