import Networks
import Torch
import TorchNN

/// A discriminator that learns beside what it judges, with its optimizer.
struct TrainedDiscriminator {
    let network: any Discriminator
    let parameters: Parameters
    private let optimizer: Adam

    /// - Parameters:
    ///   - architecture: of the discriminator.
    ///   - generator: draws its weights.
    ///   - optimizer: made for its parameters.
    /// - Throws: `TorchError`.
    init(
        _ architecture: DiscriminatorArchitecture, using generator: Generator, optimizer: (Parameters) -> Adam
    ) throws {
        parameters = Parameters(using: generator)
        network = try architecture.makeDiscriminator(parameters)
        self.optimizer = optimizer(parameters)
    }

    /// Follows the gradients that a loss left.
    func step(learningRate: Double) {
        optimizer.learningRate = learningRate
        optimizer.step()
    }

    var state: [String: Tensor] {
        parameters.all.prefixed("discriminator.").merging(optimizer.state.prefixed("discriminatorOptimizer.")) { $1 }
    }

    /// - Throws: `TorchError` where the state is of another network.
    func restore(_ state: [String: Tensor]) throws {
        try parameters.copy(from: state.under("discriminator."))
        try optimizer.restore(state.under("discriminatorOptimizer."))
    }
}
