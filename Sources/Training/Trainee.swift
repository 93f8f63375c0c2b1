import Foundation
import Networks
import Torch
import TorchNN

/// What a training loop drives: networks with their optimisers, one step at a time.
public protocol Trainee: AnyObject {
    /// Learns from one batch. Returns the losses by name, the first the one to watch.
    func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)]
    /// Everything the next step depends on, by name.
    var state: [String: Tensor] { get }
    func restore(_ state: [String: Tensor]) throws
    /// The weights that validate and ship.
    var finalWeights: [String: Tensor] { get }
}

/// Trains one network to lower a distance between its output and the truth, pixel by pixel.
public final class RegressionTrainee: Trainee {
    private let configuration: TrainingConfiguration
    private let device: Device
    private let parameters: Parameters
    private let network: any Layer
    private let optimizer: any Optimizer
    private let average: MovingAverage

    /// - Parameter initialWeights: the start of every weight whose name and shape agree; the others are drawn.
    public init(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]? = nil, on device: Device = .cpu
    ) throws {
        self.configuration = configuration
        self.device = device
        Torch.manualSeed(configuration.seed)
        parameters = Parameters(on: device)
        network = try configuration.architecture.makeNetwork(parameters)
        if let initialWeights { parameters.adopt(initialWeights) }
        switch configuration.optimizer {
        case .adam: optimizer = Adam(parameters, learningRate: configuration.learningRate)
        case .momentum:
            optimizer = MomentumDescent(parameters, learningRate: configuration.learningRate, clipStep: 0.4)
        }
        average = MovingAverage(of: parameters, decay: configuration.averageDecay)
    }

    public func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)] {
        parameters.isTraining = true
        let prediction = Torch.autocast(to: configuration.precision.scalarType, on: device) { network(batch.input) }
            .to(type: .float32)
        let range = configuration.architecture.outputRange
        let target =
            configuration.architecture.output == .image
            ? batch.target * (range.upperBound - range.lowerBound) + range.lowerBound : batch.target
        let loss =
            switch configuration.loss {
            case .l1: Loss.l1(prediction, target)
            case .mse: Loss.mse(prediction, target)
            case .charbonnier: Loss.charbonnier(prediction, target)
            }
        loss.backward()
        optimizer.learningRate =
            configuration.learningRate * configuration.schedule.factor(step: step, of: configuration.steps)
        optimizer.step()
        average.update(step: step + 1)
        return [("loss", loss.item)]
    }

    public var state: [String: Tensor] {
        parameters.all.prefixed("network.").merging(optimizer.state.prefixed("optimizer.")) { $1 }
            .merging(average.weights.prefixed("average.")) { $1 }
    }

    public func restore(_ state: [String: Tensor]) throws {
        try parameters.copy(from: state.under("network."))
        try optimizer.restore(state.under("optimizer."))
        try average.restore(state.under("average."))
    }

    public var finalWeights: [String: Tensor] { average.weights }
}

extension TrainingPrecision {
    /// `nil` for Float32, which needs no casting.
    public var scalarType: ScalarType? { self == .bfloat16 ? .bfloat16 : nil }
}

extension [String: Tensor] {
    func prefixed(_ prefix: String) -> [String: Tensor] {
        Dictionary(uniqueKeysWithValues: map { (prefix + $0.key, $0.value) })
    }

    func under(_ prefix: String) -> [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: compactMap {
                $0.key.hasPrefix(prefix) ? (String($0.key.dropFirst(prefix.count)), $0.value) : nil
            })
    }
}
