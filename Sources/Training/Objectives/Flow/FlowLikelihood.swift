import Foundation
import Imaging
import Networks
import Torch
import TorchNN

/// How likely a trained flow takes images to be, given what they look like reduced.
public struct FlowLikelihood {
    private let configuration: TrainingConfiguration
    private let objective: FlowObjective
    private let network: SRFlow

    /// - Parameter url: a checkpoint of a flow's run.
    /// - Throws: ``TrainingError/badCheckpoint(path:reason:)``, `TorchError`.
    public init(checkpoint url: URL) throws {
        let checkpoint = try Checkpoint(contentsOf: url)
        guard case .flow(let objective) = checkpoint.configuration.objective else {
            throw TrainingError.badCheckpoint(
                path: url.path, reason: "its run trains no flow, and only a flow can say how likely an image is")
        }
        configuration = checkpoint.configuration
        self.objective = objective
        network = try SRFlow(stored: checkpoint.finalWeights, try configuration.flow)
    }

    /// The negative log-likelihood of each slice in bits a pixel, of pixels as densities over the range 0…1; eight more for
    /// values of 0…255. As in training, with noise of the objective's width, the same for all images.
    ///
    /// - Parameter image: of high resolution; cut at the right and the bottom to a multiple of the run's magnification.
    /// - Throws: `ModelError.notFinite`, ``TrainingError/configuration(_:)`` where the image holds no intensities or is smaller
    ///   than a crop of the run.
    public func bits(of image: Image) throws -> [Double] {
        let pixels = try TrainingImages.normalized(image, channels: 1)
        return try (0..<pixels.slices).map { slice in
            let truth = pixels.slice(slice).croppedToMultiple(of: configuration.scale)
            let least = configuration.cropSize * configuration.scale
            guard min(truth.width, truth.height) >= least else {
                throw TrainingError.configuration(
                    "the image has \(truth.width) × \(truth.height) pixels; the flow learned from \(least)² at least")
            }
            return bits(of: configuration.pair(of: TrainingImage(pixels: truth, levels: nil, name: "")))
        }
    }

    private func bits(of pair: TrainingPair) -> Double {
        let generator = Generator(seed: 0)
        let residual = Tensor.images(pair.target, sidesMultiplesOf: 1, on: .cpu)
        let noise = (generator.uniform(residual.shape) - 0.5) * objective.noise
        let density = TorchRuntime.withoutGradients {
            let low = Tensor.images(pair.input, sidesMultiplesOf: 1, on: .cpu)
            return network.logDensity(of: residual + noise, given: network.condition(low))
        }
        return -Double(density.item) / (Double(residual.count) * log(2))
    }
}
