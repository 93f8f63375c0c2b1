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
    /// Models that draw samples, one after the other.
    indirect case cascade([ModelChoice])

    init(_ text: String) {
        switch text {
        case "auto": self = .auto
        case "bicubic": self = .bicubic
        case _ where text.contains("+"):
            self = .cascade(
                text.split(separator: "+", omittingEmptySubsequences: false).map {
                    ModelChoice($0.trimmingCharacters(in: .whitespaces))
                })
        default:
            self =
                text.lowercased().hasSuffix(".onnx") || text.contains("/")
                ? .file(URL(fileURLWithPath: text)) : .named(text)
        }
    }

    /// What it is called wherever it lies: a file by its name.
    var name: String {
        switch self {
        case .auto: "auto"
        case .bicubic: "bicubic"
        case .named(let name): name
        case .file(let url): url.lastPathComponent
        case .cascade(let choices): choices.map(\.name).joined(separator: "+")
        }
    }

    /// Whether a name is empty, alone or between two of a cascade.
    var lacksName: Bool {
        switch self {
        case .named(let name): name.isEmpty
        case .cascade(let choices): choices.contains(where: \.lacksName)
        case .auto, .bicubic, .file: false
        }
    }

    /// The choices of a list separated by commas, with the names that they are called by.
    static func list(_ text: String) throws -> [(name: String, choice: ModelChoice)] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let name = part.trimmingCharacters(in: .whitespaces)
            guard !name.isEmpty else {
                throw ValidationError(
                    "--models '\(text)' lacks a name; write such as bicubic,auto, without commas too many")
            }
            return (name, ModelChoice(name))
        }
    }
}

/// Options that say which model enlarges, and how.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "auto (what fits the image), bicubic, the name of a shipped model, or an ONNX file; models that draw samples one after the other as FIRST+SECOND.",
            valueName: "name"))
    var model = "auto"

    @OptionGroup var inference: Inference

    @OptionGroup var grain: Grain

    @Option(
        help: ArgumentHelp(
            "An image's noise, which no network is to sharpen: auto (estimated; the default), none, or its standard deviation in 255ths of the range.",
            valueName: "noise"))
    var noise: NoiseOption?

    @OptionGroup var foreign: Foreign

    @OptionGroup var sampling: Sampling

    /// How a network runs.
    struct Inference: ParsableArguments {
        @Option(
            help:
                "The arithmetic of a network's inner layers: float32 (the same pixels on every processor, but for rounding), bfloat16, or auto (bfloat16 where the processor computes in it and it costs next to nothing)."
        )
        var precision = PrecisionOption.float32

        @Option(
            help:
                "What a gray network does with a color image: luminance (bicubic interpolation for the colors; so by default) or perChannel (red, green and blue each by itself, three times the work)."
        )
        var color: ColorTreatment?

        @Option(
            help: ArgumentHelp(
                "What networks enlarge of an MR image that the scanner filled up with zeros in k-space: auto (the samples it acquired, where the DICOM header and the image's spectrum both say so; so by default) or none (all that are stored).",
                valueName: "choice"))
        var acquiredGrid: AcquiredGridChoice?
    }

    enum AcquiredGridChoice: String, ExpressibleByArgument, CaseIterable {
        case auto, none
    }

    /// What is done about an image's grain.
    struct Grain: ParsableArguments {
        @Option(
            name: .customLong("grain"),
            help: ArgumentHelp(
                "The share of an image's grain that is kept, 0 to 1 (all by default); less is calmer.",
                valueName: "share"))
        var kept: Double?

        @Option(
            help: ArgumentHelp(
                "The Gaussian blur that an image is known to have, its standard deviation in pixels; 0 by default. Networks that learned to are told.",
                valueName: "sigma"))
        var blur: Double?

        func validate() throws {
            if let blur, !(0...10).contains(blur) {
                throw ValidationError("--blur takes a standard deviation from 0 to 10 pixels, not \(blur).")
            }
            if let kept, !(0...1).contains(kept) {
                throw ValidationError("--grain takes a share from 0 to 1, not \(kept).")
            }
        }
    }

    var grainTreatment: GrainTreatment {
        GrainTreatment(noise: noise?.treatment ?? .automatic, kept: grain.kept ?? 1)
    }

    /// The first of the options about grain that was given.
    var givenGrain: String? {
        grain.kept != nil ? "--grain" : noise != nil ? "--noise" : grain.blur != nil ? "--blur" : nil
    }

    /// How samples are drawn.
    struct Sampling: ParsableArguments {
        @Option(help: "How a diffusion model is sampled: ancestral (as SR3), ddim or dpmSolver, the default.")
        var sampler: Sampler?

        @Option(help: "Steps of a diffusion model, 20 by default: enough for dpmSolver; ancestral wants 100 and more.")
        var steps: Int?

        @Option(
            help:
                "How far a flow's samples stray: 0 draws its likeliest image, 1 as it learned; by default what its file advises."
        )
        var temperature: Double?

        @Option(help: "Seed of the samples, 0 by default.")
        var sampleSeed: UInt64?

        func validate() throws {
            if let temperature, !(0...1).contains(temperature) {
                throw ValidationError("--temperature takes a number from 0 to 1, not \(temperature).")
            }
            if let steps, !(1...10_000).contains(steps) {
                throw ValidationError("--steps takes a whole number from 1 to 10000, not \(steps).")
            }
        }

        var options: SamplingOptions {
            SamplingOptions(
                sampler: sampler ?? .dpmSolver, steps: steps ?? 20, seed: sampleSeed ?? 0, temperature: temperature)
        }

        /// The first of the options for diffusion models that was given.
        var givenSteps: String? { sampler != nil ? "--sampler" : steps != nil ? "--steps" : nil }
    }

    /// What a network from elsewhere expects, where no JSON beside it says so.
    struct Foreign: ParsableArguments {
        @Option(
            help: ArgumentHelp("How much a network from elsewhere enlarges; --scale by default.", valueName: "n"))
        var modelScale: Int?

        @Option(
            help: ArgumentHelp(
                "Its channels: 1 (gray) or 3 (red, green, blue); what the file states by default.", valueName: "n"))
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
            if let channels, channels != 1, channels != 3 {
                throw ValidationError("--channels takes 1 (gray) or 3 (red, green, blue), not \(channels).")
            }
            if let modelScale, !(2...16).contains(modelScale) {
                throw ValidationError("--model-scale takes a whole number from 2 to 16, not \(modelScale).")
            }
        }

        /// The first of these options that was given.
        var given: String? {
            modelScale != nil
                ? "--model-scale"
                : channels != nil
                    ? "--channels"
                    : valueRange != nil
                        ? "--value-range"
                        : inputKind != nil ? "--input-kind" : outputKind != nil ? "--output-kind" : nil
        }

        /// The description that these options make of a file; `nil` where none is given, so that the file describes itself.
        ///
        /// - Parameter scale: the network's, unless --model-scale names another.
        func metadata(of file: URL, scale: Double) throws -> ModelMetadata? {
            guard given != nil else { return nil }
            guard let channels = try channels ?? ModelFile.statedChannels(of: file) else {
                throw ValidationError(
                    "\(file.relativePath): does not state how many channels it takes; say --channels 1 or --channels 3."
                )
            }
            return ModelMetadata(
                name: "", scale: modelScale ?? Int(scale.rounded(.up)), channels: channels,
                input: inputKind ?? .lowResolution, output: outputKind ?? .image,
                valueRange: valueRange?.bounds ?? 0...1)
        }
    }

    init() {}

    init(
        inference: Inference, grain: Grain, noise: NoiseOption? = nil, foreign: Foreign,
        sampling: Sampling
    ) {
        self.inference = inference
        self.grain = grain
        self.noise = noise
        self.foreign = foreign
        self.sampling = sampling
    }

    var choice: ModelChoice { ModelChoice(model) }
}
