import Foundation
import Networks
import ONNX
import Upscaling

/// A model file and its card, from a checkpoint.
public struct ModelExport {
    /// A run that another's weights are mixed into (Wang et al. 2018, ESRGAN, section 3.4).
    public struct Interpolation: Sendable, Equatable {
        /// The checkpoint or model file of the other run, of the same architecture: of the two the more faithful.
        public var faithful: URL
        /// From 0, the other run's weights, to 1, this run's.
        public var share: Double

        public init(faithful: URL, share: Double) {
            self.faithful = faithful
            self.share = share
        }
    }

    let checkpoint: Checkpoint
    let interpolation: Interpolation?
    public let metadata: ModelMetadata

    /// - Parameters:
    ///   - url: the run's checkpoint.
    ///   - name: the model's, for its metadata and card.
    ///   - modalities: what the model is for; empty for what it was trained on.
    ///   - interpolation: makes the model of two runs' weights; what it scores is then not known.
    public init(
        checkpoint url: URL, name: String, modalities: [Modality] = [], interpolation: Interpolation? = nil
    ) throws {
        var checkpoint = try Checkpoint(contentsOf: url)
        var hash = SHA256.hexadecimal(of: try Data(contentsOf: url))
        if let interpolation {
            // A model file holds more numbers than those that were learned.
            let faithful = try InitialWeights(contentsOf: interpolation.faithful).tensors
                .filter { checkpoint.finalWeights[$0.key] != nil }
            checkpoint.finalWeights = try interpolateNetworks(
                faithful, checkpoint.finalWeights, alpha: interpolation.share)
            checkpoint.scores = []
            hash += " + \(SHA256.hexadecimal(of: try Data(contentsOf: interpolation.faithful)))"
        }
        let configuration = checkpoint.configuration
        let architecture = configuration.architecture
        let trained = configuration.data.map(\.modality).reduce(into: [Modality]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        var folders: [TrainingFolder] = []
        for folder in checkpoint.stages.flatMap(\.configuration.data)
        where !folders.contains(where: { $0.folder == folder.folder }) {
            folders.append(folder)
        }
        self.checkpoint = checkpoint
        self.interpolation = interpolation
        var metadata = ModelMetadata(
            name: name, scale: configuration.scale, channels: architecture.channels,
            input: architecture.input, output: architecture.output,
            receptiveField: architecture.receptiveField, paddingMultiple: architecture.paddingMultiple,
            inputTensor: configuration.conditions.isEmpty ? nil : ONNXExporter.imageTensor,
            conditions: configuration.conditions,
            architecture: architecture.name, configuration: try JSONValue(encoding: architecture.configuration),
            modalities: trained,
            degradation: configuration.degradationSummary
                + ", antialiased, rounded to 8 bit where the source has 8",
            noise: try configuration.degradations.noise(scale: configuration.scale),
            trainingData: Self.trainingData(folders, ancestor: checkpoint.ancestor),
            steps: checkpoint.stages.reduce(checkpoint.ancestor?.steps ?? 0) { $0 + $1.steps },
            seed: configuration.seed,
            scores: checkpoint.scores.map {
                Score(
                    dataset: "\($0.dataset), \($0.images) held-out images", psnr: $0.psnr, ssim: $0.ssim,
                    bicubicPSNR: $0.bicubicPSNR, bicubicSSIM: $0.bicubicSSIM)
            },
            checkpointHash: hash,
            date: String(ISO8601DateFormatter().string(from: Date()).prefix(10)))
        // A head learned where the network errs, which is still what it learned before.
        if configuration.objective.learning is DoubtObjective { try metadata.keep(of: checkpoint) }
        try configuration.objective.learning.describe(&metadata, of: configuration)
        if !modalities.isEmpty { metadata.modalities = modalities }
        metadata.notFor = Self.notFor(metadata.objective)
        self.metadata = metadata
    }

    /// Of the runs and of the model that they began with, each set once.
    private static func trainingData(_ folders: [TrainingFolder], ancestor: ModelAncestor?) -> [TrainingData] {
        let sets =
            (ancestor?.trainingData ?? [])
            + folders.map { TrainingData(name: $0.name ?? $0.modality.rawValue, licence: $0.licence, source: nil) }
        return sets.reduce(into: []) { result, set in
            if !result.contains(where: { $0.name == set.name }) { result.append(set) }
        }
    }

    /// The ONNX file: the network, its weights and the metadata.
    ///
    /// - Throws: ``ExportError``, or `TorchError` where the weights are another network's.
    public func proto() throws -> ModelProto {
        let configuration = checkpoint.configuration
        return try configuration.objective.learning.makeModel(
            configuration, weights: checkpoint.finalWeights, metadata: metadata)
    }
}

extension ModelMetadata {
    /// Says of the network what was said of it before a head was put on it.
    fileprivate mutating func keep(of checkpoint: Checkpoint) throws {
        if let network = checkpoint.ancestor?.description, checkpoint.history.isEmpty {
            (modalities, degradation, noise) = (network.modalities, network.degradation, network.noise)
            (objective, scores, seed) = (network.objective, network.scores, network.seed)
        } else if let network = checkpoint.history.last?.configuration {
            degradation = network.degradationSummary + ", antialiased, rounded to 8 bit where the source has 8"
            noise = try network.degradations.noise(scale: network.scale)
            seed = network.seed
            try network.objective.learning.describe(&self, of: network)
        }
    }
}
