import Foundation
import Networks
import Torch
import TorchNN
import Upscaling

/// A model file's network built again of libtorch's functions, with the file's weights: libtorch's way to do what an
/// engine does with the file.
public struct StoredNetwork {
    private let forward: ([String: Tensor]) -> Tensor
    /// Shapes of the inputs on `side`² pixels, by the file's names for them.
    private let shapes: (_ side: Int) -> [String: [Int]]

    /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` where the file holds none of Fovea's networks; `TorchError`
    ///   where its weights are not those of the network that it names; `ONNXError`.
    public init(_ file: ModelFile) throws {
        guard let name = file.metadata.architecture, let configuration = file.metadata.configuration,
            let architecture = try? JSONValue.object([name: configuration]).decoded(as: Architecture.self)
        else {
            throw TrainingError.badCheckpoint(
                path: file.url.path, reason: "it does not say as which of Fovea's networks it was trained")
        }
        let parameters = Parameters()
        let channels = architecture.channels
        if let configuration = architecture.configuration as? SR3.Configuration, file.metadata.diffusion != nil {
            typealias Names = DiffusionDescription
            let network = try SR3(parameters.root, configuration)
            forward = { inputs in
                network(
                    noisy: inputs[Names.noisyTensor]!, condition: inputs[Names.conditionTensor]!,
                    level: inputs[Names.levelTensor]!)
            }
            shapes = { side in
                let image = [1, channels, side, side]
                return [
                    Names.noisyTensor: image, Names.conditionTensor: image,
                    Names.levelTensor: [1, configuration.levelFeatures],
                ]
            }
        } else if let configuration = architecture.configuration as? SRFlow.Configuration {
            let network = try SRFlow(parameters.root, configuration)
            forward = { inputs in
                network.residual(
                    of: inputs[FlowDescription.latentTensor]!, given: network.condition(inputs[file.inputTensor]!))
            }
            shapes = { side in
                [
                    file.inputTensor: [1, channels, side, side],
                    FlowDescription.latentTensor: [1, configuration.latentChannels, side, side],
                ]
            }
        } else {
            let network = try architecture.makeNetwork(parameters)
            forward = { network($0[file.inputTensor]!, told: $0[ModelMetadata.conditionsTensor]) }
            let told = architecture.conditions
            shapes = { side in
                var shapes = [file.inputTensor: [1, channels, side, side]]
                if told > 0 { shapes[ModelMetadata.conditionsTensor] = [1, told] }
                return shapes
            }
        }
        let stored = try InitialWeights(contentsOf: file.url).tensors
        // Some of a graph's weights have more axes of length 1 than the layers' own.
        func extent(_ tensor: Tensor) -> [Int] { tensor.shape.filter { $0 != 1 } }
        try parameters.copy(
            from: parameters.all.reduce(into: [:]) { found, wanted in
                guard let tensor = stored[wanted.key], extent(tensor) == extent(wanted.value) else { return }
                found[wanted.key] = tensor.reshape(wanted.value.shape)
            })
    }

    /// Random numbers in 0…1 for the network on `side`² pixels, images with channels innermost, which is how libtorch is
    /// fastest.
    public func randomInputs(side: Int) -> [String: Tensor] {
        let generator = Generator(seed: 1)
        return shapes(side).mapValues { shape in
            let tensor = generator.uniform(shape)
            return shape.count == 4 ? tensor.channelsLast : tensor
        }
    }

    /// The network alone, nothing recorded for gradients.
    ///
    /// - Parameters:
    ///   - inputs: by the file's names.
    ///   - type: what convolutions are computed in.
    public func callAsFunction(_ inputs: [String: Tensor], computedIn type: ScalarType = .float32) -> Tensor {
        TorchRuntime.withoutGradients { TorchRuntime.autocast(to: type) { forward(inputs) } }
    }
}
