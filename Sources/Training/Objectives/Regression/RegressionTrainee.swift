import Networks
import Torch
import TorchNN

/// Trains one network to lower a distance between its output and the truth, pixel by pixel.
public final class RegressionTrainee: Trainee {
    private let configuration: TrainingConfiguration
    private let device: Device
    private let network: any Layer
    private let weights: TrainedWeights

    public init(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]? = nil, on device: Device = .cpu
    ) throws {
        self.configuration = configuration
        self.device = device
        let parameters = Parameters(seed: configuration.seed, on: device)
        network = try configuration.architecture.makeNetwork(parameters)
        weights = TrainedWeights(parameters, configuration, initialWeights: initialWeights)
    }

    public func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)] {
        weights.parameters.isTraining = true
        let attempt = configuration.attempt(batch, by: network, on: device)
        weights.descend(attempt.loss, step: step)
        return [("loss", attempt.loss.item)] + attempt.parts
    }

    public var state: [String: Tensor] { weights.state }
    public func restore(_ state: [String: Tensor]) throws { try weights.restore(state) }
    public var finalWeights: [String: Tensor] { weights.averaged }
}
