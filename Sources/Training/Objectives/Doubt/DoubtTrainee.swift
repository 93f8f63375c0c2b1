import Foundation
import Networks
import Torch
import TorchNN
import Upscaling

/// Trains the head that says where a finished network errs, and nothing else of it.
public final class DoubtTrainee: Trainee {
    private let configuration: TrainingConfiguration
    private let objective: DoubtObjective
    private let device: Device
    private let network: any DoubtingLayer
    private let weights: TrainedWeights
    /// Half of a low-resolution pixel, as errors are averaged.
    private let average: LocalAverage

    /// Pixels at a crop's border, in the network's input, where the network lacks what it sees in a whole image.
    static let margin = 4
    /// Of the gradients together: one error far above its doubt is not to undo what many others taught.
    private static let clipNorm = 1.0
    /// Weight of the squared mean of the corrections.
    private static let hold = 0.1

    /// - Parameters:
    ///   - configuration: gives the network, the seed and the optimiser.
    ///   - objective: what the head is to learn.
    ///   - initialWeights: of the network, drawn where `nil`; the head's, where they are there, are gone on from.
    ///   - device: what the network and the training run on.
    /// - Throws: ``TrainingError/configuration(_:)`` where the weights are another network's.
    public init(
        _ configuration: TrainingConfiguration, _ objective: DoubtObjective, initialWeights: [String: Tensor]?,
        on device: Device = .cpu
    ) throws {
        self.configuration = configuration
        self.objective = objective
        self.device = device
        let parameters = Parameters(seed: configuration.seed, on: device)
        guard let network = try configuration.architecture.makeNetwork(parameters) as? any DoubtingLayer else {
            throw TrainingError.configuration("\(configuration.architecture.name) has no head that doubts it")
        }
        self.network = network
        let trunk = parameters.trainable.filter { !$0.name.hasPrefix(Foveola.headName + ".") }
        if let initialWeights,
            let missing = trunk.first(where: { initialWeights[$0.name]?.shape != $0.tensor.shape })
        {
            let found = initialWeights[missing.name].map { "of shape \($0.shape)" } ?? "nowhere"
            throw TrainingError.configuration(
                """
                \(configuration.initialWeights ?? "the weights to begin with"): has \(missing.name) \(found), not of shape \
                \(missing.tensor.shape); set architecture.\(configuration.architecture.name) to what that network is
                """)
        }
        average = LocalAverage(scale: configuration.scale, on: device)
        weights = TrainedWeights(
            parameters, configuration, initialWeights: initialWeights, clipNorm: Self.clipNorm)
    }

    /// - Returns: the logarithm of the bound's mean in 255ths of the range, with power means in place of quantiles; and by how
    ///   much of it the batch's crops differ.
    public func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)] {
        weights.parameters.isTraining = true
        let type = configuration.precision.scalarType(on: device)
        let doubted = TorchRuntime.autocast(to: type, on: device) {
            network.doubted(batch.input, conditions: batch.conditions)
        }
        let known = TorchRuntime.withoutGradients { places(of: batch, result: doubted.result.to(type: .float32)) }
        let correction = inner(
            average(doubted.correction.to(type: .float32).upsampleNearest(configuration.scale)))
        let doubt = known.doubt.log + correction
        let ratios = known.error.log - doubt
        let share = known.weights / (known.weights.sum() + 1e-6)
        let means = (((doubt.exp * known.counted).sum([1, 2, 3]) + 1) / known.counts).log
        let powers = ((ratios * objective.withinCrops).exp * known.counted).sum([1, 2, 3]) + 1e-6
        let needed = (powers / known.counts).log / objective.withinCrops
        let most = (((needed * objective.acrossCrops).exp * share).sum() + 1e-6).log / objective.acrossCrops
        // What multiplies all doubts alike changes no bound; left free, it would drift to where the correction is cut off.
        let scale = (((correction * known.counted).sum([1, 2, 3]) / known.counts) * share).sum()
        let loss = (means * share).sum() + most + scale * scale * Self.hold
        weights.descend(loss, step: step)
        return [("loss", loss.item), ("spread", (most - (needed * share).sum()).item)]
    }

    private typealias Places = (error: Tensor, doubt: Tensor, counted: Tensor, counts: Tensor, weights: Tensor)

    /// Errors of a result and their doubts but for the head's correction in 255ths of the range, which places count, how many
    /// do, and how much a crop does.
    private func places(of batch: Batch, result: Tensor) -> Places {
        let unit = 255.0
        // Least so much that its logarithm is a number, far below any doubt.
        let error = inner(average((result - batch.target).abs)) * unit + 1e-3
        var doubt = inner(average(result.abs)) * unit + 0.5
        if let noise = batch.noise { doubt = doubt + noise * (unit * Double(configuration.scale) * objective.grain) }
        // As calibration counts: what is above a 50th of the range.
        let body = inner(average(batch.bicubic ?? batch.target))
        let counted = ((body - 0.02) * 1e6).clamp(0...1)
        // One more, so that a crop of nothing but background has a mean too; it weighs nothing.
        let counts = counted.sum([1, 2, 3]) + 1
        let places = Double(counted.count / counted.shape[0])
        return (error, doubt, counted, counts, ((counts - 1) * (10 / places)).clamp(0...1))
    }

    /// Averaged maps without the border of their crops.
    private func inner(_ averaged: Tensor) -> Tensor {
        let cut = Self.margin * configuration.scale - average.radius
        return [2, 3].reduce(averaged) { map, dimension in
            map.narrow(dimension: dimension, start: cut, length: map.shape[dimension] - 2 * cut)
        }
    }

    public var state: [String: Tensor] { weights.state }
    public func restore(_ state: [String: Tensor]) throws { try weights.restore(state) }
    public var finalWeights: [String: Tensor] { weights.averaged }
}

/// The average over a Gaussian of half a low-resolution pixel, as promised errors are averaged: cut off at four standard
/// deviations, of those places that have all of it.
struct LocalAverage {
    let radius: Int
    private let horizontal: Tensor
    private let vertical: Tensor

    init(scale: Int, on device: Device) {
        let sigma = Double(scale) / 2
        radius = Int(4 * sigma + 0.5)
        let weights = (-radius...radius).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
        let sum = weights.reduce(0, +)
        let kernel = weights.map { Float($0 / sum) }
        horizontal = Tensor(kernel, shape: [1, 1, 1, kernel.count], on: device)
        vertical = Tensor(kernel, shape: [1, 1, kernel.count, 1], on: device)
    }

    /// - Parameter map: (B, 1, H, W).
    /// - Returns: (B, 1, H − 2 · radius, W − 2 · radius).
    func callAsFunction(_ map: Tensor) -> Tensor {
        map.conv2d(weight: horizontal, bias: nil).conv2d(weight: vertical, bias: nil)
    }
}
