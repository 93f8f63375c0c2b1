import Networks
import ONNX
import Torch
import TorchNN
import Upscaling

extension FlowObjective {
    /// The inverse pass as a network of two inputs, the image and the latent.
    public func makeModel(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], metadata: ModelMetadata
    ) throws -> ModelProto {
        let architecture = try configuration.flow
        let parameters = Parameters(loading: weights)
        let network = try SRFlow(parameters.root, architecture)
        try parameters.requireAllUsed()
        return try ONNXExporter.export(
            parameters: parameters,
            inputs: [
                .image(ONNXExporter.imageTensor, channels: architecture.channels),
                .image(FlowDescription.latentTensor, channels: architecture.latentChannels),
            ], metadata: metadata
        ) { inputs in network.residual(of: inputs[1], given: network.condition(inputs[0])) }
    }

    public func describe(_ metadata: inout ModelMetadata, of configuration: TrainingConfiguration) {
        metadata.objective = .sampling
        metadata.inputTensor = ONNXExporter.imageTensor
        metadata.flow = FlowDescription(temperature: temperature)
    }
}
