import Evaluation
import Foundation
import ImageQuality
import Networks
import ONNX
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
        /// How the trained model is used, a row of the table each.
        public var uses = [Use()]
    }

    /// One way to use a model.
    public struct Use: Sendable {
        /// Follows the system's name in the table.
        public var label = ""
        /// How a diffusion model is sampled.
        public var sampling = SamplingOptions()
        /// Whether results are corrected to agree with what they were made from.
        public var isConsistent = false
    }

    /// What it rebuilds: `saeedi`, `ahmad`, `sr3`.
    public var paper: String
    public var systems: [System]
    public var evaluation: Evaluator
    /// Images that are judged, by the names that results give them.
    public var testFiles: [(name: String, url: URL)]
    public var published: [PublishedTable] = []
    /// Tells how far the results are from the truth as a set; `nil` leaves that out.
    public var features: FeatureNetwork?
    /// Draws pictures beside the table; `nil` for none.
    public var artist: Artist?
    /// What was decided where the paper is silent, for people.
    public var choices: [String]
    /// Receives a folder a system, with its checkpoint, curves and model file.
    public var folder: URL
    public var device: Device
    /// That the program was built of, for the runs' manifests.
    public var commit: String?

    /// Draws the methods as they were judged, and the models, by the names of their systems. Returns the files it wrote.
    public typealias Artist = @Sendable (_ methods: [EvaluatedMethod], _ models: [String: ModelFile]) throws -> [URL]

    /// What a watcher is told.
    public enum Event {
        case training(system: String, TrainingEvent)
        case exported(system: String, model: URL)
        case judging(Evaluator.Progress)
        case drawn(URL)
    }

    /// Trains, exports and judges.
    ///
    /// - Returns: `nil` where the watcher stopped a training; running again goes on there.
    public func run(observe: (Event) -> TrainingDecision) throws -> ReproductionResult? {
        var methods = [EvaluatedMethod.bicubic]
        var models: [String: ModelFile] = [:]
        var searches: [SearchedGenerator] = []
        for system in systems {
            guard let run = try trained(system, observe: observe) else { return nil }
            if system.isSearched {
                let search = try SearchedGenerator(
                    system.name, run.checkpointURL, settings: .init(seed: evaluation.seed), on: device)
                searches.append(search)
                methods.append(search.method)
            } else {
                let file = try ModelFile(contentsOf: try exported(system, run, observe: observe))
                models[system.name] = file
                methods += try Self.methods(system, file)
            }
        }
        var distances = features.map { FrechetDistances($0, methods: methods.map(\.name)) }
        var judged = try withoutActuallyEscaping(observe) { observe in
            try evaluation.run(
                files: testFiles, methods: methods, progress: { _ = observe(.judging($0)) },
                result: { try distances?.add($0) })
        }
        if let distances {
            for index in judged.rows.indices {
                judged.rows[index].metrics[.frechetDistance] = distances.value(of: judged.rows[index].model)
            }
        }
        let found = searches.map(\.summary)
        for file in try artist?(methods, models) ?? [] { _ = observe(.drawn(file)) }
        return ReproductionResult(
            paper: paper, published: published, choices: choices + found,
            steps: Dictionary(uniqueKeysWithValues: systems.map { ($0.name, $0.configuration.steps) }),
            seed: evaluation.seed, evaluation: judged)
    }

    private static func methods(_ system: System, _ model: ModelFile) throws -> [EvaluatedMethod] {
        let upscaler = model.metadata.drawsSamples ? nil : try Upscaler(models: [model])
        let cascade = upscaler == nil ? Cascade([try model.drawing()]) : nil
        return system.uses.map { use in
            let method = upscaler.map { .networks($0) } ?? Method.drawing(cascade!, use.sampling)
            return EvaluatedMethod(name: system.name + use.label, modelHash: model.sha256) { image, scale in
                use.isConsistent
                    ? try method.upscaleConsistently(image, scale: Double(scale)).image
                    : try method.upscale(image, scale: Double(scale))
            }
        }
    }

    /// Where a system's checkpoint lies, for one that starts from another's weights.
    static func checkpoint(of system: System, in folder: URL) -> URL {
        folder.appendingPathComponent(system.folderName).appendingPathComponent("checkpoint.safetensors")
    }

    /// The system's run, trained where that has not been done; `nil` where the watcher stopped it.
    private func trained(_ system: System, observe: (Event) -> TrainingDecision) throws -> TrainingRun? {
        let folder = folder.appendingPathComponent(system.folderName)
        let run = try TrainingRun(system.configuration, folder: folder, device: device, commit: commit)
        if try !isDone(run) {
            try run.run(resume: true) { observe(.training(system: system.name, $0)) }
            guard try isDone(run) else { return nil }
            try? FileManager.default.removeItem(at: modelURL(of: system))
        }
        return run
    }

    /// The system's model file, made where there is none yet.
    private func exported(
        _ system: System, _ run: TrainingRun, observe: (Event) -> TrainingDecision
    ) throws -> URL {
        let model = modelURL(of: system)
        if !FileManager.default.fileExists(atPath: model.path) {
            let export = try ModelExport(checkpoint: run.checkpointURL, name: "\(paper) \(system.name)")
            try Data(export.card.utf8).write(
                to: model.deletingPathExtension().appendingPathExtension("md"), options: .atomic)
            try export.proto().write(to: model)
            _ = observe(.exported(system: system.name, model: model))
        }
        return model
    }

    private func modelURL(of system: System) -> URL {
        folder.appendingPathComponent("\(system.folderName)/\(system.folderName).onnx")
    }

    private func isDone(_ run: TrainingRun) throws -> Bool {
        guard FileManager.default.fileExists(atPath: run.checkpointURL.path) else { return false }
        let checkpoint = try Checkpoint(contentsOf: run.checkpointURL)
        return checkpoint.configuration == run.configuration && checkpoint.step == run.configuration.steps
    }
}

extension Reproduction.System {
    /// Whether images are searched for in what it makes, since it enlarges none.
    fileprivate var isSearched: Bool { !configuration.architecture.takesImages }

    /// `srgan`, `new-method`.
    var folderName: String {
        name.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }
}
