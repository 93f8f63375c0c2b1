import Evaluation
import Foundation
import ImageQuality
import Torch
import Upscaling

/// The rebuilding of a paper's comparison: its systems trained, each in a folder of its own, and judged on the same images
/// beside bicubic interpolation. What is done already is not done again.
public struct Reproduction: Sendable {
    /// One system of the comparison.
    public struct System: Sendable {
        /// What the table calls it, and its folder.
        public var name: String
        public var configuration: TrainingConfiguration
    }

    /// What it rebuilds: `saeedi`, `ahmad`.
    public var paper: String
    public var systems: [System]
    public var evaluation: Evaluation
    /// Images that are judged, by the names that results give them.
    public var testFiles: [(name: String, url: URL)]
    public var published: PublishedTable?
    /// What was decided where the paper is silent, for people.
    public var choices: [String]
    /// Receives a folder a system, with its checkpoint, curves and model file.
    public var folder: URL
    public var device: Device

    /// What a watcher is told.
    public enum Event {
        case training(system: String, TrainingEvent)
        case exported(system: String, model: URL)
        case judging(Evaluation.Progress)
    }

    /// Trains, exports and judges.
    ///
    /// - Returns: `nil` where the watcher stopped a training; running again goes on there.
    public func run(observe: (Event) -> TrainingDecision) throws -> ReproductionResult? {
        var methods = [EvaluatedMethod.bicubic]
        for system in systems {
            guard let model = try trained(system, observe: observe) else { return nil }
            let file = try ModelFile(contentsOf: model)
            let upscaler = try Upscaler(models: [file])
            methods.append(
                EvaluatedMethod(name: system.name, modelHash: file.sha256) { image, scale in
                    try upscaler.upscale(image, scale: Double(scale))
                })
        }
        let judged = try withoutActuallyEscaping(observe) { observe in
            try evaluation.run(files: testFiles, methods: methods) { _ = observe(.judging($0)) }
        }
        return ReproductionResult(
            paper: paper, published: published, choices: choices,
            steps: Dictionary(uniqueKeysWithValues: systems.map { ($0.name, $0.configuration.steps) }),
            seed: evaluation.seed, evaluation: judged)
    }

    /// Where a system's checkpoint lies, for one that starts from another's weights.
    static func checkpoint(of system: System, in folder: URL) -> URL {
        folder.appendingPathComponent(system.folderName).appendingPathComponent("checkpoint.safetensors")
    }

    /// The system's model file, trained and exported where that has not been done.
    private func trained(_ system: System, observe: (Event) -> TrainingDecision) throws -> URL? {
        let folder = folder.appendingPathComponent(system.folderName)
        let model = folder.appendingPathComponent("\(system.folderName).onnx")
        let run = try TrainingRun(system.configuration, folder: folder, device: device)
        if try !isDone(run) {
            try run.run(resume: true) { observe(.training(system: system.name, $0)) }
            guard try isDone(run) else { return nil }
            try? FileManager.default.removeItem(at: model)
        }
        if !FileManager.default.fileExists(atPath: model.path) {
            let export = try ModelExport(checkpoint: run.checkpointURL, name: "\(paper) \(system.name)")
            try Data(export.card.utf8).write(
                to: folder.appendingPathComponent("\(system.folderName).md"), options: .atomic)
            try export.proto().serializedData().write(to: model, options: .atomic)
            _ = observe(.exported(system: system.name, model: model))
        }
        return model
    }

    private func isDone(_ run: TrainingRun) throws -> Bool {
        guard FileManager.default.fileExists(atPath: run.checkpointURL.path) else { return false }
        let checkpoint = try Checkpoint(contentsOf: run.checkpointURL)
        return checkpoint.configuration == run.configuration && checkpoint.step == run.configuration.steps
    }
}

extension Reproduction.System {
    /// `srgan`, `new-method`.
    var folderName: String {
        name.lowercased().map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined()
    }
}

/// A rebuilt table: what `fovea reproduce --json` writes. Its `rows` are those that `fovea evaluate` writes.
public struct ReproductionResult: Sendable, Encodable {
    public var paper: String
    public var published: PublishedTable?
    public var choices: [String]
    /// Training steps by system.
    public var steps: [String: Int]
    public var seed: UInt64
    public var evaluation: EvaluationResult

    private enum CodingKeys: String, CodingKey {
        case paper, published, choices, steps, seed
    }

    public func encode(to encoder: any Encoder) throws {
        try evaluation.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(paper, forKey: .paper)
        try values.encodeIfPresent(published, forKey: .published)
        try values.encode(choices, forKey: .choices)
        try values.encode(steps, forKey: .steps)
        try values.encode(seed, forKey: .seed)
    }

    /// The table for a terminal: of each system the paper's row, where it prints one, above ours.
    public func table(metrics: [Metric]) -> String {
        var rows: [[String]] = []
        for row in evaluation.rows {
            if let printed = published?.rows.first(where: { $0.model == row.model }) {
                rows.append(
                    ["\(row.model), published"]
                        + metrics.map { metric in printed.metrics[metric.evaluationKey].map(metric.text) ?? "" })
            }
            rows.append(
                [published == nil ? row.model : "\(row.model), ours"]
                    + metrics.map { metric in row.metrics[metric.evaluationKey].map(metric.text) ?? "–" })
        }
        var lines = TextTable(header: [""] + metrics.map(\.evaluationKey), rows: rows).lines
        lines.append("")
        if let published { lines += ["published: \(published.citation), \(published.table); \(published.note)"] }
        lines.append("ours: \(evaluation.rows.first?.images ?? 0) images, ×\(evaluation.scale)")
        lines += metrics.map { "\($0.evaluationKey): \($0.title)" }
        lines += choices
        return lines.joined(separator: "\n")
    }
}
