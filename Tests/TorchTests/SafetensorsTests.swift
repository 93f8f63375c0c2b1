import Foundation
import Testing
import Torch

@Suite("Safetensors")
struct SafetensorsTests {
    init() { useOneThread() }

    private func temporaryFile() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "\(UUID()).safetensors")
    }

    private func file(header: String, body: [UInt8] = [], length: UInt64? = nil) throws -> URL {
        let url = temporaryFile()
        let bytes = Data(header.utf8)
        let prefix = withUnsafeBytes(of: (length ?? UInt64(bytes.count)).littleEndian) { Data($0) }
        try (prefix + bytes + Data(body)).write(to: url)
        return url
    }

    @Test("Tensors of every type and any shape come back with their metadata")
    func roundTrip() throws {
        let url = temporaryFile()
        defer { try? FileManager.default.removeItem(at: url) }
        let x = Tensor([1.5, -2, 3, 0, 5, 6], shape: [2, 3])
        var tensors = Dictionary(uniqueKeysWithValues: ScalarType.allCases.map { ("\($0)", x.to(type: $0)) })
        tensors["empty"] = Tensor.zeros([0, 4])
        tensors["scalar"] = Tensor.full(7, shape: [])
        tensors["transposed"] = x.permute([1, 0])
        tensors["a \"name\"/\u{1F441}"] = x
        try Safetensors(tensors: tensors, metadata: ["step": "12", "quote": "\"\n"]).write(to: url)
        let back = try Safetensors(contentsOf: url)
        #expect(back.metadata == ["step": "12", "quote": "\"\n"])
        #expect(Set(back.tensors.keys) == Set(tensors.keys))
        for (name, tensor) in tensors {
            let found = try #require(back.tensors[name])
            #expect(found.type == tensor.type && found.shape == tensor.shape && found.bytes == tensor.bytes)
        }
    }

    @Test("A file of nothing round-trips")
    func empty() throws {
        let url = temporaryFile()
        defer { try? FileManager.default.removeItem(at: url) }
        try Safetensors(tensors: [:], metadata: ["only": "words"]).write(to: url)
        let back = try Safetensors(contentsOf: url)
        #expect(back.tensors.isEmpty && back.metadata == ["only": "words"])
    }

    @Test("Files that Python's safetensors wrote are read")
    func fromPython() throws {
        let url = Bundle.module.url(forResource: "operations", withExtension: "safetensors", subdirectory: "Golden")!
        let file = try Safetensors(contentsOf: url)
        #expect(file.metadata["origin"] == "Tools/golden/torch_values.py")
        #expect(file.tensors["autocast/output"]?.type == .bfloat16)
        #expect(file.tensors["softplus/a"]?.values == [-80, -1, 0, 1, 80])
        #expect(file.tensors["conv2d/x"]?.shape == [2, 4, 5, 3])
    }

    @Test(
        "Damaged and hostile headers are refused in one line that names the file",
        arguments: [
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
            #"{"a":{"dtype":"F32","shape":[4294967296,1073741824],"data_offsets":[0,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[1000000000000,0],"data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[0,4294967296,4294967296,4294967296],"data_offsets":[0,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}"#,
            #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#,
            #"{"a":[]}"#, #"{"a":null}"#, "[]", "nonsense", "", #"{"a":{"dtype":"F32""#,
            String(repeating: "[", count: 100_000),
        ])
    func hostileHeader(header: String) throws {
        let url = try file(header: header, body: [0, 0, 128, 63])
        defer { try? FileManager.default.removeItem(at: url) }
        #expect {
            try Safetensors(contentsOf: url)
        } throws: { error in
            let text = "\(error)"
            return error is TorchError && text.hasPrefix(url.path) && !text.contains("\n")
        }
    }

    @Test("A file that is cut off, missing or claims an endless header is refused")
    func truncated() throws {
        let whole = try file(
            header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, body: [0, 0, 128, 63, 0, 0, 128, 63])
        defer { try? FileManager.default.removeItem(at: whole) }
        #expect(try Safetensors(contentsOf: whole).tensors["a"]?.values == [1, 1])
        let bytes = try Data(contentsOf: whole)
        for count in 0..<bytes.count {
            let cut = temporaryFile()
            defer { try? FileManager.default.removeItem(at: cut) }
            try bytes.prefix(count).write(to: cut)
            #expect(throws: TorchError.self, "after \(count) bytes") { try Safetensors(contentsOf: cut) }
        }
        let endless = try file(header: "{}", length: .max)
        defer { try? FileManager.default.removeItem(at: endless) }
        #expect(throws: TorchError.self) { try Safetensors(contentsOf: endless) }
        #expect(throws: TorchError.self) { try Safetensors(contentsOf: temporaryFile()) }
    }
}
