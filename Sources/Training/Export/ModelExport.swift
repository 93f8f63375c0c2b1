import Foundation
import Networks
import ONNX
import TorchNN
import Upscaling

/// A model file and its card, from a checkpoint.
public struct ModelExport {
    private let checkpoint: Checkpoint
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
            input: NetworkInput(architecture.input), output: NetworkOutput(architecture.output),
            receptiveField: architecture.receptiveField, paddingMultiple: architecture.paddingMultiple,
            inputTensor: configuration.diffusionDescription.map { _ in DiffusionDescription.noisyTensor },
            diffusion: configuration.diffusionDescription, architecture: entry.key, configuration: entry.value,
            objective: configuration.objective,
            modalities: modalities.isEmpty ? trained : modalities,
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
            notFor: Self.notFor)
    }

    static let notFor = """
        Diagnosis from the enlarged image alone. Detail finer than the input holds is an estimate; images whose loss of \
        resolution is not bicubic reduction, such as motion blur, noise or thick slices, are outside of what it learned.
        """

    public func proto() throws -> ModelProto {
        let parameters = Parameters(loading: checkpoint.finalWeights)
        if let description = metadata.diffusion, case .sr3(let configuration) = checkpoint.configuration.architecture {
            return try Self.denoiser(configuration, description, parameters, metadata)
        }
        return try ONNXExporter.export(checkpoint.configuration.architecture, parameters, metadata: metadata)
    }

    /// The model card in Markdown.
    public var card: String {
        let configuration = checkpoint.configuration
        let count = checkpoint.finalWeights.values.reduce(0) { $0 + $1.count }
        var text = """
            # \(metadata.name)

            | | |
            |---|---|
            | Architecture | \(metadata.architecture ?? "") \(Self.text(metadata.configuration)) |
            | Parameters | \(count) |
            | Magnification | ×\(metadata.scale) |
            | For | \(metadata.modalities.map(\.rawValue).joined(separator: ", ")) |
            | Degradation | \(metadata.degradation ?? "") |
            | Steps | \(checkpoint.stages.map { "\($0.steps)" }.joined(separator: " + ")), batches of \
            \(configuration.batchSize) crops of \(configuration.cropSize)² input pixels |
            | Loss | \(configuration.loss.rawValue), \(configuration.optimizer.rawValue) at \
            \(configuration.learningRate), weights averaged with decay \(configuration.averageDecay) |
            | Seed | \(configuration.seed) |
            | Exported | \(metadata.date ?? "") |
            | Checkpoint | sha256 \(metadata.checkpointHash ?? "") |

            ## Data

            | Set | Terms | Share of the last stage |
            |---|---|---|

            """
        let total = configuration.data.reduce(0) { $0 + $1.weight }
        for (index, data) in metadata.trainingData.enumerated() {
            let folder = checkpoint.stages.flatMap(\.configuration.data).first {
                ($0.name ?? $0.modality.rawValue) == data.name
            }
            let weight = configuration.data.first { $0.folder == folder?.folder }?.weight ?? 0
            text += "| \(data.name) | \(data.licence ?? "not stated") | \(Int((100 * weight / total).rounded())) % |\n"
            if index == metadata.trainingData.count - 1 { text += "\n" }
        }
        text += """
            ## Scores on images kept aside

            PSNR in dB and SSIM (Wang 2004), on luma, range 0…1, clipped and for 8-bit sources rounded, a border of \
            \(metadata.scale) pixels left out; mean of images. Split: \(TrainingImages.rule).

            | Set | PSNR | bicubic | SSIM | bicubic |
            |---|---|---|---|---|

            """
        for score in metadata.scores {
            text += String(
                format: "| %@ | %.2f | %.2f | %.4f | %.4f |\n", score.dataset, score.psnr, score.bicubicPSNR,
                score.ssim, score.bicubicSSIM)
        }
        text += "\n## Not for\n\n\(Self.notFor)\n"
        return text
    }

    private static func text(_ configuration: JSONValue?) -> String {
        guard case .object(let values) = configuration else { return "" }
        let parts = values.sorted { $0.key < $1.key }.map { key, value in
            switch value {
            case .number(let number): "\(key) \(number.formatted())"
            case .bool(let flag): "\(key) \(flag)"
            case .string(let string): "\(key) \(string)"
            default: key
            }
        }
        return "(\(parts.joined(separator: ", ")))"
    }
}

extension NetworkInput {
    init(_ kind: NetworkInputKind) {
        switch kind {
        case .lowResolution: self = .lowResolution
        case .bicubicUpscaled: self = .bicubicUpscaled
        }
    }
}

extension NetworkOutput {
    init(_ kind: NetworkOutputKind) {
        switch kind {
        case .image: self = .image
        case .residual: self = .residual
        }
    }
}

extension TrainingConfiguration {
    /// What the weights at the end of the run were asked for.
    fileprivate var objective: TrainingObjective {
        if diffusion != nil { return .sampling }
        guard let adversarial else { return .fidelity }
        return steps > adversarial.pixelSteps ? .perception : .fidelity
    }
}
