import Foundation
import Imaging
import Networks
import Torch
import TorchNN

/// A generator of images with the weights that a run of ``GenerationObjective`` gave it.
public struct TrainedGenerator {
    /// Of the network.
    public let configuration: StyleGenerator.Configuration
    /// By name.
    public let weights: [String: Tensor]
    /// What a result says it was made by: the run's folder and its steps.
    public let name: String

    /// - Parameter url: a run's folder, or its checkpoint.
    /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` where it is no such run's, or `TorchError`.
    public init(contentsOf url: URL) throws {
        let folder = (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
        let file = folder ? url.appendingPathComponent("checkpoint.safetensors") : url
        let checkpoint = try Checkpoint(contentsOf: file)
        guard let configuration = checkpoint.configuration.architecture.configuration as? StyleGenerator.Configuration
        else {
            throw TrainingError.badCheckpoint(
                path: file.path,
                reason:
                    "holds \(checkpoint.configuration.architecture.name), which enlarges images, and no generator; train one by 'fovea train --preset pulse-generator-chest'"
            )
        }
        self.configuration = configuration
        weights = checkpoint.finalWeights
        let run = file.deletingLastPathComponent().lastPathComponent
        name = "\(run) (StyleGAN2, \(checkpoint.step) steps)"
    }

    /// Images of draws, to look at what it has learned.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - seed: of the draws.
    ///   - device: what it runs on.
    /// - Returns: in 0…1, clipped.
    /// - Throws: `TorchError` where the weights are another network's.
    public func samples(_ count: Int, seed: UInt64, on device: Device = .cpu) throws -> [Pixels] {
        let parameters = Parameters(loading: weights, on: device)
        let network = try StyleGenerator(parameters.root, configuration)
        let random = Generator(seed: seed, on: device)
        return TorchRuntime.withoutGradients {
            (0..<count).map { _ in
                let latent = network.mapping(random.normal([1, configuration.latentSize]))
                let noise = configuration.noiseSides.map { random.normal([1, 1, $0, $0]) }
                let image = network.synthesis((0..<configuration.latentCount).map { _ in latent }, noise: noise)
                return Pixels(
                    width: configuration.size, height: configuration.size, channels: configuration.channels,
                    samples: ((image + 1) / 2).clamp(0...1).contiguous.values)
            }
        }
    }
}
