import Networks
import ONNX
import Torch
import TorchNN
import Upscaling

extension TrainingConfiguration {
    /// What the model file of a diffusion run says about the use of its denoiser; `nil` for any other run.
    var diffusionDescription: DiffusionDescription? {
        guard let diffusion, let network = architecture.configuration as? SR3.Configuration else { return nil }
        return DiffusionDescription(
            process: diffusion.process, levelFeatures: network.levelFeatures, averageDecay: averageDecay)
    }
}

extension ModelExport {
    /// The denoiser as a network of three inputs.
    static func denoiser(
        _ configuration: SR3.Configuration, _ description: DiffusionDescription, _ parameters: Parameters,
        _ metadata: ModelMetadata
    ) throws -> ModelProto {
        let network = try SR3(parameters.root, configuration)
        try parameters.requireAllUsed()
        let multiple = configuration.network.multiple
        return try ONNXExporter.export(
            parameters: parameters,
            inputs: [
                .image(DiffusionDescription.noisyTensor, channels: configuration.channels, multipleOf: multiple),
                .image(DiffusionDescription.conditionTensor, channels: configuration.channels, multipleOf: multiple),
                ExportInput(
                    DiffusionDescription.levelTensor, [.free("batch"), .fixed(description.levelFeatures)]),
            ], metadata: metadata
        ) { inputs in network(noisy: inputs[0], condition: inputs[1], level: inputs[2]) }
    }
}
