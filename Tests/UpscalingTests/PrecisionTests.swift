import Imaging
import Testing
import Upscaling

@Suite("Precision")
struct PrecisionTests {
    @Test("auto takes bfloat16 where the processor computes in it, for residuals alone")
    func automatic() throws {
        func choice(_ outputs: NetworkOutput..., hasArithmetic: Bool) -> Precision {
            let models = outputs.map { ModelMetadata(name: "a", scale: 2, channels: 1, output: $0) }
            return .automatic(for: models, hasArithmetic: hasArithmetic)
        }
        #expect(choice(.residual, hasArithmetic: true) == .bfloat16)
        #expect(choice(.residual, .residual, hasArithmetic: true) == .bfloat16)
        #expect(choice(.residual, .image, hasArithmetic: true) == .float32)
        #expect(choice(.residual, hasArithmetic: false) == .float32)
    }

    @Test(
        "what a variable hides, auto does not count on",
        arguments: [
            (nil, true), ("AVX2", false), ("avx512_core", false), ("AVX512_CORE_VNNI", false),
            ("AVX512_CORE_BF16", true),
            ("ALL", true),
        ])
    func hidden(limit: String?, isLeft: Bool) {
        #expect(Processor.hasBFloat16Arithmetic(present: true, limit: limit) == isLeft)
        #expect(!Processor.hasBFloat16Arithmetic(present: false, limit: limit))
    }

    @Test("a result says what it was computed in, in words where that is not Float32", arguments: Precision.allCases)
    func statement(asked: Precision) throws {
        let upscaler = try Upscaler(models: [Golden.model("residual-x4")], precision: asked)
        let derivation = try #require(try upscaler.upscale(.noise(10, 10), scale: 4).header.derivation)
        // Below AVX-512 OpenVINO computes in Float32 whatever is asked.
        #expect(derivation.precision == asked.computed.rawValue)
        #expect(derivation.description.contains("bfloat16") == (asked.computed == .bfloat16))
    }

    @Test("numbers are sorted as the standard library sorts them", arguments: [0, 1, 2, 100, 5000])
    func sorting(count: Int) {
        var generator = SeededGenerator(seed: 1)
        var numbers = (0..<count).map { _ in Float(generator.uniform(in: -1...1)) }
        let specials: [Float] = [0, -.infinity, .greatestFiniteMagnitude, -.leastNonzeroMagnitude]
        for (index, special) in specials.enumerated() where index < count { numbers[index * (count / 4)] = special }
        let expected = numbers.sorted()
        numbers.sortNumbers()
        #expect(numbers == expected)
    }
}
