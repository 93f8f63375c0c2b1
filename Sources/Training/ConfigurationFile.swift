import Foundation
import Networks
import Upscaling
import Yams

/// A YAML file of overrides: only what differs from the preset, and nothing the preset does not know.
///
/// There is one way in: the preset with the overrides is decoded and encoded again, and an override that did not come back,
/// at any depth, was not understood.
public struct ConfigurationFile {
    private let path: String
    private let overrides: JSONValue
    /// The line of each override, by its key's path.
    private let lines: [String: Int]

    /// - Throws: ``TrainingError/file(path:line:problem:)``.
    public init(contentsOf url: URL) throws(TrainingError) {
        path = url.path
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw .file(path: path, line: nil, problem: "no such file, or not text")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            let (line, problem) = Self.explained(error)
            throw .file(path: path, line: line, problem: problem)
        }
        guard let root, root.mapping != nil else {
            throw .file(path: path, line: nil, problem: "names nothing to change; write lines such as 'steps: 5000'")
        }
        var lines: [String: Int] = [:]
        overrides = try Self.value(of: root, at: [], path: path, lines: &lines)
        self.lines = lines
    }

    /// - Throws: ``TrainingError/file(path:line:problem:)``.
    public func applied(to preset: TrainingConfiguration) throws -> TrainingConfiguration {
        let base = try JSONValue(encoding: preset)
        let merged = Self.merged(overrides, onto: base)
        let result: TrainingConfiguration
        do {
            result = try merged.decoded(as: TrainingConfiguration.self)
        } catch let error as DecodingError {
            let (key, problem) = error.explained
            throw failure(at: key, key.isEmpty ? problem : "\(key.joined(separator: ".")): \(problem)")
        }
        try requireReturned(overrides, in: try JSONValue(encoding: result), over: base, at: [])
        return result
    }

    /// The same complaint about a value with the line that it stands on, where it is this file's.
    public func locating(_ error: TrainingError) -> TrainingError {
        guard case .invalid(let invalid) = error else { return error }
        let key = invalid.key.split(separator: ".").map(String.init)
        return line(of: key).map { .file(path: path, line: $0, problem: invalid.description) } ?? error
    }

    // MARK: Reading

    private static func value(
        of node: Node, at key: [String], path: String, lines: inout [String: Int]
    ) throws(TrainingError) -> JSONValue {
        let line = node.mark?.line
        if !key.isEmpty { lines[key.joined(separator: ".")] = lines[key.joined(separator: ".")] ?? line }
        switch node {
        case .mapping(let mapping):
            var values: [String: JSONValue] = [:]
            for (name, child) in mapping {
                guard let text = name.string else {
                    throw .file(path: path, line: name.mark?.line, problem: "a key must be a word")
                }
                lines[(key + [text]).joined(separator: ".")] = name.mark?.line
                values[text] = try value(of: child, at: key + [text], path: path, lines: &lines)
            }
            return .object(values)
        case .sequence(let sequence):
            var values: [JSONValue] = []
            for (index, child) in sequence.enumerated() {
                values.append(try value(of: child, at: key + [String(index)], path: path, lines: &lines))
            }
            return .array(values)
        case .scalar(let scalar):
            switch Constructor.default.any(from: node) {
            case is NSNull: return .null
            case let bool as Bool: return .bool(bool)
            case let number as Int where number.magnitude > 1 << 53:
                throw .file(
                    path: path, line: line,
                    problem: "\(key.joined(separator: ".")): \(scalar.string) is too large; give a number up to 2^53")
            case let number as Int: return .number(Double(number))
            case let number as Double:
                // Whole numbers beyond Int are read as these.
                guard number.isFinite, abs(number) <= 0x1p63 else {
                    throw .file(
                        path: path, line: line,
                        problem: "\(key.joined(separator: ".")): \(scalar.string) is no number that can be used here")
                }
                return .number(number)
            default: return .string(scalar.string)
            }
        case .alias:
            throw .file(path: path, line: line, problem: "aliases are not taken; write the value out")
        }
    }

    private static func explained(_ error: any Error) -> (line: Int?, problem: String) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return (mark.line, "not YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            return (context.mark.line, "names '\(duplicates.joined(separator: "', '"))' twice")
        default:
            return (nil, "not YAML: \(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
        }
    }

    // MARK: Applying

    /// The base with what the override names. Where both name one choice of several, as architectures, schedules and
    /// losses are coded, and not the same, the override's takes the place of the base's.
    private static func merged(_ override: JSONValue, onto base: JSONValue) -> JSONValue {
        guard case .object(let changes) = override, case .object(var values) = base else { return override }
        if values.count == 1, changes.count == 1, Set(changes.keys) != Set(values.keys) { return override }
        for (key, change) in changes { values[key] = values[key].map { merged(change, onto: $0) } ?? change }
        return .object(values)
    }

    /// - Throws: ``TrainingError/file(path:line:problem:)`` for an override that decoding passed over.
    private func requireReturned(
        _ override: JSONValue, in result: JSONValue?, over base: JSONValue?, at key: [String]
    ) throws(TrainingError) {
        let name = key.joined(separator: ".")
        switch (override, result) {
        case (.null, nil) where base != nil: break
        case (.null, nil):
            throw failure(at: key, "'\(name)' has no value to take away here; leave the line out")
        case (_, nil):
            throw failure(at: key, "unknown key '\(name)'; see 'fovea train --show' for the known ones")
        case (.object(let changes), .object(let values)):
            var old: [String: JSONValue] = [:]
            if case .object(let values)? = base { old = values }
            for (part, change) in changes.sorted(by: { $0.key < $1.key }) {
                try requireReturned(change, in: values[part], over: old[part], at: key + [part])
            }
        case (.array(let changes), .array(let values)):
            for (index, change) in changes.enumerated() {
                let returned = values.indices.contains(index) ? values[index] : nil
                try requireReturned(change, in: returned, over: nil, at: key + [String(index)])
            }
        default: break
        }
    }

    private func failure(at key: [String], _ problem: String) -> TrainingError {
        .file(path: path, line: line(of: key), problem: problem)
    }

    /// The line of a key, or of the nearest thing around it.
    private func line(of key: [String]) -> Int? {
        stride(from: key.count, to: 0, by: -1).lazy.compactMap { lines[key.prefix($0).joined(separator: ".")] }.first
    }
}

extension DecodingError {
    /// Where and what, without the decoder's own vocabulary.
    fileprivate var explained: (key: [String], problem: String) {
        func path(_ context: Context) -> [String] {
            context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        }
        switch self {
        case .keyNotFound(let key, let context): return (path(context), "'\(key.stringValue)' is missing")
        case .valueNotFound(_, let context): return (path(context), "must have a value")
        case .typeMismatch(let type, let context): return (path(context), "must be \(Self.name(of: type))")
        case .dataCorrupted(let context): return (path(context), context.debugDescription)
        @unknown default: return ([], "unreadable")
        }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is Int.Type, is UInt64.Type: "a whole number"
        case is Double.Type: "a number"
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        default: "\(type)".contains("Array") ? "a list" : "a group of keys"
        }
    }
}
