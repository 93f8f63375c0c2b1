import Foundation
import Networks
import Torch
import TorchNN
import Upscaling

/// Trains a flow to give the truth the greatest density: Lugmayr et al. 2020, equation 2.
public final class FlowTrainee: Trainee {
    private let objective: FlowObjective
    private let network: SRFlow
    private let weights: TrainedWeights
    /// Steps before the enlarging network is trained too.
    private let frozenSteps: Int
    /// Whether normalisations are chosen by the first batch: not where they were learned before.
    private let fitsFirst: Bool

    /// A flow's gradients have a long tail; the norm that they are clipped to is about twice what is usual.
    private static let clipNorm = 1.0

    /// - Parameters:
    ///   - configuration: gives the seed and the optimiser.
    ///   - network: the flow to make.
    ///   - objective: how it is trained.
    ///   - initialWeights: of a foveola to enlarge with, or of a flow to go on from.
    ///   - device: what the network and its training run on.
    /// - Throws: ``TrainingError/configuration(_:)`` where the enlarging network is to stay as it is and `initialWeights`
    ///   are not its.
    public init(
        _ configuration: TrainingConfiguration, _ network: SRFlow.Configuration, _ objective: FlowObjective,
        initialWeights: [String: Tensor]? = nil, on device: Device = .cpu
    ) throws {
        self.objective = objective
        frozenSteps = Int((Double(configuration.steps) * objective.frozenShare).rounded())
        let parameters = Parameters(seed: configuration.seed, on: device)
        self.network = try SRFlow(parameters.root, network)
        let own = parameters.trainable.filter { $0.name.hasPrefix(SRFlow.flowName + ".") }
        let encoder = parameters.trainable.filter { !$0.name.hasPrefix(SRFlow.flowName + ".") }
        func isGiven(_ weight: (name: String, tensor: Tensor)) -> Bool {
            initialWeights?[weight.name]?.shape == weight.tensor.shape
        }
        if objective.frozenShare > 0, let initialWeights, let missing = encoder.first(where: { !isGiven($0) }) {
            let found = initialWeights[missing.name].map { "of shape \($0.shape), not \(missing.tensor.shape)" }
            throw TrainingError.configuration(
                """
                \(configuration.initialWeights ?? "the weights to begin with"): has \(missing.name) \
                \(found ?? "nowhere"); give the file of a foveola with \(network.encoder.blocks) blocks of \
                \(network.encoder.features) features for ×\(network.encoder.scale), or set architecture.srflow.encoder \
                to what it has
                """)
        }
        fitsFirst = !own.allSatisfy(isGiven)
        weights = TrainedWeights(
            parameters, configuration, initialWeights: initialWeights, clipNorm: Self.clipNorm)
    }

    /// - Returns: the negative log-likelihood of the truth in bits a pixel, its values counted in the range 0…1; eight bits
    ///   more for values of 0…255.
    public func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)] {
        weights.parameters.isTraining = true
        let shape = batch.target.shape
        let noise = (weights.parameters.generator.uniform(shape) - 0.5) * objective.noise
        let truth = batch.target + noise.channelsLast
        let condition = network.condition(batch.input, isEncoderFrozen: step < frozenSteps)
        if step == 0, fitsFirst {
            TorchRuntime.withoutGradients { _ = network.latent(of: truth, given: condition, fits: true) }
        }
        let count = Double(shape[1] * shape[2] * shape[3])
        let bits = network.logDensity(of: truth, given: condition).mean() * (-1 / (count * log(2)))
        weights.descend(bits, step: step)
        return [("bits", bits.item)]
    }

    public var state: [String: Tensor] { weights.state }
    public func restore(_ state: [String: Tensor]) throws { try weights.restore(state) }
    public var finalWeights: [String: Tensor] { weights.averaged }
}
