import Torch
import TorchNN

/// A network's weights with what moves them: optimiser, learning rate and moving average.
final class TrainedWeights {
    let parameters: Parameters
    private let configuration: TrainingConfiguration
    private let optimizer: any Optimizer
    private let average: MovingAverage

    /// - Parameters:
    ///   - parameters: of a network that is built already.
    ///   - initialWeights: the start of every weight whose name and shape agree; the others stay as drawn.
    ///   - optimizer: of `parameters`; `nil` makes the one that the configuration names.
    ///   - clipNorm: what Adam's gradients are clipped to together; `nil` leaves them as they are.
    init(
        _ parameters: Parameters, _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]?,
        optimizer own: (any Optimizer)? = nil, clipNorm: Double? = nil
    ) {
        self.parameters = parameters
        self.configuration = configuration
        if let initialWeights { parameters.adopt(initialWeights) }
        switch configuration.optimizer {
        case _ where own != nil: optimizer = own!
        case .adam: optimizer = Adam(parameters, learningRate: configuration.learningRate, clipNorm: clipNorm)
        case .momentum:
            // A norm of 0.4 at the first rate of 0.1, as the best-known port clips; ten times that diverges at first.
            optimizer = MomentumDescent(parameters, learningRate: configuration.learningRate, clipStep: 0.04)
        }
        average = MovingAverage(of: parameters, decay: configuration.averageDecay)
    }

    /// Moves the weights against the gradient of `loss`.
    ///
    /// - Parameter step: counted from 0.
    func descend(_ loss: Tensor, step: Int) {
        let factor = configuration.schedule.factor(step: step, of: configuration.steps)
        descend(loss, learningRate: configuration.learningRate * factor, step: step)
    }

    /// The same at a learning rate of the caller's.
    func descend(_ loss: Tensor, learningRate: Double, step: Int) {
        loss.backward()
        optimizer.learningRate = learningRate
        optimizer.step()
        average.update(step: step + 1)
    }

    var state: [String: Tensor] {
        parameters.all.prefixed("network.").merging(optimizer.state.prefixed("optimizer.")) { $1 }
            .merging(average.weights.prefixed("average.")) { $1 }
            .merging(["random": parameters.generator.state]) { $1 }
    }

    func restore(_ state: [String: Tensor]) throws {
        try parameters.copy(from: state.under("network."))
        try optimizer.restore(state.under("optimizer."))
        try average.restore(state.under("average."))
        guard let random = state["random"] else { throw TorchError.missingParameter(name: "random") }
        parameters.generator.state = random
    }

    var averaged: [String: Tensor] { average.weights }
}

extension PixelLoss {
    func callAsFunction(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        switch self {
        case .l1: Loss.l1(prediction, target)
        case .mse: Loss.mse(prediction, target)
        case .charbonnier: Loss.charbonnier(prediction, target)
        }
    }
}
