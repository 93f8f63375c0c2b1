import ArgumentParser
import Evaluation
import Foundation
import Upscaling

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the models that ship with Fovea, or show one's card.",
        discussion: """
              fovea models
              fovea models fovea-general-x4

            A card says what a model was trained on, how it scores beside bicubic, and what it must not be used for.
            """)

    @Argument(help: "The model whose card to show.") var name: String?
    @Flag(help: "Print one JSON document with all that the model files say.") var json = false

    func run() throws {
        if name?.isEmpty == true { throw ValidationError("the model's name is empty; leave it out to list all.") }
        let library = ModelLibrary.shipped
        let models = try name.map { try library.models(named: $0) } ?? library.models()
        if json {
            try JSONDestination.standardOutput.write(["models": models.map(ModelReport.init)])
            return
        }
        if name != nil {
            let cards = models.map { library.card(of: $0.metadata.name) ?? ModelReport($0).text }
            print(cards.map { $0.trimmingCharacters(in: .newlines) }.joined(separator: "\n\n"))
            return
        }
        guard !models.isEmpty else {
            print("No model is installed; 'bicubic' and ONNX files can be used.")
            return
        }
        let rows = models.map { model in
            let metadata = model.metadata
            let scores = metadata.scores.map(\.gain)
            let gain = scores.isEmpty ? "–" : String(format: "%+.2f dB", scores.reduce(0, +) / Double(scores.count))
            return [
                metadata.name, "×\(metadata.scale)", metadata.channels == 1 ? "gray" : "color",
                metadata.modalities.isEmpty
                    ? "comparison" : metadata.modalities.map(\.rawValue).joined(separator: ", "), gain,
            ]
        }
        let table = TextTable(header: ["model", "scale", "channels", "made for", "over bicubic"], rows: rows)
        print(table.lines.joined(separator: "\n"))
        print("\n'over bicubic': mean PSNR gained on the images in each model's card; 'fovea models NAME' shows it.")
    }
}

extension Score {
    fileprivate var gain: Double { psnr - bicubicPSNR }
}

/// A model, in JSON: what its file says, its hash and its size.
private struct ModelReport: Encodable {
    var metadata: ModelMetadata
    var sha256: String
    var path: String
    var bytes: Int

    init(_ model: ModelFile) {
        metadata = model.metadata
        sha256 = model.sha256
        path = model.url.path
        bytes = (try? model.url.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0
    }

    /// Where there is no card.
    var text: String {
        "\(metadata.name): ×\(metadata.scale), \(metadata.architecture ?? "unknown architecture"), \(bytes / 1024) KiB"
    }
}
