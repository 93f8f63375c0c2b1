import Foundation

/// The safetensors container: named tensors and string metadata, and nothing that could run.
/// Format: 8 bytes header length, a JSON header, then the tensors' bytes
/// (https://huggingface.co/docs/safetensors).
public struct Safetensors {
    public var tensors: [String: Tensor]
    public var metadata: [String: String]

    public init(tensors: [String: Tensor], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    private struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    private static let names: [(type: ScalarType, name: String)] = [
        (.uint8, "U8"), (.int64, "I64"), (.float32, "F32"), (.float64, "F64"), (.bool, "BOOL"), (.bfloat16, "BF16"),
    ]

    /// Writes beside `url` and renames, so that a killed process leaves the old file or the new one.
    public func write(to url: URL) throws {
        var entries: [String: Entry] = [:]
        var body = Data()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let bytes = tensor.bytes
            let type = Self.names.first { $0.type == tensor.type }!.name
            entries[name] = Entry(
                dtype: type, shape: tensor.shape, dataOffsets: [body.count, body.count + bytes.count])
            body.append(contentsOf: bytes)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var header = try encoder.encode(entries)
        if !metadata.isEmpty {
            let separator = entries.isEmpty ? "" : ","
            header.removeLast()
            header.append(Data("\(separator)\"__metadata__\":".utf8))
            header.append(try encoder.encode(metadata))
            header.append(UInt8(ascii: "}"))
        }
        header.append(Data(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
        var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
        file.append(header)
        file.append(body)
        try file.write(to: url, options: .atomic)
    }

    /// - Throws: ``TorchError/badFile(path:reason:)`` for anything that is not a whole safetensors file.
    public init(contentsOf url: URL, on device: Device = .cpu) throws {
        func bad(_ reason: String) -> TorchError { .badFile(path: url.path, reason: reason) }
        let file: Data
        do { file = try Data(contentsOf: url, options: .mappedIfSafe) } catch {
            throw bad("no such file, or it cannot be read")
        }
        guard file.count >= 8 else { throw bad("not a safetensors file: too short") }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(file[$1]) << (8 * UInt64($1)) }
        guard length <= UInt64(file.count - 8) else { throw bad("not a safetensors file, or cut off") }
        let start = 8 + Int(length)
        guard let header = try? JSONSerialization.jsonObject(with: file[8..<start]) as? [String: Any] else {
            throw bad("its safetensors header is not JSON")
        }
        metadata = header["__metadata__"] as? [String: String] ?? [:]
        tensors = [:]
        for (name, value) in header where name != "__metadata__" {
            guard let entry = value as? [String: Any], let dtype = entry["dtype"] as? String,
                let type = Self.names.first(where: { $0.name == dtype })?.type,
                let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int], offsets.count == 2,
                offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= file.count - start,
                offsets[1] - offsets[0] == Self.byteCount(shape, type)
            else { throw bad("its entry '\(name)' is damaged or of an unknown type") }
            tensors[name] = file[start + offsets[0]..<start + offsets[1]].withUnsafeBytes {
                Tensor(bytes: $0, shape: shape, type: type, on: device)
            }
        }
    }

    /// `nil` for a shape that no tensor can have. An axis of length 0 does not excuse the others from being possible.
    private static func byteCount(_ shape: [Int], _ type: ScalarType) -> Int? {
        var stride = type.byteCount
        for length in shape {
            let (product, overflow) = stride.multipliedReportingOverflow(by: max(length, 1))
            if length < 0 || overflow { return nil }
            stride = product
        }
        return shape.contains(0) ? 0 : stride
    }
}
