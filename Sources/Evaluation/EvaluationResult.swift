import Foundation
import ImageQuality
import Imaging
import Upscaling

/// What an evaluation found; its JSON is what `fovea evaluate --json` writes.
public struct EvaluationResult: Sendable, Codable {
    public var scale: Int
    public var degradation: Degradation
    public var conventions: EvaluationConventions
    /// One a method, in the order they were named.
    public var rows: [EvaluationRow]
    /// Files that could not be scored, and why. They count in no row.
    public var failures: [EvaluationFailure]
}

/// How one method did.
public struct EvaluationRow: Sendable, Codable {
    public var model: String
    public var modelHash: String?
    /// SHA-256 of the models that its results say they were made by, by name; several where one was chosen for each image.
    public var models: [String: String]?
    /// How many images were scored; the slices of volumes count one by one.
    public var images: Int
    /// The mean of each metric, by its key, over the images that have it.
    public var metrics: [String: Double]
    public var secondsPerImage: Double
    public var perImage: [ImageScore]
}

/// How one method did on one image: `{"file": …, "psnr": …, "ssim": …}`.
public struct ImageScore: Sendable, Codable {
    /// Path relative to the folder that was evaluated.
    public var file: String
    /// Counted from 0; only for volumes.
    public var slice: Int?
    /// The greatest minus the least value that samples are taken to have, the L of the formulas.
    public var dataRange: Double
    public var metrics: [String: Double]
    /// What the result says it was made by, where the method chose a model for the image.
    public var model: String?
    /// How the result was laid onto its truth, where that was asked for.
    public var registration: Registration?

    private static let texts = ["file", "slice", "dataRange", "model", "registration"]

    private typealias Key = NameKey

    public init(
        file: String, slice: Int? = nil, dataRange: Double, metrics: [String: Double], model: String? = nil,
        registration: Registration? = nil
    ) {
        self.model = model
        self.registration = registration
        self.file = file
        self.slice = slice
        self.dataRange = dataRange
        self.metrics = metrics
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        file = try values.decode(String.self, forKey: Key(stringValue: "file"))
        slice = try values.decodeIfPresent(Int.self, forKey: Key(stringValue: "slice"))
        dataRange = try values.decode(Double.self, forKey: Key(stringValue: "dataRange"))
        model = try values.decodeIfPresent(String.self, forKey: Key(stringValue: "model"))
        registration = try values.decodeIfPresent(Registration.self, forKey: Key(stringValue: "registration"))
        metrics = [:]
        for key in values.allKeys where !Self.texts.contains(key.stringValue) {
            metrics[key.stringValue] = try values.decode(Double.self, forKey: key)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(file, forKey: Key(stringValue: "file"))
        try values.encodeIfPresent(slice, forKey: Key(stringValue: "slice"))
        try values.encode(dataRange, forKey: Key(stringValue: "dataRange"))
        try values.encodeIfPresent(model, forKey: Key(stringValue: "model"))
        try values.encodeIfPresent(registration, forKey: Key(stringValue: "registration"))
        for (name, value) in metrics { try values.encode(value, forKey: Key(stringValue: name)) }
    }
}

public struct EvaluationFailure: Sendable, Codable, Equatable {
    public var file: String
    public var error: String
}

/// What was done to images and numbers besides the formulas; numbers without it cannot be compared.
public struct EvaluationConventions: Sendable, Codable, Equatable {
    /// Pixels left out along each edge.
    public var border: Int
    public var color: String
    public var crop: String
    /// What inputs were, where they were files of their own.
    public var inputs: String?
    public var mean: String
    /// What each metric's key stands for.
    public var metrics: [String: String]
    public var noData: String
    public var range: String
    /// By how much the files were reduced before they served as ground truth; 1: not at all.
    public var reduction: Int
    /// How results were laid onto their truths, where they were.
    public var registration: String?
    public var rounding: String
    public var seconds: String
    public var slices: String

    init(for evaluation: Evaluation) {
        let scale = evaluation.scale
        border = evaluation.border
        color = "MATLAB's Y (rgb2ycbcr, not rounded); opacity is dropped"
        crop = "images are cut at the right and the bottom to a multiple of \(scale)"
        if evaluation.pairs != nil {
            inputs = """
                each input is a file of its own, degraded where it has its truth's size, else taken as it is; stored values \
                are brought to the truth's rescaling, not clipped
                """
            if evaluation.registers {
                registration = """
                    results are moved (phase correlation, sub-pixel) and brought to the truth's intensities by one line \
                    (least squares), both found once a pair between the bicubic enlargement of the input and the truth, and \
                    as many more pixels left out along each edge; keys that end in \(Evaluation.unregisteredSuffix) are of \
                    results as they lie
                    """
            }
        }
        mean = "mean of the values of single images that have one; the slices of volumes count one by one"
        metrics = Dictionary(uniqueKeysWithValues: evaluation.metrics.map { ($0.evaluationKey, $0.title) })
        if evaluation.perceptualDistance != nil { metrics[LPIPS.key] = LPIPS.title }
        if evaluation.measuresConsistency {
            metrics[Evaluation.consistencyKey] = Evaluation.consistencyTitle
        }
        noData = """
            samples without data (padding, NaN) are filled in from their neighbours before the degradation, and neither \
            they nor windows that hold them are scored
            """
        range = """
            0 to 255 for 8 bit; otherwise from 0 (where there are negative values, from the 0.1 percentile) to the 99.9 \
            percentile of the volume or DICOM series, ground truth and outputs clipped to it
            """
        reduction = evaluation.reduction
        rounding = """
            8 bit: low-resolution images and outputs are rounded to 8 bit; otherwise both stay floating point
            """
        seconds = "mean time of enlarging alone, after one run that is not counted"
        slices = """
            volumes of more than 8 bit: slices in which more than 10 % of the pixels lie above 5 % of the range
            """
    }
}

extension Metric {
    /// A value as tables show it.
    public func text(_ value: Double) -> String {
        if value.isNaN { return "–" }
        return value.isFinite ? String(format: "%.\(decimals)f", value) : value > 0 ? "∞" : "−∞"
    }

    /// The metric that a user names, by its key or its full name.
    public init?(named name: String) {
        guard let metric = Metric.allCases.first(where: { $0.evaluationKey == name || $0.rawValue == name }) else {
            return nil
        }
        self = metric
    }
}

extension EvaluationResult {
    /// SHA-256 of all models that took part, by the methods' names, and by their own where a method chose them.
    public var models: [String: String] {
        rows.reduce(into: [:]) { models, row in
            if let hash = row.modelHash {
                models[row.model] = hash
            } else {
                for (name, hash) in row.models ?? [:] { models["\(row.model): \(name)"] = hash }
            }
        }
    }

    /// As JSON, keys sorted. An infinite PSNR, of equal images, is the string "Infinity": JSON has no number for it.
    public var json: Data {
        get throws { try JSONEncoder.fovea.encode(self) }
    }
}

extension JSONEncoder {
    /// How Fovea writes JSON for people and programs.
    public static var fovea: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return encoder
    }
}

extension JSONDecoder {
    /// Reads what ``Foundation/JSONEncoder/fovea`` wrote.
    public static var fovea: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return decoder
    }
}
