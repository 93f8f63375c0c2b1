import Foundation
import Torch
import TorchNN
import Upscaling

/// SRFlow: Lugmayr, Danelljan, Van Gool & Timofte, "SRFlow: Learning the Super-Resolution Space with Normalizing Flow",
/// ECCV 2020, written from the paper.
///
/// An invertible map between high-resolution images and latents, given the low-resolution image, under which latents are
/// standard normal: so it can say how likely an image is, and draw images. What passes through it is not the image but what
/// an enlarging network leaves of it, divided by its deviation; the network's inner features are what the flow is told.
/// The levels end where the latent has the low-resolution image's places, so that sides need to be multiples of nothing.
///
/// As a layer it gives what latents of zero become, the most likely ones: (B, 1, H, W) in 0…1 → (B, 1, s·H, s·W), a residual
/// to bicubic enlargement in the same units.
public struct SRFlow: Layer {
    /// What the low-resolution image tells.
    public struct Condition {
        /// The enlarging network's residual to bicubic enlargement, (B, 1, s·H, s·W).
        let residual: Tensor
        /// (B, features, H, W)
        let features: Tensor
    }

    private let encoder: Foveola
    private let projections: [(stage: Int, convolution: Conv2d)]
    private let levels: [FlowLevel]
    private let configuration: Configuration

    /// The enlarging network's weights have the names that they have on their own.
    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        self.configuration = configuration
        encoder = try Foveola(path, configuration.encoder)
        let flow = path / Self.flowName
        projections = try configuration.featureStages.enumerated().map { index, stage in
            (
                stage,
                try Conv2d(
                    flow / "projections" / index, configuration.encoder.features, configuration.projected, kernel: 1)
            )
        }
        let features = configuration.depths * configuration.projected
        var levels: [FlowLevel] = []
        for level in 0..<configuration.levels {
            levels.append(
                try FlowLevel(
                    flow / "levels" / level, inputs: levels.last?.keptChannels ?? 1,
                    places: configuration.scale >> (level + 1), features: features, hidden: configuration.hidden,
                    steps: configuration.steps, leastScale: configuration.leastScale,
                    splits: level + 1 < configuration.levels))
        }
        self.levels = levels
    }

    /// What names of weights begin with that are not the enlarging network's.
    public static let flowName = "flow"

    /// - Parameters:
    ///   - lowResolution: (B, 1, H, W) in 0…1.
    ///   - isEncoderFrozen: whether no gradient reaches the enlarging network.
    public func condition(_ lowResolution: Tensor, isEncoderFrozen: Bool = false) -> Condition {
        let (residual, stages) =
            isEncoderFrozen
            ? TorchRuntime.withoutGradients { encoder.stages(lowResolution) } : encoder.stages(lowResolution)
        return Condition(
            residual: residual,
            features: .concatenate(projections.map { $0.convolution(stages[$0.stage]) }, dimension: 1))
    }

    /// The latent of a high-resolution image.
    ///
    /// - Parameters:
    ///   - residual: of the image to bicubic enlargement, (B, 1, s·H, s·W).
    ///   - condition: of the low-resolution image.
    ///   - fits: chooses each normalisation such that what passes it has mean 0 and deviation 1, as a training begins.
    /// - Returns: the latent, (B, s², H, W), and log |det| of its derivative by the image, (B).
    public func latent(
        of residual: Tensor, given condition: Condition, fits: Bool = false
    ) -> (latent: Tensor, logDeterminant: Tensor) {
        var value = (residual - condition.residual) * (1 / configuration.deviation)
        var logDeterminant = Tensor.full(
            -Double(value.count / value.shape[0]) * log(configuration.deviation), shape: [value.shape[0]],
            type: value.type, on: value.device)
        var latents: [Tensor] = []
        for level in levels {
            let (kept, latent, change) = level(value, features: condition.features, fits: fits)
            logDeterminant = logDeterminant + change
            latents.append(latent)
            value = kept ?? value
        }
        return (.concatenate(latents, dimension: 1), logDeterminant)
    }

    /// The high-resolution image of a latent.
    ///
    /// - Parameters:
    ///   - latent: (B, s², H, W); standard normal for a draw, times a temperature for a likelier one.
    ///   - condition: of the low-resolution image.
    /// - Returns: the image's residual to bicubic enlargement, (B, 1, s·H, s·W).
    public func residual(of latent: Tensor, given condition: Condition) -> Tensor {
        var end = latent.shape[1]
        var value: Tensor?
        for level in levels.reversed() {
            let own = latent.channels(end - level.latentChannels..<end)
            end -= level.latentChannels
            value = level.inverse(kept: value, latent: own, features: condition.features)
        }
        return value! * configuration.deviation + condition.residual
    }

    /// log p(image | low-resolution image) of each example, natural, as a density of pixels in 0…1: (B).
    ///
    /// - Parameters: as of ``latent(of:given:fits:)``.
    public func logDensity(of residual: Tensor, given condition: Condition) -> Tensor {
        let (latent, logDeterminant) = latent(of: residual, given: condition)
        let count = Double(latent.count / latent.shape[0])
        return latent.square.sum([1, 2, 3]) * -0.5 + logDeterminant - 0.5 * count * log(2 * .pi)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let zeros = Tensor.zeros(
            [x.shape[0], configuration.latentChannels, x.shape[2], x.shape[3]], type: x.type, on: x.device)
        return residual(of: zeros, given: condition(x))
    }
}
