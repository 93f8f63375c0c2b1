import Foundation
import ONNX

/// A super-resolution network in an ONNX file, with what must be known to use it.
public struct ModelFile: Sendable {
    public let url: URL
    public let metadata: ModelMetadata
    /// SHA-256 of the file, lower-case hexadecimal.
    public let sha256: String
    /// SHA-256 of all in the file but its notes, lower-case hexadecimal: the network itself, whatever is written about it.
    public let networkHash: String
    /// The names of the tensors that an image goes into and comes out of.
    public let inputTensor: String
    public let outputTensor: String
    /// Width and height that the file fixes for the network's input, where it does.
    public let fixedWidth: Int?
    public let fixedHeight: Int?

    /// Reads the model at `url`. What it expects is taken from `metadata`, from `NAME.json` beside `NAME.onnx`, or from
    /// the file's own metadata, in this order.
    ///
    /// - Throws: ``ModelError`` where the file is not a model, says nothing about itself, or is no network of one
    ///   image in and one image out.
    public init(contentsOf url: URL, metadata given: ModelMetadata? = nil) throws(ModelError) {
        let model: ModelProto
        do throws(ONNXError) {
            (model, sha256) = try ModelProto.read(url)
            networkHash = try ModelProto.networkHash(url)
        } catch {
            throw .unreadable(path: error.path, reason: error.reason)
        }
        self.url = url

        let sidecar = url.deletingPathExtension().appendingPathExtension("json")
        var metadata: ModelMetadata
        if let given {
            metadata = given
        } else if FileManager.default.fileExists(atPath: sidecar.path) {
            metadata = try Self.metadata(inSidecar: sidecar)
        } else if let json = model.metadata[ModelMetadata.key] {
            do {
                metadata = try JSONDecoder().decode(ModelMetadata.self, from: Data(json.utf8))
            } catch {
                throw .badDescription(path: url.path, reason: Self.oneLine(error))
            }
        } else {
            throw .undescribed(path: url.path, sidecar: sidecar.lastPathComponent)
        }
        if metadata.name.isEmpty { metadata.name = url.deletingPathExtension().lastPathComponent }
        try Self.check(
            metadata, path: given == nil && model.metadata[ModelMetadata.key] == nil ? sidecar.path : url.path)
        self.metadata = metadata

        let feeds = model.feeds
        guard let feed = metadata.inputTensor.map({ name in feeds.first { $0.name == name } }) ?? feeds.first else {
            throw .badGraph(
                path: url.path, reason: "it has no input\(metadata.inputTensor.map { " named \($0)" } ?? "")")
        }
        guard metadata.inputTensor != nil || feeds.count == 1 else {
            let names = feeds.map(\.name).joined(separator: ", ")
            throw .badGraph(path: url.path, reason: "it has several inputs (\(names)); name the image's as inputTensor")
        }
        if !metadata.conditions.isEmpty {
            let name = ModelMetadata.conditionsTensor
            guard let told = feeds.first(where: { $0.name == name }) else {
                throw .badGraph(path: url.path, reason: "it is to be told conditions, but has no input named \(name)")
            }
            if let dimensions = told.dimensions, dimensions.count != 2 || dimensions[1] != metadata.conditions.count {
                throw .badGraph(
                    path: url.path,
                    reason:
                        "its input \(name) does not take \(metadata.conditions.count) numbers as its description says")
            }
        }
        if metadata.flow != nil, !feeds.contains(where: { $0.name == FlowDescription.latentTensor }) {
            throw .badGraph(
                path: url.path,
                reason: "it is a flow, but has no input named \(FlowDescription.latentTensor)")
        }
        inputTensor = feed.name
        let outputs = model.graph.output.map(\.name)
        if let name = metadata.outputTensor, !outputs.contains(name) {
            throw .badGraph(path: url.path, reason: "it has no output named \(name)")
        }
        guard let output = metadata.outputTensor ?? outputs.first else {
            throw .badGraph(path: url.path, reason: "it has no output")
        }
        outputTensor = output
        guard !metadata.doubts || outputs.contains(ModelMetadata.doubtTensor) else {
            throw .badGraph(
                path: url.path,
                reason:
                    "it is to say where it is to be doubted, but has no output named \(ModelMetadata.doubtTensor)"
            )
        }

        guard let dimensions = feed.dimensions else {
            (fixedWidth, fixedHeight) = (nil, nil)
            return
        }
        guard dimensions.count == 4 else {
            throw .badGraph(
                path: url.path,
                reason: "its input has \(dimensions.count) dimensions, not batch × channels × rows × columns")
        }
        if let channels = dimensions[1], channels != metadata.channels {
            throw .badGraph(
                path: url.path,
                reason: "its input has \(channels) channels, but its description says \(metadata.channels)")
        }
        (fixedHeight, fixedWidth) = (dimensions[2], dimensions[3])
    }

    /// How many channels the image has that the network of a file takes, where the file states 1 or 3.
    ///
    /// - Throws: ``ModelError/unreadable(path:reason:)``.
    public static func statedChannels(of url: URL) throws(ModelError) -> Int? {
        let model: ModelProto
        do throws(ONNXError) {
            (model, _) = try ModelProto.read(url)
        } catch {
            throw .unreadable(path: error.path, reason: error.reason)
        }
        guard let dimensions = model.feeds.first?.dimensions, dimensions.count == 4, let channels = dimensions[1] else {
            return nil
        }
        return channels == 1 || channels == 3 ? channels : nil
    }

    private static func metadata(inSidecar url: URL) throws(ModelError) -> ModelMetadata {
        do {
            let data = try Data(contentsOf: url)
            if case .object(let entries) = try JSONDecoder().decode(JSONValue.self, from: data) {
                let known = ModelMetadata.CodingKeys.allCases.map(\.rawValue)
                if let unknown = entries.keys.sorted().first(where: { !known.contains($0) }) {
                    throw ModelError.badDescription(
                        path: url.path, reason: "unknown key \"\(unknown)\"; known: \(known.joined(separator: ", "))")
                }
            }
            return try JSONDecoder().decode(ModelMetadata.self, from: data)
        } catch let error as ModelError {
            throw error
        } catch {
            throw .badDescription(path: url.path, reason: oneLine(error))
        }
    }

    private static func check(_ metadata: ModelMetadata, path: String) throws(ModelError) {
        func fail(_ reason: String) throws(ModelError) { throw .badDescription(path: path, reason: reason) }
        if !(2...16).contains(metadata.scale) { try fail("scale is \(metadata.scale), not 2 to 16") }
        if metadata.channels != 1 && metadata.channels != 3 {
            try fail("channels is \(metadata.channels), not 1 (gray) or 3 (red, green, blue)")
        }
        let range = metadata.valueRange
        if !(range.upperBound > range.lowerBound) || !range.upperBound.isFinite || !range.lowerBound.isFinite {
            try fail("valueRange is empty; give two numbers such as [0, 1]")
        }
        if !(1...1024).contains(metadata.paddingMultiple) {
            try fail("paddingMultiple is \(metadata.paddingMultiple), not 1 to 1024")
        }
        if let wrong = metadata.conditions.first(where: { !($0.upTo > 0 && $0.upTo.isFinite) }) {
            try fail("\(wrong.condition.rawValue) is learned up to \(wrong.upTo), which is not above 0")
        }
        if metadata.doubts, metadata.input != .lowResolution {
            try fail("doubts is for networks that take the image as it is, not bicubicUpscaled")
        }
        if let receptiveField = metadata.receptiveField, !(0...4096).contains(receptiveField) {
            try fail("receptiveField is \(receptiveField), not 0 to 4096 pixels")
        }
    }

    /// What a JSON decoder complains about, in one line.
    private static func oneLine(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" has the wrong type"
        case DecodingError.dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "not valid JSON"
                : "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\": \(context.debugDescription)"
        default: error.localizedDescription
        }
    }
}

extension ModelProto {
    /// Fovea's description in the model's key–value store.
    public mutating func describe(_ description: ModelMetadata) throws {
        metadata[ModelMetadata.key] = try description.json
    }
}
