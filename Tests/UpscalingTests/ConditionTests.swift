import Foundation
import Imaging
import ONNX
import Synchronization
import Testing
import Upscaling

/// What a network that learned conditions is told.
@Suite("Conditions")
struct ConditionTests {
    /// Gives no residual and remembers what it was told.
    private final class Listener: Engine {
        let concurrency = 1
        let told = Mutex<[[Float]]>([])

        func request(shapes: [String: [Int]]) throws(ModelError) -> any InferenceRequest {
            Request(self, shapes)
        }

        private final class Request: InferenceRequest {
            private let listener: Listener
            private let shapes: [String: [Int]]

            init(_ listener: Listener, _ shapes: [String: [Int]]) {
                self.listener = listener
                self.shapes = shapes
            }

            func withInput(_ name: String, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) throws(ModelError) {
                var values = [Float](repeating: -1, count: shapes[name]!.reduce(1, *))
                values.withUnsafeMutableBufferPointer { fill($0) }
                if name == ModelMetadata.conditionsTensor { listener.told.withLock { $0.append(values) } }
            }

            func run() throws(ModelError) {}

            func withOutput(
                _ name: String, _ read: ([Int], UnsafeBufferPointer<Float>) throws(ModelError) -> Void
            ) throws(ModelError) {
                let input = shapes["input"]!
                let shape = [1, 1, 2 * input[2], 2 * input[3]]
                let zeros = [Float](repeating: 0, count: shape.reduce(1, *))
                let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: zeros.count)
                defer { buffer.deallocate() }
                _ = buffer.update(fromContentsOf: zeros)
                try read(shape, UnsafeBufferPointer(buffer))
            }
        }
    }

    /// Two fields, dark and bright, of noise, of `levels` levels.
    private func field(_ sigma: Double, levels: Float = 255, colors: ColorModel = .gray) -> Image {
        let type: SampleType = levels > 255 ? .uint16 : .uint8
        var pixels = Pixels(width: 128, height: 128, channels: colors.channels)
        for index in pixels.samples.indices { pixels.samples[index] = levels * (index % 128 < 64 ? 0.3 : 0.7) }
        pixels = pixels.withGaussianNoise(sigma: sigma * Double(levels) / 255, seed: 5)
        let intensity = Intensity(sampleType: type)
        pixels.samples = pixels.samples.map(intensity.quantized)
        return Image(
            header: ImageHeader(width: 128, height: 128, colorModel: colors, intensity: intensity), pixels: pixels)
    }

    private func told(_ image: Image, noise: GrainTreatment.Noise = .automatic, blur: Double = 0) throws -> [Float] {
        let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).onnx")
        defer { try? FileManager.default.removeItem(at: url) }
        try model().write(to: url)
        let listener = Listener()
        let upscaler = Upscaler(
            model: try ModelFile(contentsOf: url), engine: listener, tileLength: 64,
            grain: GrainTreatment(noise: noise), blur: blur)
        let result = try upscaler.upscale(image, scale: 2)
        #expect(result.header.width == 2 * image.header.width)
        let all = listener.told.withLock { $0 }
        #expect(Set(all).count == 1, "every tile is told the same")
        return try #require(all.first)
    }

    /// A file that says what it is told; what it computes is the engine's affair.
    private func model() throws -> ModelProto {
        var model = ModelProto()
        model.graph.input = ["input", ModelMetadata.conditionsTensor].map { name in
            var value = ValueInfoProto()
            value.name = name
            return value
        }
        var output = ValueInfoProto()
        output.name = "output"
        model.graph.output = [output]
        var node = NodeProto()
        node.opType = "Identity"
        (node.input, node.output) = (["input"], ["output"])
        model.graph.node = [node]
        try model.describe(
            ModelMetadata(
                name: "told-x2", scale: 2, channels: 1, output: .residual, receptiveField: 4, inputTensor: "input",
                conditions: [
                    LearnedCondition(.blur, upTo: 2), LearnedCondition(.fineNoise, upTo: 12),
                    LearnedCondition(.coarseNoise, upTo: 24),
                ], noise: 0...12))
        return model
    }

    @Test("The noise that a network is told is the image's, in 255ths of its range", arguments: [Float(255), 65535])
    func noise(levels: Float) throws {
        let told = try told(field(6, levels: levels))
        #expect(told[0] == 0)
        #expect(abs(told[1] * 12 - 6) < 0.5 && abs(told[2] * 24 - 6) < 0.7)
    }

    @Test("Of a small image the noise is told, though too little is seen of it to take it apart")
    func smallImage() throws {
        let large = field(6, levels: 255)
        let pixels = large.pixels.cropped(columns: 32..<96, rows: 0..<64)
        let small = Image(header: large.header.resized(width: 64, height: 64), pixels: pixels)
        let told = try told(small)
        #expect(abs(told[1] * 12 - 6) < 0.8 && abs(told[2] * 24 - 6) < 1)
        let result = try Upscaler(models: [Golden.model("residual-x4")]).upscale(small, scale: 4)
        #expect(result.header.derivation?.grain == nil)
    }

    @Test("Of a color image that a gray network sees the luminance of, the noise told is the luminance's")
    func color() throws {
        // Independent noise of σ in red, green and blue is √(0.299² + 0.587² + 0.114²) σ in luma.
        let told = try told(field(9, colors: .rgb))
        #expect(abs(told[1] * 12 - 9 * 0.6686) < 0.5)
    }

    @Test("What a person says of noise and blur is told, and none is zero")
    func stated() throws {
        #expect(try told(field(6), noise: .known(sigma: 3), blur: 0.5) == [0.25, 0.25, 0.125])
        #expect(try told(field(6), noise: .none) == [0, 0, 0])
    }

    @Test("Beyond what a network learned it is told the most that it did, and the result says so")
    func beyond() throws {
        let image = field(20)
        #expect(try told(image, blur: 9)[0...1] == [1, 1])
        let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).onnx")
        defer { try? FileManager.default.removeItem(at: url) }
        try model().write(to: url)
        let file = try ModelFile(contentsOf: url)
        func clauses(_ image: Image, blur: Double) throws -> [String] {
            let upscaler = Upscaler(model: file, engine: Listener(), blur: blur)
            return try upscaler.header(for: image, scale: 2).derivation?.beyondTraining ?? []
        }
        let said = try clauses(image, blur: 9)
        #expect(said.count == 2)
        #expect(said[0].hasPrefix("its noise, ") && said[0].hasSuffix("is more than the 12 that told-x2 learned from"))
        #expect(said[1] == "its blur of 9 pixels is more than the 2 that told-x2 learned to undo")
        #expect(try clauses(field(3), blur: 1) == [])
    }
}
