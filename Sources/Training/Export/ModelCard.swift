import Foundation
import Networks
import Torch
import Upscaling

/// What ships beside a model file: what it is, what it learned from, how it scores, what it must not be used for.
extension ModelExport {
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
            | For | \(purpose) |
            | Degradation | \(metadata.degradation ?? "") |
            | Steps | \(checkpoint.stages.map { "\($0.steps)" }.joined(separator: " + ")), batches of \
            \(configuration.batchSize) crops of \(configuration.cropSize)² input pixels |
            | Loss | \(configuration.objective.learning.lossName(of: configuration)), \(configuration.optimizer.rawValue) at \
            \(configuration.learningRate), weights averaged with decay \(configuration.averageDecay) |\
            \(objectiveRow)
            | Seed | \(configuration.seed) |
            | Exported | \(metadata.date ?? "") |
            | Checkpoint | sha256 \(metadata.checkpointHash ?? "") |\
            \(interpolationRow)

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
            \(metadata.scale) pixels left out; mean of images\(metadata.objective == .sampling ? ", one sample each" : "")\
            . Split: \(TrainingImages.rule).


            """
        text +=
            metadata.scores.isEmpty
            ? "Not measured of these weights; `fovea evaluate` measures them on your images.\n"
            : "| Set | PSNR | bicubic | SSIM | bicubic |\n|---|---|---|---|---|\n"
        for score in metadata.scores {
            text += String(
                format: "| %@ | %.2f | %.2f | %.4f | %.4f |\n", score.dataset, score.psnr, score.bicubicPSNR,
                score.ssim, score.bicubicSSIM)
        }
        text += "\n## Not for\n\n\(Self.notFor(metadata.objective))\n"
        return text
    }

    private var purpose: String {
        metadata.modalities.isEmpty
            ? "comparison; taken by its name alone" : metadata.modalities.map(\.rawValue).joined(separator: ", ")
    }

    /// A row on the other run whose weights are mixed in, with the line break before it.
    private var interpolationRow: String {
        guard let interpolation else { return "" }
        let share = Int((100 * interpolation.share).rounded())
        return "\n| Weights | \(share) % of the first checkpoint's, \(100 - share) % of the second's |"
    }

    /// A row on what else was learned than the least error, with the line break before it.
    private var objectiveRow: String {
        let configuration = checkpoint.configuration
        guard let row = configuration.objective.learning.cardRow(of: configuration) else { return "" }
        return "\n| \(row.title) | \(row.text) |"
    }

    static func notFor(_ objective: TrainingObjective) -> String {
        let start =
            switch objective {
            case .fidelity: ""
            case .perception:
                """
                Any decision about a patient, and any measurement: it was rewarded for detail that looks real, whether or \
                not it is there. Its errors are larger than those of the model that it was made of, and look like findings. 
                """
            case .sampling:
                """
                Any decision about a patient, and any measurement: each sample invents detail, and another sample invents \
                other detail. What it is for is to see where samples disagree. 
                """
            }
        return start + """
            Diagnosis from the enlarged image alone. Detail finer than the input holds is an estimate; images whose loss of \
            resolution is not bicubic reduction, such as motion blur, noise or thick slices, are outside of what it learned.
            """
    }

    private static func text(_ configuration: JSONValue?) -> String {
        guard case .object(let values) = configuration else { return "" }
        let parts = values.sorted { $0.key < $1.key }.map { "\($0.key) \(text(of: $0.value))" }
        return "(\(parts.joined(separator: ", ")))"
    }

    private static func text(of value: JSONValue) -> String {
        switch value {
        case .number(let number): number.formatted()
        case .bool(let flag): "\(flag)"
        case .string(let string): string
        case .array(let values): values.isEmpty ? "none" : values.map(text(of:)).joined(separator: "·")
        case .object: text(value)
        case .null: "none"
        }
    }
}
