import Networks
import ONNX
import Torch
import TorchNN
import Upscaling

extension DiffusionObjective {
    /// The denoiser as a network of three inputs.
    public func makeModel(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], metadata: ModelMetadata
    ) throws -> ModelProto {
        let denoiser = try configuration.denoiser
        let parameters = Parameters(loading: weights)
        let network = try SR3(parameters.root, denoiser)
        try parameters.requireAllUsed()
        let (channels, multiple) = (denoiser.channels, denoiser.network.multiple)
        return try ONNXExporter.export(
            parameters: parameters,
            inputs: [
                .image(DiffusionDescription.noisyTensor, channels: channels, multipleOf: multiple),
                .image(DiffusionDescription.conditionTensor, channels: channels, multipleOf: multiple),
                ExportInput(DiffusionDescription.levelTensor, [.free("batch"), .fixed(denoiser.levelFeatures)]),
            ], metadata: metadata
        ) { inputs in network(noisy: inputs[0], condition: inputs[1], level: inputs[2]) }
    }

    public func describe(_ metadata: inout ModelMetadata, of configuration: TrainingConfiguration) throws {
        metadata.objective = .sampling
        metadata.inputTensor = DiffusionDescription.noisyTensor
        metadata.diffusion = DiffusionDescription(
            process: process, levelFeatures: try configuration.denoiser.levelFeatures,
            averageDecay: configuration.averageDecay)
    }
}

extension TrainingConfiguration {
    /// The network of a diffusion run.
    var denoiser: SR3.Configuration {
        get throws(ConfigurationError) {
            guard let denoiser = architecture.configuration as? SR3.Configuration else {
                throw ConfigurationError("process", "is for the architecture sr3 alone, not \(architecture.name)")
            }
            return denoiser
        }
    }
}
