import Foundation
import Upscaling
import Yams

/// A YAML file of overrides: only what differs from the preset, and nothing the preset does not know.
public enum ConfigurationFile {
    /// - Throws: ``TrainingError/unknownKey(_:file:)``, ``TrainingError/configuration(_:)``.
    public static func apply(_ url: URL, to preset: TrainingConfiguration) throws -> TrainingConfiguration {
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw TrainingError.configuration("\(url.path): no such file, or not text")
        }
        do {
            let overrides = try YAMLDecoder().decode(JSONValue.self, from: text)
            let merged = try merge(overrides, onto: try JSONValue(encoding: preset), path: [], file: url.path)
            return try merged.decoded(as: TrainingConfiguration.self)
        } catch let error as DecodingError {
            throw TrainingError.configuration("\(url.path): \(error.oneLine)")
        } catch let error as YamlError {
            throw TrainingError.configuration("\(url.path): \(error)".replacingOccurrences(of: "\n", with: " "))
        }
    }

    private static func merge(
        _ override: JSONValue, onto base: JSONValue, path: [String], file: String
    ) throws -> JSONValue {
        guard case .object(let changes) = override, case .object(var values) = base else { return override }
        // Naming another architecture or schedule replaces the whole choice.
        if let place = path.last, choices.contains(place), Set(changes.keys) != Set(values.keys) { return override }
        for (key, change) in changes {
            let name = (path + [key]).joined(separator: ".")
            guard let old = values[key] ?? optionalKeys[name] else { throw TrainingError.unknownKey(name, file: file) }
            values[key] = try merge(change, onto: old, path: path + [key], file: file)
        }
        return .object(values)
    }

    /// Keys whose value is one of several, named by its only key.
    private static let choices: Set<String> = ["architecture", "schedule", "discriminator", "content"]

    /// Keys that a preset leaves out because they have no value there.
    private static let optionalKeys: [String: JSONValue] = ["initialWeights": .null, "adversarial": .null]
}

extension DecodingError {
    /// Where and what, without the decoder's own vocabulary.
    var oneLine: String {
        let context: Context? =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: nil
            }
        let place = context?.codingPath.map(\.stringValue).joined(separator: ".") ?? ""
        return place.isEmpty ? context?.debugDescription ?? "unreadable" : "\(place): \(context!.debugDescription)"
    }
}
