import Foundation
import Networks
import ONNX
import TorchNN
import Upscaling

/// A model file and its card, from a checkpoint.
public struct ModelExport {
    let checkpoint: Checkpoint
    public let metadata: ModelMetadata

    /// - Parameter modalities: what the model is for; empty for what it was trained on.
    public init(checkpoint url: URL, name: String, modalities: [Modality] = []) throws {
        let checkpoint = try Checkpoint(contentsOf: url)
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
        guard case .object(let choice) = try JSONValue(encoding: architecture), let entry = choice.first else {
            preconditionFailure("an architecture encodes as one key")
        }
        self.checkpoint = checkpoint
        metadata = ModelMetadata(
            name: name, scale: configuration.scale, channels: architecture.channels,
            input: architecture.input, output: architecture.output,
            receptiveField: architecture.receptiveField, paddingMultiple: architecture.paddingMultiple,
            inputTensor: configuration.diffusionDescription.map { _ in DiffusionDescription.noisyTensor },
            diffusion: configuration.diffusionDescription, architecture: entry.key, configuration: entry.value,
            objective: configuration.objective,
            modalities: modalities.isEmpty && !configuration.isRegressionTwin ? trained : modalities,
            degradation: "bicubic, antialiased (MATLAB imresize), rounded to 8 bit where the source has 8",
            trainingData: folders.map {
                TrainingData(name: $0.name ?? $0.modality.rawValue, licence: $0.licence, source: nil)
            },
            steps: checkpoint.stages.reduce(0) { $0 + $1.steps }, seed: configuration.seed,
            scores: checkpoint.scores.map {
                Score(
                    dataset: "\($0.dataset), \($0.images) held-out images", psnr: $0.psnr, ssim: $0.ssim,
                    bicubicPSNR: $0.bicubicPSNR, bicubicSSIM: $0.bicubicSSIM)
            },
            checkpointHash: SHA256.hexadecimal(of: try Data(contentsOf: url)),
            date: String(ISO8601DateFormatter().string(from: Date()).prefix(10)),
            notFor: Self.notFor(configuration.objective))
    }

    public func proto() throws -> ModelProto {
        let parameters = Parameters(loading: checkpoint.finalWeights)
        if let description = metadata.diffusion, case .sr3(let configuration) = checkpoint.configuration.architecture {
            return try Self.denoiser(configuration, description, parameters, metadata)
        }
        return try ONNXExporter.export(checkpoint.configuration.architecture, parameters, metadata: metadata)
    }
}

extension TrainingConfiguration {
    /// What the weights at the end of the run were asked for.
    var objective: TrainingObjective {
        if diffusion != nil { return .sampling }
        guard let adversarial else { return .fidelity }
        return steps > adversarial.pixelSteps ? .perception : .fidelity
    }

    /// Trained only to be compared with SR3, which its network is.
    var isRegressionTwin: Bool {
        if case .sr3 = architecture { return diffusion == nil }
        return false
    }
}
