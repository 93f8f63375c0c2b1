import ArgumentParser
import Foundation
import Networks
import Revision
import Torch
import Training
import Upscaling

extension Preset: ExpressibleByArgument {}
extension Modality: ExpressibleByArgument {}

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a network on folders of images.",
        discussion: """
            A preset fixes everything; a YAML file and options override it. The run's folder receives its
            configuration, the split of images, the curves and the checkpoint, from which --resume goes on exactly
            where it stopped.

              fovea train --preset foveola --scale 4 --data chestXRay:images/cxr --run runs/chest-x4
              fovea train --run runs/chest-x4 --resume
            """)

    @Option(
        help: "Where to start from, foveola by default: \(Preset.allCases.map(\.rawValue).joined(separator: ", ")).")
    var preset: Preset?

    @Option(help: "Magnification, from 2 to 16 where the network can; 4 by default.")
    var scale: Int?

    @Option(
        parsing: .upToNextOption,
        help: "Folders of high-resolution images, each MODALITY:FOLDER[:WEIGHT[:REDUCTION]].")
    var data: [String] = []

    @Option(name: .customLong("config"), help: "A YAML file of overrides.")
    var configurationFile: String?

    @Option(help: "How many steps.")
    var steps: Int?

    @Option(help: "Start from the weights of this checkpoint.")
    var from: String?

    @Option(help: "VGG-19's weights, made by Tools/convert_vgg19.py, for losses that compare its features.")
    var vgg19: String?

    @Option(help: "Seed of every random draw.")
    var seed: UInt64?

    @Option(name: .customLong("run"), help: "The run's folder; only --show needs none.")
    var runFolder: String?

    @Flag(help: "Continue the run in the folder.")
    var resume = false

    @OptionGroup var compute: ComputeOptions

    @Flag(help: "Print the configuration and stop.")
    var show = false

    func validate() throws {
        if runFolder == nil && (resume || !show) {
            throw ValidationError("--run names the folder that receives the run, such as --run runs/first")
        }
        // Before a preset counts with it.
        if let scale, !(2...16).contains(scale) {
            throw ValidationError("--scale takes a whole number from 2 to 16, not \(scale).")
        }
        if let steps, steps < 1 { throw ValidationError("--steps takes a whole number from 1, not \(steps).") }
        _ = try data.map(Self.folder)
    }

    func run() throws {
        let device = compute.prepare()
        let folder = URL(fileURLWithPath: runFolder ?? "")
        let configuration = try configuration(in: folder)
        if show {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(configuration), as: UTF8.self))
            return
        }
        let reporter = TrainingReporter(isQuiet: compute.isQuiet)
        let interruption = Interruption()
        let run = try TrainingRun(
            configuration, folder: folder, device: device, commit: SourceRevision.commit)
        try run.run(resume: resume) {
            // Not before the run has what it needs: what ends it first is to be the only line.
            if case .loaded = $0 {
                reporter.note("convolutions in \(run.configuration.precision.rawValue), \(run.precisionReason)")
            }
            reporter.report($0)
            return interruption.isRequested ? .stop : .proceed
        }
    }

    private func configuration(in folder: URL) throws -> TrainingConfiguration {
        guard resume, let begun = try Self.begunRun(in: folder) else {
            guard !resume || preset != nil || !data.isEmpty || configurationFile != nil else {
                throw ValidationError("\(folder.path): holds no run to resume; start one without --resume")
            }
            return try overridden(try start(), isNew: true)
        }
        // Options may be repeated; one that a resumed run would pass over is refused.
        var base = preset == nil ? begun : try start()
        if !data.isEmpty { base.data = try data.map(Self.folder) }
        var asked = try overridden(base, isNew: false)
        // What was chosen when the run began is what it keeps.
        if asked.precision == .auto { asked.precision = begun.precision }
        if let scale, preset == nil, scale != begun.scale {
            throw ValidationError("\(folder.path): this run was begun with scale \(begun.scale), not \(scale)")
        }
        let differences = try begun.differences(from: asked)
        guard !differences.isEmpty else { return begun }
        let shown = differences.prefix(5).joined(separator: "; ")
        let others = differences.count > 5 ? "; and \(differences.count - 5) more" : ""
        throw ValidationError(
            "\(folder.path): this run was begun with \(shown)\(others). Resume without these options, or start another run, with --from \(folder.path)/checkpoint.safetensors to go on from its weights"
        )
    }

    private func start() throws -> TrainingConfiguration {
        (preset ?? .foveola).configuration(scale: scale ?? 4, data: try data.map(Self.folder))
    }

    /// The configuration with what the file and the options say.
    private func overridden(_ base: TrainingConfiguration, isNew: Bool) throws -> TrainingConfiguration {
        var configuration = base
        let file = try configurationFile.map { try ConfigurationFile(contentsOf: URL(fileURLWithPath: $0)) }
        if let file { configuration = try file.applied(to: configuration) }
        if let steps { configuration.steps = steps }
        if let from { configuration.initialWeights = from }
        if let seed { configuration.seed = seed }
        let isSubstituted = try chooseContent(in: &configuration.objective)
        guard isNew else { return configuration }
        if !show {
            do {
                try configuration.validate()
            } catch let error as TrainingError {
                throw file?.locating(error) ?? error
            }
        }
        if isSubstituted, !compute.isQuiet {
            let note = """
                without --vgg19 the content loss compares the discriminator's features instead of VGG-19's; \
                the run's configuration says so

                """
            FileHandle.standardError.write(Data(note.utf8))
        }
        return configuration
    }

    /// Gives an adversarial objective VGG-19's weights, or what takes their place.
    ///
    /// - Returns: whether something did.
    private func chooseContent(in objective: inout Objective) throws -> Bool {
        guard case .adversarial(let adversarial) = objective, vgg19 == nil || adversarial.content.needsVGG19 else {
            guard let vgg19 else { return false }
            throw ValidationError("--vgg19 \(vgg19): this run's losses compare no features of VGG-19; leave it out")
        }
        let resolved = adversarial.resolving(vgg19: vgg19)
        objective = .adversarial(resolved)
        return resolved.content != adversarial.content
    }

    /// What the run in a folder is, where one was begun there.
    private static func begunRun(in folder: URL) throws -> TrainingConfiguration? {
        let checkpoint = folder.appendingPathComponent("checkpoint.safetensors")
        if FileManager.default.fileExists(atPath: checkpoint.path) {
            return try Checkpoint(contentsOf: checkpoint).configuration
        }
        // Stopped before its first checkpoint, a run begins again as it was.
        guard let json = try? Data(contentsOf: folder.appendingPathComponent("configuration.json")) else { return nil }
        return try JSONDecoder().decode(TrainingConfiguration.self, from: json)
    }

    private static func folder(_ text: String) throws -> TrainingFolder {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, let modality = Modality(rawValue: parts[0]) else {
            let known = Modality.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--data \(text): write MODALITY:FOLDER, where MODALITY is one of \(known)")
        }
        guard parts.count <= 4, !parts[1].isEmpty,
            let weight = parts.count > 2 ? Double(parts[2]) : 1, weight > 0, weight.isFinite,
            let reduction = parts.count > 3 ? Int(parts[3]) : 1, reduction >= 1
        else {
            throw ValidationError(
                "--data \(text): write MODALITY:FOLDER[:WEIGHT[:REDUCTION]], the weight a positive number, the reduction a whole one"
            )
        }
        return TrainingFolder(folder: parts[1], modality: modality, weight: weight, reduction: reduction)
    }
}
