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
    /// The mean of each measure over the images that have it.
    public var metrics: Scores
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
    public var metrics: Scores
    /// What the result says it was made by, where the method chose a model for the image.
    public var model: String?
    /// How the result was laid onto its truth, where that was asked for.
    public var registration: Registration?

    private static let texts = ["file", "slice", "dataRange", "model", "registration"]

    private typealias Key = NameKey

    public init(
        file: String, slice: Int? = nil, dataRange: Double, metrics: Scores, model: String? = nil,
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
        metrics = try Scores(from: values, except: Self.texts)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(file, forKey: Key(stringValue: "file"))
        try values.encodeIfPresent(slice, forKey: Key(stringValue: "slice"))
        try values.encode(dataRange, forKey: Key(stringValue: "dataRange"))
        try values.encodeIfPresent(model, forKey: Key(stringValue: "model"))
        try values.encodeIfPresent(registration, forKey: Key(stringValue: "registration"))
        try metrics.encode(to: &values)
    }
}

public struct EvaluationFailure: Sendable, Codable, Equatable {
    public var file: String
    public var error: String
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

extension ImageScore {
    /// The file and, of a volume, the slice.
    package var title: String { slice.map { "\(file), slice \($0)" } ?? file }
}
