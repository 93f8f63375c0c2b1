import Foundation
import Imaging
import Torch

/// One run on the way to a network's weights.
public struct TrainingStage: Codable, Sendable, Equatable {
    public var configuration: TrainingConfiguration
    public var steps: Int
}

/// All that a run needs to go on as if it had never stopped: one safetensors file.
public struct Checkpoint {
    public var configuration: TrainingConfiguration
    /// Steps done.
    public var step: Int
    /// Of the network, its optimiser, its average and its random numbers, by the trainee's names.
    public var state: [String: Tensor]
    /// The weights that validate and ship.
    public var finalWeights: [String: Tensor]
    public var generator: SeededGenerator
    public var scores: [ValidationScore]
    /// The runs that made the initial weights, first to last.
    public var history: [TrainingStage]
    /// The model file that these began with, if one did.
    public var ancestor: ModelAncestor?

    private struct Metadata: Codable {
        var configuration: TrainingConfiguration
        var history: [TrainingStage]
        var step: Int
        var generator: SeededGenerator
        var scores: [ValidationScore]
        var ancestor: ModelAncestor?
    }

    public func write(to url: URL) throws {
        let metadata = Metadata(
            configuration: configuration, history: history, step: step, generator: generator, scores: scores,
            ancestor: ancestor)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let tensors = state.prefixed("state.").merging(finalWeights.prefixed("final.")) { $1 }
        try Safetensors(
            tensors: tensors,
            metadata: ["fovea": String(decoding: try encoder.encode(metadata), as: UTF8.self)]
        ).write(to: url)
    }

    /// This run and those before it.
    public var stages: [TrainingStage] { history + [TrainingStage(configuration: configuration, steps: step)] }

    public init(
        configuration: TrainingConfiguration, step: Int, state: [String: Tensor], finalWeights: [String: Tensor],
        generator: SeededGenerator, scores: [ValidationScore], history: [TrainingStage],
        ancestor: ModelAncestor? = nil
    ) {
        self.configuration = configuration
        self.step = step
        self.state = state
        self.finalWeights = finalWeights
        self.generator = generator
        self.scores = scores
        self.history = history
        self.ancestor = ancestor
    }

    /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` or `TorchError/badFile(path:reason:)`.
    public init(contentsOf url: URL) throws {
        let file = try Safetensors(contentsOf: url)
        guard let json = file.metadata["fovea"],
            let metadata = try? JSONDecoder().decode(Metadata.self, from: Data(json.utf8))
        else { throw TrainingError.badCheckpoint(path: url.path, reason: "not a checkpoint that this Fovea wrote") }
        configuration = metadata.configuration
        step = metadata.step
        generator = metadata.generator
        scores = metadata.scores
        history = metadata.history
        ancestor = metadata.ancestor
        state = file.tensors.under("state.")
        finalWeights = file.tensors.under("final.")
    }
}
