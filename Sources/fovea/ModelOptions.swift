import ArgumentParser
import Foundation
import Upscaling

/// What a person names a model by.
enum ModelChoice: Equatable {
    /// The one that fits the image.
    case auto
    case bicubic
    /// One that ships with Fovea.
    case named(String)
    case file(URL)

    init(_ text: String) {
        switch text {
        case "auto": self = .auto
        case "bicubic": self = .bicubic
        default:
            self =
                text.lowercased().hasSuffix(".onnx") || text.contains("/")
                ? .file(URL(fileURLWithPath: text)) : .named(text)
        }
    }
}

/// Options that say which model enlarges, and how.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "auto (what fits the image), bicubic, the name of a shipped model, or an ONNX file.", valueName: "name"))
    var model = "auto"

    @Option(
        help: "The arithmetic of a network's inner layers: float32 or bfloat16 (faster where the processor has it).")
    var precision = Precision.float32

    @OptionGroup var foreign: Foreign

    /// What a network from elsewhere expects, where no JSON beside it says so.
    struct Foreign: ParsableArguments {
        @Option(
            help: ArgumentHelp("How much a network from elsewhere enlarges; --scale by default.", valueName: "n"))
        var modelScale: Int?

        @Option(help: ArgumentHelp("Its channels: 1 (gray) or 3 (red, green, blue).", valueName: "n"))
        var channels: Int?

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("The range of values it expects; 0,1 by default.", valueName: "low,high"))
        var valueRange: ValueRange?

        @Option(help: ArgumentHelp("What it expects: lowResolution or bicubicUpscaled.", valueName: "kind"))
        var inputKind: NetworkInput?

        @Option(help: ArgumentHelp("What it gives: image or residual (to be added to bicubic).", valueName: "kind"))
        var outputKind: NetworkOutput?

        func validate() throws {
            if channels == nil && (modelScale != nil || valueRange != nil || inputKind != nil || outputKind != nil) {
                throw ValidationError("A network from elsewhere is described by --channels at least: 1 or 3.")
            }
        }

        /// The description that these options make; `nil` where the file describes itself.
        ///
        /// - Parameter scale: the network's, unless --model-scale names another.
        func metadata(scale: Double) -> ModelMetadata? {
            guard let channels else { return nil }
            return ModelMetadata(
                name: "", scale: modelScale ?? Int(scale.rounded(.up)), channels: channels,
                input: inputKind ?? .lowResolution, output: outputKind ?? .image,
                valueRange: valueRange?.bounds ?? 0...1)
        }
    }

    init() {}

    init(precision: Precision, foreign: Foreign) {
        self.precision = precision
        self.foreign = foreign
    }

    var choice: ModelChoice { ModelChoice(model) }
}
