import Foundation
import Imaging
import ONNX
import Upscaling

/// What decides the pixels of a batch's results beside the inputs: which models, and every option that changes what they
/// make.
///
/// Two results of equal recipes, inputs and series are the same image. That is what derived identifiers are made of, and
/// what a run that goes on compares before it takes an earlier result for its own.
public struct Recipe: Sendable, Equatable {
    /// The magnification along columns and rows, 1 to 16.
    public var scale: Double
    /// The model as it was asked for: `auto`, `bicubic`, a name, a file's name.
    public var model: String
    /// SHA-256 of what the models are that this may mean, as ``identity(of:)`` says it; empty where no network takes part.
    public var modelIdentity: String
    /// The arithmetic that was asked for: `auto`, `float32`, `bfloat16`.
    public var precision: String
    /// What a gray network does with a color image.
    public var color: ColorTreatment
    /// What is done about an image's noise.
    public var grain: GrainTreatment
    /// The blur that images are known to have, a standard deviation in pixels.
    public var blur: Double
    /// Whether an MR image that was filled up with zeros is enlarged from what was acquired.
    public var usesAcquiredGrid: Bool
    /// How diffusion models are sampled.
    public var sampling: SamplingOptions
    /// Whether results are corrected until they agree with their inputs.
    public var isConsistent: Bool
    /// How many samples are drawn and averaged; `nil` for one result.
    public var samples: Int?
    /// How far results are to be trusted; `nil` where that is not asked for. It changes no pixel of them.
    public var trust: TrustRequest?

    /// - Parameters:
    ///   - scale: the magnification along columns and rows, 1 to 16.
    ///   - model: as it was asked for.
    ///   - models: all that this may mean.
    ///   - precision: the arithmetic that was asked for.
    ///   - color: what a gray network does with a color image.
    ///   - grain: what is done about an image's noise.
    ///   - blur: that images are known to have, a standard deviation in pixels.
    ///   - usesAcquiredGrid: whether an MR image that was filled up with zeros is enlarged from what was acquired.
    ///   - sampling: how diffusion models are sampled.
    ///   - isConsistent: whether results are corrected until they agree with their inputs.
    ///   - samples: how many samples are drawn and averaged; `nil` for one result.
    ///   - trust: how far results are to be trusted; `nil` where that is not asked for.
    public init(
        scale: Double, model: String, models: [ModelFile], precision: String = Precision.float32.rawValue,
        color: ColorTreatment = .luminance, grain: GrainTreatment = GrainTreatment(), blur: Double = 0,
        usesAcquiredGrid: Bool = true, sampling: SamplingOptions = SamplingOptions(), isConsistent: Bool = false,
        samples: Int? = nil, trust: TrustRequest? = nil
    ) {
        self.scale = scale
        self.model = model
        modelIdentity = models.isEmpty ? "" : SHA256.hexadecimal(of: Data(Self.identity(of: models).utf8))
        self.precision = precision
        self.color = color
        self.grain = grain
        self.blur = blur
        self.usesAcquiredGrid = usesAcquiredGrid
        self.sampling = sampling
        self.isConsistent = isConsistent
        self.samples = samples
        self.trust = trust
    }

    /// The options by name, as manifests list them and identifiers are made of them. One that joins later is to be left out
    /// at its default, so that what was made before keeps its identifiers.
    public var options: [String: String] {
        [
            "scale": Self.text(scale), "color": color.rawValue, "noise": noiseText, "grain": Self.text(grain.kept),
            "blur": Self.text(blur), "acquiredGrid": usesAcquiredGrid ? "auto" : "none",
            "sampler": sampling.sampler.name, "steps": String(sampling.steps), "sampleSeed": String(sampling.seed),
            "consistent": String(isConsistent), "samples": samples.map(String.init) ?? "1",
        ]
    }

    /// ``options``, the model and the arithmetic as they were asked for, and what the models are.
    public var terms: [String: String] {
        var terms = options
        (terms["model"], terms["models"], terms["precision"]) = (model, modelIdentity, precision)
        terms["trust"] = trust?.text
        return terms
    }

    private var noiseText: String {
        switch grain.noise {
        case .automatic: "auto"
        case .none: "none"
        case .known(let sigma): Self.text(sigma)
        }
    }

    /// `4` for 4.0, `2.5` for 2.5.
    private static func text(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e9 ? String(Int(number)) : String(number)
    }

    /// What model files are, whatever they are called: each one's SHA-256, and how it is used, which options and a file
    /// beside it may say.
    ///
    /// - Parameter models: in any order.
    public static func identity(of models: [ModelFile]) -> String {
        models.map { model in
            let use = model.metadata
            let range = "\(use.valueRange.lowerBound)...\(use.valueRange.upperBound)"
            return "\(model.sha256) x\(use.scale) \(use.channels) \(use.input.rawValue) \(use.output.rawValue) \(range)"
                + " \(use.normalization.text)"
        }.sorted().joined(separator: " + ")
    }
}

extension Normalization {
    fileprivate var text: String {
        switch self {
        case .declaredRange: "declaredRange"
        case .robustPercentile(let lower, let upper): "\(lower)...\(upper)"
        }
    }
}
