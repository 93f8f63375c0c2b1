import Foundation
import SwiftProtobuf

/// An ONNX file could not be read.
public struct ONNXError: Error, Equatable, CustomStringConvertible {
    public var path: String
    public var reason: String

    public var description: String { "\(path): \(reason)" }
}

extension ModelProto {
    /// Reads a model with the SHA-256 of its file (lower-case hexadecimal), which names it in everything it computes.
    public static func read(_ url: URL) throws(ONNXError) -> (model: ModelProto, sha256: String) {
        guard let data = try? Data(contentsOf: url) else {
            let exists = FileManager.default.fileExists(atPath: url.path)
            throw ONNXError(
                path: url.path,
                reason: exists ? "the model file cannot be opened; check its permissions" : "no such model file")
        }
        guard let model = try? ModelProto(serializedBytes: data), !model.graph.node.isEmpty else {
            throw ONNXError(path: url.path, reason: "not an ONNX model, or a damaged one; fetch or export it again")
        }
        return (model, SHA256.hexadecimal(of: data))
    }

    /// SHA-256 over all of a model's file but its key–value store: what names a network whatever is noted about it later.
    ///
    /// - Throws: ``ONNXError`` where the file cannot be read or is no message of protocol buffers.
    public static func networkHash(_ url: URL) throws(ONNXError) -> String {
        guard let data = try? Data(contentsOf: url) else {
            throw ONNXError(path: url.path, reason: "the model file cannot be opened; check its permissions")
        }
        guard let fields = TopLevelFields(of: data) else {
            throw ONNXError(path: url.path, reason: "not an ONNX model, or a damaged one; fetch or export it again")
        }
        // ModelProto's metadata_props.
        let kept = fields.ranges.filter { $0.number != 14 }
        return SHA256.hexadecimal(of: kept.reduce(into: Data()) { $0.append(data[$1.range]) })
    }

    /// Writes the model beside its destination and renames it, so that no half file is ever left.
    public func write(to url: URL) throws {
        let data: Data = try serializedBytes()
        try data.write(to: url, options: .atomic)
    }

    /// ONNX's free key–value store: `metadata_props` as a dictionary; the last one wins where a key occurs twice.
    public var metadata: [String: String] {
        get { Dictionary(metadataProps.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }) }
        set {
            metadataProps = newValue.sorted { $0.key < $1.key }.map { key, value in
                var entry = StringStringEntryProto()
                entry.key = key
                entry.value = value
                return entry
            }
        }
    }

    /// What a caller feeds: the graph's inputs that are not weights under another name.
    public var feeds: [ValueInfoProto] {
        let weights = Set(graph.initializer.map(\.name))
        return graph.input.filter { !weights.contains($0.name) }
    }
}

extension ValueInfoProto {
    /// The sizes of a tensor's dimensions, `nil` for one that is free; `nil` where the rank is not stated.
    public var dimensions: [Int?]? {
        guard case .tensorType(let tensor)? = type.value, tensor.hasShape else { return nil }
        return tensor.shape.dim.map { dimension in
            guard case .dimValue(let size)? = dimension.value, size > 0 else { return nil }
            return Int(size)
        }
    }
}
