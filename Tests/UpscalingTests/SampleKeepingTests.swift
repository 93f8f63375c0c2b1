import Imaging
import Testing
import Upscaling

@Suite("No method sees what is no intensity")
struct SampleKeepingTests {
    private final class Collector: ImageSink {
        var samples: [Float] = []
        func append(_ band: Pixels) { samples += band.samples }
        func finish() {}
    }

    private static func methods() throws -> [Method] {
        [
            .bicubic, .interpolation(.lanczos3),
            .networks(try Upscaler(models: [Golden.model("gray-x2")], tileLength: 16)),
            .networks(try Upscaler(models: [Golden.model("residual-x4")])),
        ]
    }

    /// A picture of even tissue with a rim of `missing`, two slices of which the second has less of it.
    private static func padded(_ missing: Float, _ intensity: Intensity, padding: ClosedRange<Float>?) -> Image {
        var image = Image.noise(23, 19, slices: 2, intensity: intensity, in: 900...1100)
        for index in image.pixels.samples.indices {
            let (row, column) = (index / 23 % 19, index % 23)
            if column < 5 || row > 15 && index < 23 * 19 { image.pixels.samples[index] = missing }
        }
        image.header.padding = padding
        return image
    }

    private static let kinds: [(Float, Intensity, ClosedRange<Float>?)] = [
        (-2000, Intensity(sampleType: .int16), -2000 ... -2000),
        (4095, Intensity(sampleType: .uint16, bitsStored: 12, polarity: .brightIsLow), 4000...4095),
        (.nan, Intensity(sampleType: .float32), nil),
    ]

    private static func isSame(_ left: Float, _ right: Float) -> Bool { left == right || left.isNaN && right.isNaN }

    @Test("samples without data stay in their places and bleed nowhere", arguments: kinds.indices, [1.5, 2, 4])
    func keeps(kind: Int, scale: Double) throws {
        let (missing, intensity, padding) = Self.kinds[kind]
        let image = Self.padded(missing, intensity, padding: padding)
        for method in try Self.methods() {
            let result = try method.upscale(image, scale: scale)
            let (width, height) = (result.pixels.width, result.pixels.height)
            for index in result.pixels.samples.indices {
                let (slice, place) = index.quotientAndRemainder(dividingBy: width * height)
                let column = Int((Double(place % width) + 0.5) * 23 / Double(width))
                let row = Int((Double(place / width) + 0.5) * 19 / Double(height))
                let source = image.pixels.samples[(slice * 19 + row) * 23 + column]
                let sample = result.pixels.samples[index]
                if Self.isSame(source, missing) {
                    #expect(Self.isSame(sample, missing))
                } else {
                    #expect((300...1700).contains(sample), "\(method.name)")
                }
            }
            #expect(result.header.padding == padding)
            let sink = Collector()
            try method.upscale(image, scale: scale, to: sink)
            #expect(zip(sink.samples, result.pixels.samples).allSatisfy(Self.isSame))
        }
    }

    @Test("what stands in for no data changes nothing of the picture", arguments: ["gray-x2", "residual-x4"])
    func independent(name: String) throws {
        let intensity = Intensity(sampleType: .int16)
        let upscaler = try Upscaler(models: [Golden.model(name)])
        let results = try [Float(-2000), -32768].map {
            try upscaler.upscale(Self.padded($0, intensity, padding: $0...$0), scale: 2).pixels.samples.filter {
                $0 > -1999
            }
        }
        #expect(results[0] == results[1])
    }

    @Test("images whose samples all hold data are not touched, whatever their padding is said to be")
    func untouched() throws {
        let image = Image.noise(23, 19, slices: 2, intensity: Intensity(sampleType: .int16), in: 900...1100)
        var stated = image
        stated.header.padding = -2000 ... -2000
        for method in try Self.methods() {
            #expect(try method.upscale(image, scale: 2).pixels == method.upscale(stated, scale: 2).pixels)
        }
    }

    @Test("made consistent, a picture agrees where it holds data")
    func consistent() throws {
        for (missing, intensity, padding) in Self.kinds {
            let image = Self.padded(missing, intensity, padding: padding)
            for method in try Self.methods() {
                let result = try method.upscaleConsistently(image, scale: 2)
                #expect(result.largestDeviation < 60)
                #expect(result.image.noData?.count == 4 * image.noData!.count)
                #expect(result.image.header.derivation!.description.hasSuffix("when reduced again"))
            }
        }
    }

    @Test("nothing computed becomes padding by rounding or clamping")
    func apart() throws {
        // Tissue of 1 beside bright tissue: filters undershoot, and integers would clamp to the padding 0.
        var image = Image.noise(24, 24, intensity: Intensity(sampleType: .uint8))
        for index in image.pixels.samples.indices {
            image.pixels.samples[index] = index % 24 < 4 ? 0 : index % 24 < 12 ? 1 : 255
        }
        image.header.padding = 0...0
        for method in try Self.methods() {
            let result = try method.upscale(image, scale: 2).pixels
            for index in result.samples.indices {
                let stored = image.header.intensity.quantized(result.samples[index])
                #expect((stored == 0) == (index % 48 < 8))
            }
        }
    }

    @Test("a picture without any data, and one with a single sample, go through", arguments: [false, true])
    func empty(single: Bool) throws {
        var image = Image.noise(20, 20, intensity: Intensity(sampleType: .int16)).mapped { _ in -2000 }
        image.header.padding = -2000 ... -2000
        if single { image.pixels.samples[210] = 55 }
        for method in try Self.methods() {
            let result = try method.upscale(image, scale: 2).pixels.samples.filter { $0 != -2000 }
            #expect(result.count == (single ? 4 : 0) && result.allSatisfy { abs($0 - 55) < 2 })
            _ = try method.upscaleConsistently(image, scale: 2)
        }
    }

    @Test("codes are repeated by every method, exactly, and the result says so", arguments: [2, 2.5, 4])
    func codes(scale: Double) throws {
        let labels: [Float] = [0, 2, 17, 53, 5 * 16_777_216]
        var image = Image.noise(13, 11, slices: 2, intensity: Intensity(sampleType: .uint32), in: 0...4.9)
        image.pixels.samples = image.pixels.samples.map { labels[min(Int($0), 4)] }
        image.header.meaning = .codes(statement: "a test")
        let nearest = image.pixels.resized(
            width: Int((13 * scale).rounded(.up)), height: Int((11 * scale).rounded(.up)), interpolation: .nearest)
        for method in try Self.methods() {
            let result = try method.upscale(image, scale: scale)
            #expect(result.pixels == nearest)
            #expect(result.header.derivation?.model == "nearest" && result.header.derivation?.modelHash == nil)
            #expect(result.header.derivation!.description.contains("a test"))
            let consistent = try method.upscaleConsistently(image, scale: scale)
            #expect(consistent.image.pixels == nearest && consistent.largestDeviation == 0)
            let sink = Collector()
            try method.upscale(image, scale: scale, to: sink)
            #expect(sink.samples == nearest.samples)
        }
    }
}
