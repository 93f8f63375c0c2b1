import ArgumentParser
import Foundation
import Networks
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

    @Option(help: "Where to start from: \(Preset.allCases.map(\.rawValue).joined(separator: ", ")).")
    var preset: Preset = .foveola

    @Option(help: "Magnification: 2 or 4.")
    var scale = 4

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
        let run = try TrainingRun(configuration, folder: folder, device: device)
        reporter.note("convolutions in \(run.configuration.precision.rawValue), \(run.precisionReason)")
        try run.run(resume: resume) {
            reporter.report($0)
            return interruption.isRequested ? .stop : .proceed
        }
    }

    private func configuration(in folder: URL) throws -> TrainingConfiguration {
        if resume {
            let checkpoint = folder.appendingPathComponent("checkpoint.safetensors")
            if FileManager.default.fileExists(atPath: checkpoint.path) {
                return try Checkpoint(contentsOf: checkpoint).configuration
            }
            // Stopped before its first checkpoint, a run begins again as it was.
            let written = folder.appendingPathComponent("configuration.json")
            if let json = try? Data(contentsOf: written) {
                return try JSONDecoder().decode(TrainingConfiguration.self, from: json)
            }
            guard !data.isEmpty || configurationFile != nil else {
                throw ValidationError("\(folder.path): holds no run to resume; start one without --resume")
            }
        }
        var configuration = preset.configuration(scale: scale, data: try data.map(Self.folder))
        if let configurationFile {
            configuration = try ConfigurationFile.apply(URL(fileURLWithPath: configurationFile), to: configuration)
        }
        if let steps { configuration.steps = steps }
        if let from { configuration.initialWeights = from }
        if let seed { configuration.seed = seed }
        if let adversarial = configuration.adversarial {
            configuration.adversarial = adversarial.resolving(vgg19: vgg19)
            if vgg19 == nil, adversarial.content.needsVGG19, !compute.isQuiet {
                let note = """
                    without --vgg19 the content loss compares the discriminator's features instead of VGG-19's; \
                    the run's configuration says so

                    """
                FileHandle.standardError.write(Data(note.utf8))
            }
        }
        return configuration
    }

    private static func folder(_ text: String) throws -> TrainingFolder {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, let modality = Modality(rawValue: parts[0]) else {
            let known = Modality.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--data \(text): write MODALITY:FOLDER, where MODALITY is one of \(known)")
        }
        guard let weight = parts.count > 2 ? Double(parts[2]) : 1, weight > 0,
            let reduction = parts.count > 3 ? Int(parts[3]) : 1, reduction >= 1
        else { throw ValidationError("--data \(text): the weight is a positive number, the reduction a whole one") }
        return TrainingFolder(folder: parts[1], modality: modality, weight: weight, reduction: reduction)
    }
}
