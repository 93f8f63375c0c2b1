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
        func tensor(_ pixels: Pixels) -> Tensor { .images(pixels, sidesMultiplesOf: multiple, on: device) }
        var result = noisy
        let output = TorchRuntime.withoutGradients {
            let level = Tensor(
                (0..<noisy.slices).flatMap { _ in features }, shape: [noisy.slices, levelFeatures], on: device)
            return network(noisy: tensor(noisy), condition: tensor(condition), level: level)
                .cropped(width: noisy.width, height: noisy.height)
        }
        result.samples = output.values
        return result
    }
}
