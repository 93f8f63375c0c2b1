import Foundation
import ONNX
import Upscaling

extension ModelFile {
    /// The calibrations that the file holds.
    ///
    /// - Throws: `ModelError/badDescription(path:reason:)`.
    public var calibrations: [TrustCalibration] {
        get throws(ModelError) {
            do {
                return try metadata.trust.map { try $0.decoded(as: TrustCalibration.self) }
            } catch {
                throw CalibrationFile.ofAnotherVersion(url)
            }
        }
    }
}

/// A file that calibrations are noted in: a network's own, the description beside a network from elsewhere, or a list.
public enum CalibrationFile: Sendable {
    /// An ONNX file.
    case model(URL)
    /// JSON: an array of calibrations, or a network's description.
    case json(URL)

    /// By the name's ending; `nil` for another than .onnx and .json.
    public init?(_ url: URL) {
        switch url.pathExtension.lowercased() {
        case "onnx": self = .model(url)
        case "json": self = .json(url)
        default: return nil
        }
    }

    fileprivate static func ofAnotherVersion(_ url: URL) -> ModelError {
        .badDescription(
            path: url.path,
            reason: "its calibrations are of another version of Fovea; make them anew with fovea calibrate")
    }

    private var isModel: Bool {
        if case .model = self { true } else { false }
    }

    /// The calibrations in it; none where there is no file.
    ///
    /// - Throws: `ModelError`, and what reading throws.
    public func calibrations() throws -> [TrustCalibration] {
        switch self {
        case .model(let url): return try ModelFile(contentsOf: url).calibrations
        case .json(let url):
            guard FileManager.default.fileExists(atPath: url.path) else { return [] }
            let data = try Data(contentsOf: url)
            if let list = try? JSONDecoder().decode([TrustCalibration].self, from: data) { return list }
            if (try? JSONDecoder().decode([JSONValue].self, from: data)) != nil { throw Self.ofAnotherVersion(url) }
            guard let description = try? JSONDecoder().decode(ModelMetadata.self, from: data) else {
                throw ModelError.badDescription(
                    path: url.path, reason: "neither a list of calibrations nor a network's description")
            }
            return try description.trust.map { try $0.decoded(as: TrustCalibration.self) }
        }
    }

    /// Notes a calibration, in place of one of the same subject, chain and doubt, and in a network's own file of those that another
    /// version made. The file is written beside and renamed.
    ///
    /// - Throws: `ModelError`, and what reading and writing throw.
    public func add(_ calibration: TrustCalibration) throws {
        var known: [TrustCalibration] = []
        do {
            known = try calibrations()
        } catch ModelError.badDescription where self.isModel {}
        var all = known.filter {
            $0.subject != calibration.subject || $0.chain != calibration.chain
                || $0.score.kind != calibration.score.kind
        }
        all.append(calibration)
        all.sort { ($0.subject, $0.chain.scale) < ($1.subject, $1.chain.scale) }
        let values = try all.map { try JSONValue(encoding: $0) }
        switch self {
        case .model(let url):
            let sidecar = url.deletingPathExtension().appendingPathExtension("json")
            guard !FileManager.default.fileExists(atPath: sidecar.path) else {
                throw ModelError.badDescription(
                    path: url.path, reason: "it is described by \(sidecar.lastPathComponent) beside it; name that file")
            }
            var (model, _) = try ModelProto.read(url)
            var metadata = try ModelFile(contentsOf: url).metadata
            metadata.trust = values
            try model.describe(metadata)
            try model.write(to: url)
        case .json(let url):
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            if let data = try? Data(contentsOf: url),
                var description = try? JSONDecoder().decode(ModelMetadata.self, from: data)
            {
                description.trust = values
                try encoder.encode(description).write(to: url, options: .atomic)
            } else {
                try encoder.encode(all).write(to: url, options: .atomic)
            }
        }
    }
}

extension Method {
    /// For what its networks were calibrated; nothing for a method of another kind.
    ///
    /// - Throws: `ModelError/badDescription(path:reason:)`.
    public var calibrations: [TrustCalibration] {
        get throws {
            switch self {
            case .networks(let upscaler): try upscaler.models.flatMap { try $0.calibrations }
            case .drawing(let cascade, _): try cascade.stages.flatMap { try $0.model.calibrations }
            case .interpolation, .acquiredGrid: []
            }
        }
    }
}
