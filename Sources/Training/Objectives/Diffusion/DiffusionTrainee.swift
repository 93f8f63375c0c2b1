import Foundation
import Networks
import Torch
import TorchNN
import Upscaling

/// Trains SR3's denoiser: Saharia et al. 2021, algorithm 1, with a noise level of its own for each example.
public final class DiffusionTrainee: Trainee {
    private let configuration: TrainingConfiguration
    private let objective: DiffusionObjective
    private let device: Device
    private let network: SR3
    private let levelFeatures: Int
    private let weights: TrainedWeights

    /// - Parameters:
    ///   - configuration: gives the seed, the optimiser and the precision.
    ///   - network: the denoiser to make.
    ///   - objective: what is denoised, and how the noise levels are drawn.
    ///   - initialWeights: the start of every weight whose name and shape agree; the others are drawn.
    ///   - device: what the network and its training run on.
    public init(
        _ configuration: TrainingConfiguration, _ network: SR3.Configuration, _ objective: DiffusionObjective,
        initialWeights: [String: Tensor]? = nil, on device: Device = .cpu
    ) throws {
        self.configuration = configuration
        self.objective = objective
        self.device = device
        levelFeatures = network.levelFeatures
        let parameters = Parameters(seed: configuration.seed, on: device)
        self.network = try SR3(parameters.root, network)
        weights = TrainedWeights(parameters, configuration, initialWeights: initialWeights)
    }

    /// - Parameters:
    ///   - batch: enlarged images in 0…1, and the residuals to them.
    ///   - step: counted from 0; with the seed it decides the noise levels and blurs drawn.
    public func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)] {
        weights.parameters.isTraining = true
        let count = batch.input.shape[0]
        let draws = DiffusionDraws(objective, count: count, seed: configuration.seed, step: step)
        let subject = objective.process.subject
        let truth = batch.input + batch.target
        let clean = (truth - batch.input * subject.baseShare) * subject.gain + subject.offset
        let noise = weights.parameters.generator.normal(clean.shape).channelsLast

        let pairs = draws.levels.map(objective.process.target.trainingCoefficients)
        let noisy =
            clean * perExample(draws.levels.map { $0.squareRoot() })
            + noise * perExample(draws.levels.map { (1 - $0).squareRoot() })
        let target = clean * perExample(pairs.map(\.first)) + noise * perExample(pairs.map(\.second))
        let enlarged = draws.blurs.isEmpty ? batch.input : batch.input.blurred(deviations: draws.blurs)
        let level = Tensor(
            draws.levels.flatMap { NoiseLevelEmbedding.features(gamma: $0, count: levelFeatures) },
            shape: [count, levelFeatures], on: device)

        let prediction = TorchRuntime.autocast(to: configuration.precision.scalarType(on: device), on: device) {
            network(noisy: noisy, condition: enlarged * 2 - 1, level: level)
        }.to(type: .float32)
        let loss = configuration.loss(prediction, target)
        weights.descend(loss, step: step)
        return [("loss", loss.item)]
    }

    /// One number for each example, to multiply images with.
    private func perExample(_ values: [Double]) -> Tensor {
        Tensor(values.map(Float.init), shape: [values.count, 1, 1, 1], on: device)
    }

    public var state: [String: Tensor] { weights.state }
    public func restore(_ state: [String: Tensor]) throws { try weights.restore(state) }
    public var finalWeights: [String: Tensor] { weights.averaged }
}

extension Tensor {
    /// Each image of the batch, (B, C, H, W), blurred by a Gaussian of its own deviation in pixels; what lies outside of an
    /// image does not count.
    func blurred(deviations: [Double]) -> Tensor {
        let (count, channels) = (shape[0], shape[1])
        let radius = max(1, Int((3 * (deviations.max() ?? 0)).rounded(.up)))
        let taps = 2 * radius + 1
        let kernels = deviations.flatMap { deviation -> [Float] in
            let weights = (-radius...radius).map { offset -> Double in
                deviation > 0
                    ? Foundation.exp(-Double(offset * offset) / (2 * deviation * deviation)) : offset == 0 ? 1 : 0
            }
            let sum = weights.reduce(0, +)
            return weights.map { Float($0 / sum) }
        }
        // Images side by side as channels, each with its kernel; a k × 1 kernel is a k × k one whose other columns are 0.
        func kernel(alongRows: Bool) -> Tensor {
            var square = [Float](repeating: 0, count: count * channels * taps * taps)
            for index in 0..<count * channels {
                for tap in 0..<taps {
                    let position = alongRows ? radius * taps + tap : tap * taps + radius
                    square[index * taps * taps + position] = kernels[index / channels * taps + tap]
                }
            }
            return Tensor(square, shape: [count * channels, 1, taps, taps], on: device)
        }
        let (across, down) = (kernel(alongRows: true), kernel(alongRows: false))
        func convolved(_ images: Tensor) -> Tensor {
            images.reshape([1, count * channels, shape[2], shape[3]])
                .conv2d(weight: across, bias: nil, padding: radius, groups: count * channels)
                .conv2d(weight: down, bias: nil, padding: radius, groups: count * channels)
                .reshape(shape)
        }
        return (convolved(contiguous) / convolved(.ones(shape, on: device))).channelsLast
    }
}
