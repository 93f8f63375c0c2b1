import ArgumentParser
import Foundation
import Networks
import ONNX
import Torch
import TorchNN
import Training
import Upscaling

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a model file of a training run's weights.",
        discussion: """
            Writes one ONNX file that `fovea upscale --model` needs nothing beside, and its card as Markdown next to it.

              fovea-lab export runs/chest-x4 --name fovea-chest-x4 -o fovea-chest-x4.onnx

            Between a run on pixels and the adversarial one that went on from it lie models with less detail and less of it
            invented; --share says where (network interpolation, as ESRGAN's authors do it).

              fovea-lab export runs/gan --faithful runs/pixels --share 0.5 --name half -o half.onnx
            """)

    @Argument(help: "The run's folder, or a checkpoint.")
    var checkpoint: String

    @Option(help: "What people will call the model.")
    var name: String

    @Option(parsing: .upToNextOption, help: "What it is for; what it was trained on by default.")
    var modalities: [Modality] = []

    @Option(help: "A more faithful run of the same network, to mix in: a folder, a checkpoint or a model file.")
    var faithful: String?

    @Option(help: "With --faithful: from 0, that run's weights, to 1, this run's; 0.5 by default.")
    var share: Double?

    @Option(name: .shortAndLong, help: "The ONNX file to write.")
    var output: String

    @Flag(help: "Replace the files if they exist.")
    var overwrite = false

    func validate() throws {
        guard let share else { return }
        if !(0...1).contains(share) { throw ValidationError("--share takes a number from 0 to 1.") }
        if faithful == nil { throw ValidationError("--share mixes two runs; name the other with --faithful.") }
    }

    func run() throws {
        let file = URL(fileURLWithPath: output)
        let card = file.deletingPathExtension().appendingPathExtension("md")
        for written in [file, card] where !overwrite && FileManager.default.fileExists(atPath: written.path) {
            throw ValidationError("\(written.path) exists; use --overwrite to replace it")
        }
        let model = try ModelExport(
            checkpoint: Self.checkpoint(checkpoint), name: name, modalities: modalities,
            interpolation: faithful.map { .init(faithful: Self.checkpoint($0), share: share ?? 0.5) })
        try model.proto().write(to: file)
        try Data(model.card.utf8).write(to: card, options: .atomic)
        print(file.path)
        print(card.path)
    }

    /// The checkpoint that a path names, by itself or by the folder of its run.
    static func checkpoint(_ path: String) -> URL {
        let url = URL(fileURLWithPath: path)
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? url.appendingPathComponent("checkpoint.safetensors") : url
    }
}
