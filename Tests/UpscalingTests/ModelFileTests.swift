import Foundation
import ONNX
import Testing
import Upscaling

@Suite("A model file")
struct ModelFileTests {
    @Test("carries its description")
    func metadata() throws {
        let model = try Golden.model("residual-x4")
        #expect(model.metadata.name == "residual-x4")
        #expect(model.metadata.scale == 4 && model.metadata.channels == 1)
        #expect(model.metadata.output == .residual && model.metadata.input == .lowResolution)
        #expect(model.metadata.receptiveField == 3)
        #expect(model.metadata.modalities == [.general])
        #expect(model.metadata.valueRange == 0...1)
        #expect(model.inputTensor == "image" && model.outputTensor == "result")
        #expect(model.sha256.count == 64)
    }

    @Test("keeps every part of a description through writing and reading")
    func roundTrip() throws {
        let metadata = ModelMetadata(
            name: "all-x2", scale: 2, channels: 1, input: .bicubicUpscaled, output: .residual, valueRange: -1...1,
            normalization: .robustPercentile(lower: 1, upper: 98), receptiveField: 20, paddingMultiple: 8,
            inputTensor: "image", outputTensor: "result", architecture: "VDSR",
            configuration: try JSONValue(encoding: ["layers": 20, "features": 64]), modalities: [.brainMRI, .fundus],
            degradation: "bicubic", trainingData: [TrainingData(name: "films", images: 300, licence: "CC0")],
            steps: 1000, seed: .max,
            scores: [
                Score(dataset: "films", psnr: 40, ssim: 0.9, bicubicPSNR: 38, bicubicSSIM: 0.8)
            ], checkpointHash: "ab", date: "2026-11-21", notFor: "diagnosis")
        var (model, _) = try ModelProto.read(Golden.url("undescribed-x2.onnx"))
        try model.describe(metadata)
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).onnx")
        defer { try? FileManager.default.removeItem(at: url) }
        try model.write(to: url)
        #expect(try ModelFile(contentsOf: url).metadata == metadata)
    }

    @Test("from elsewhere is described by the JSON beside it, or by the caller")
    func sidecar() throws {
        let color = try Golden.model("color-x2")
        #expect(color.metadata.name == "color-x2" && color.metadata.channels == 3)
        #expect(color.metadata.valueRange == -1...1)
        let given = ModelMetadata(name: "", scale: 2, channels: 1)
        let model = try ModelFile(contentsOf: Golden.url("undescribed-x2.onnx"), metadata: given)
        #expect(model.metadata.name == "undescribed-x2")
    }

    @Test("says what to give where it describes nothing")
    func undescribed() throws {
        let error = #expect(throws: ModelError.self) { try Golden.model("undescribed-x2") }
        let text = try #require(error).description
        #expect(text.contains("scale") && text.contains("channels") && text.contains("undescribed-x2.json"))
        #expect(!text.contains("\n"))
    }

    @Test(
        "says what is wrong with a description",
        arguments: [
            (#"{"scale": 2, "chanels": 1}"#, "chanels"), (#"{"scale": 2}"#, "channels"), (#"{"scale": 2,"#, "JSON"),
            (#"{"scale": "two", "channels": 1}"#, "scale"), (#"{"scale": 0, "channels": 1}"#, "scale"),
            (#"{"scale": 2, "channels": 2}"#, "channels"), (#"{"scale": 2, "channels": 3}"#, "channels"),
            (#"{"scale": 2, "channels": 1, "valueRange": [1, 1]}"#, "valueRange"),
            (#"{"scale": 2, "channels": 1, "valueRange": [1, 0]}"#, "valueRange"),
            (#"{"scale": 2, "channels": 1, "input": "large"}"#, "input"),
            (#"{"scale": 2, "channels": 1, "normalization": "guess"}"#, "declaredRange"),
            (#"{"scale": 2, "channels": 1, "inputTensor": "x"}"#, "x"),
            (#"{"scale": 2, "channels": 1, "outputTensor": "y"}"#, "y"),
        ])
    func badDescriptions(json: String, named: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent("net.onnx")
        try FileManager.default.copyItem(at: Golden.url("undescribed-x2.onnx"), to: url)
        try Data(json.utf8).write(to: folder.appendingPathComponent("net.json"))
        let error = #expect(throws: ModelError.self) { try ModelFile(contentsOf: url) }
        let text = try #require(error).description
        #expect(text.contains(named) && !text.contains("\n"), "\(text)")
    }

    @Test("that is missing or no ONNX says so")
    func unreadable() throws {
        let missing = #expect(throws: ModelError.self) { try Golden.model("absent") }
        #expect(try #require(missing).description.contains("no such model file"))
        let text = #expect(throws: ModelError.self) { try ModelFile(contentsOf: Golden.url("color-x2.json")) }
        #expect(try #require(text).description.contains("not an ONNX model"))
    }

    /// FIPS 180-4's examples, and the million letters of NIST's.
    @Test(
        "is hashed as sha256sum does",
        arguments: [
            ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ), ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ])
    func hash(text: String, times: Int, digest: String) {
        #expect(SHA256.hexadecimal(of: Data(String(repeating: text, count: times).utf8)) == digest)
    }
}
