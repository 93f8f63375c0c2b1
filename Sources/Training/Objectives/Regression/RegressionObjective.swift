import Networks
import Torch
import Upscaling

/// The least distance to the truth, pixel by pixel; the run's loss says which distance.
public struct RegressionObjective: LearningObjective {
    public static let key: String? = nil

    /// It leaves nothing open.
    public init() {}

    public func validate(in configuration: TrainingConfiguration) {}

    public func makeTrainee(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]?, on device: Device
    ) throws -> any Trainee {
        try RegressionTrainee(configuration, initialWeights: initialWeights, on: device)
    }

    public func describe(_ metadata: inout ModelMetadata, of configuration: TrainingConfiguration) {
        metadata.objective = .fidelity
        // SR3's network in one step is there to be compared with SR3, and taken by its name alone.
        if configuration.architecture.configuration is SR3.Configuration { metadata.modalities = [] }
    }
}
