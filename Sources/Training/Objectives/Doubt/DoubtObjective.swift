import Networks
import Torch
import TorchNN
import Upscaling

/// How a head on a finished network learns where that errs: so that bounds made of it are as narrow as can be.
///
/// A bound is the doubt times a factor that is such that few errors of a patient lie outside. Doubts are therefore worth as
/// much as their mean is small once a share ``exceptions`` of the errors lies above, and that is what is minimised, crop by
/// crop: log(mean doubt) + mean(max(0, log error − log doubt)) / exceptions. Whatever the head does to all of a crop alike, the
/// sum is least where that share of its errors lies above; and places of great doubt, which cost the bound most, may be
/// exceeded more often than others.
public struct DoubtObjective: Codable, Sendable, Equatable {
    /// The share of the images' grain that counts as doubt before the head is asked, 0 to 1, as in `fovea calibrate`.
    public var grain: Double
    /// The share of an image's places whose error may exceed the doubt, above 0 and below 1.
    public var exceptions: Double

    public init(grain: Double = 0.25, exceptions: Double = 0.01) {
        self.grain = grain
        self.exceptions = exceptions
    }
}

extension DoubtObjective: LearningObjective {
    public static let key: String? = "doubt"
    public var learnsFromNoise: Bool { true }

    public func validate(in configuration: TrainingConfiguration) throws(ConfigurationError) {
        guard configuration.architecture.doubts else {
            throw ConfigurationError(
                "grain",
                "is for a network with a head that doubts it: set architecture.foveola.doubt to the head's width, such as 32"
            )
        }
        try Requirement.within(0...1, "grain", grain)
        guard exceptions > 0, exceptions < 1 else {
            throw ConfigurationError("exceptions", "is \(exceptions); it must be a share between 0 and 1")
        }
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
