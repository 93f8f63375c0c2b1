import Foundation
import ONNX
import Testing
import Upscaling

@Suite("The OpenVINO engine")
struct EngineTests {
    @Test("gives what PyTorch gives", arguments: [("gray-x2", 2), ("residual-x4", 4)])
    func parity(name: String, scale: Int) throws {
        let engine = try OpenVINOEngine(contentsOf: Golden.url("\(name).onnx"))
        let image = EngineTensor(shape: [1, 1, 13, 17], values: try Golden.floats("\(name)-input"))
        let result = try engine.run(["image": image], output: "result")
        #expect(result.shape == [1, 1, 13 * scale, 17 * scale])
        #expect(largestDifference(result.values, try Golden.floats("\(name)-output")) < 1e-5)
    }

    @Test("takes several inputs by name, and batches")
    func inputs() throws {
        let engine = try OpenVINOEngine(contentsOf: Golden.url("two-inputs.onnx"))
        let image = EngineTensor(shape: [2, 2, 6, 7], values: try Golden.floats("two-inputs-image"))
        let level = EngineTensor(shape: [2], values: try Golden.floats("two-inputs-level"))
        let result = try engine.run(["image": image, "level": level], output: "result")
        #expect(result.shape == [2, 1, 6, 7])
        #expect(largestDifference(result.values, try Golden.floats("two-inputs-output")) < 1e-5)
    }

    @Test("comes near it in bfloat16")
    func bfloat16() throws {
        let engine = try OpenVINOEngine(contentsOf: Golden.url("gray-x2.onnx"), precision: .bfloat16)
        let image = EngineTensor(shape: [1, 1, 13, 17], values: try Golden.floats("gray-x2-input"))
        let result = try engine.run(["image": image], output: "result")
        #expect(largestDifference(result.values, try Golden.floats("gray-x2-output")) < 0.02)
    }

    @Test("gives the same from several threads at once")
    func threads() async throws {
        let engine = try OpenVINOEngine(contentsOf: Golden.url("gray-x2.onnx"))
        let values = try Golden.floats("gray-x2-input")
        let expected = try Golden.floats("gray-x2-output")
        try await withThrowingTaskGroup(of: Float.self) { group in
            for index in 0..<24 {
                group.addTask {
                    // Other shapes in between make the engine compile while it runs.
                    let side = 8 + index % 8
                    let other = EngineTensor(
                        shape: [1, 1, side, side], values: [Float](repeating: 0, count: side * side))
                    _ = try engine.run(["image": other], output: "result")
                    let image = EngineTensor(shape: [1, 1, 13, 17], values: values)
                    return largestDifference(try engine.run(["image": image], output: "result").values, expected)
                }
            }
            for try await difference in group { #expect(difference < 1e-5) }
        }
    }

    @Test("asks for no more than SSE4.1, and says what an older processor lacks")
    func oldProcessor() throws {
        typealias Instructions = Processor.Instructions
        for present in [Instructions.sse41, .avx, .avx2, .avx512] {
            #expect(Processor.obstacle(to: ["InstanceNormalization"], present: present, limit: nil) == nil)
        }
        let reason = try #require(Processor.obstacle(to: ["Conv"], present: .none, limit: nil))
        #expect(reason.contains("lacks SSE4.1"))
    }

    @Test(
        "refuses to normalise where a variable hides instructions that the processor has",
        arguments: [("SSE41", true), ("avx2", true), ("AVX512_CORE", false), ("ALL", false)])
    func hiddenInstructions(limit: String, hides: Bool) {
        func obstacle(_ operators: Set<String>, on present: Processor.Instructions) -> String? {
            Processor.obstacle(to: operators, present: present, limit: limit)
        }
        let mixed = obstacle(["Conv", "InstanceNormalization"], on: .avx512)
        #expect((mixed != nil) == hides)
        if hides { #expect(mixed!.contains("ONEDNN_MAX_CPU_ISA=\(limit)") && mixed!.contains("InstanceNormalization")) }
        #expect((obstacle(["Conv", "ReduceMean"], on: .avx512) != nil) == (limit == "SSE41"))
        #expect(obstacle(["Conv", "BatchNormalization"], on: .avx512) == nil)
        #expect(obstacle(["InstanceNormalization"], on: .sse41) == nil)
    }

    @Test("says in one line what it cannot read or run")
    func errors() throws {
        let broken = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).onnx")
        var (model, _) = try ModelProto.read(Golden.url("gray-x2.onnx"))
        model.graph.node[0].opType = "Nonsense"
        try model.write(to: broken)
        defer { try? FileManager.default.removeItem(at: broken) }
        let engine = try OpenVINOEngine(contentsOf: Golden.url("gray-x2.onnx"))
        let channels = EngineTensor(shape: [1, 2, 4, 4], values: [Float](repeating: 0, count: 32))
        let errors: [ModelError?] = [
            #expect(throws: ModelError.self) { try OpenVINOEngine(contentsOf: broken) },
            #expect(throws: ModelError.self) { try engine.run(["image": channels], output: "result") },
            #expect(throws: ModelError.self) { try engine.run(["picture": channels], output: "result") },
        ]
        for error in errors {
            let text = try #require(error).description
            #expect(!text.contains("\n") && !text.contains("Exception from") && text.contains("OpenVINO"), "\(text)")
        }
        // A failed request leaves the engine as it was.
        let image = EngineTensor(shape: [1, 1, 13, 17], values: try Golden.floats("gray-x2-input"))
        #expect(try engine.run(["image": image], output: "result").shape == [1, 1, 26, 34])
    }
}
