import Imaging
import Networks
import Torch
import TorchNN
import Upscaling

/// SR3 on libtorch, for samplers.
public struct SR3Denoiser: Denoiser {
    public let target: PredictionTarget
    private let network: SR3
    private let levelFeatures: Int
    private let multiple: Int
    private let device: Device

    public init(
        _ configuration: SR3.Configuration, target: PredictionTarget, weights: [String: Tensor],
        on device: Device = .cpu
    ) throws {
        let parameters = Parameters(loading: weights, on: device)
        network = try SR3(parameters.root, configuration)
        try parameters.requireAllUsed()
        self.target = target
        self.device = device
        levelFeatures = configuration.levelFeatures
        multiple = configuration.network.multiple
    }

    /// Sides that are no multiple of what the network takes are filled up by reflection.
    public func predict(_ noisy: Pixels, condition: Pixels, gamma: Double) -> Pixels {
        let features = NoiseLevelEmbedding.features(gamma: gamma, count: levelFeatures)
        var result = noisy
        let output = Torch.withoutGradients {
            let level = Tensor(
                (0..<noisy.slices).flatMap { _ in features }, shape: [noisy.slices, levelFeatures], on: device)
            return network(noisy: tensor(noisy), condition: tensor(condition), level: level)
                .narrow(dimension: 2, start: 0, length: noisy.height)
                .narrow(dimension: 3, start: 0, length: noisy.width)
        }
        result.samples = output.values
        return result
    }

    private func tensor(_ pixels: Pixels) -> Tensor {
        var tensor = Tensor(
            pixels.samples, shape: [pixels.slices, pixels.channels, pixels.height, pixels.width], on: device)
        for dimension in [2, 3] {
            let length = tensor.shape[dimension]
            let missing = (multiple - length % multiple) % multiple
            precondition(missing <= length, "an image smaller than the network's multiple")
            guard missing > 0 else { continue }
            let end = tensor.narrow(dimension: dimension, start: length - missing, length: missing)
            tensor = .concatenate([tensor, end.flip(dimension: dimension)], dimension: dimension)
        }
        return tensor.channelsLast
    }
}
