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
            """)

    @Argument(help: "The run's folder, or a checkpoint.")
    var checkpoint: String

    @Option(help: "What people will call the model.")
    var name: String

    @Option(parsing: .upToNextOption, help: "What it is for; what it was trained on by default.")
    var modalities: [Modality] = []

    @Option(name: .shortAndLong, help: "The ONNX file to write.")
    var output: String

    @Flag(help: "Replace the files if they exist.")
    var overwrite = false

    func run() throws {
        var url = URL(fileURLWithPath: checkpoint)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
            url.appendPathComponent("checkpoint.safetensors")
        }
        let file = URL(fileURLWithPath: output)
        let card = file.deletingPathExtension().appendingPathExtension("md")
        for written in [file, card] where !overwrite && FileManager.default.fileExists(atPath: written.path) {
            throw ValidationError("\(written.path) exists; use --overwrite to replace it")
        }
        let model = try ModelExport(checkpoint: url, name: name, modalities: modalities)
        try model.proto().serializedData().write(to: file, options: .atomic)
        try Data(model.card.utf8).write(to: card, options: .atomic)
        print(file.path)
        print(card.path)
    }
}
