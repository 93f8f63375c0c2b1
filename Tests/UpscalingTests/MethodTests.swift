import Imaging
import Testing
import Upscaling

@Suite("A method")
struct MethodTests {
    private static func methods() throws -> [Method] {
        [
            .bicubic, .interpolation(.nearest), .networks(try Upscaler(models: [Golden.model("gray-x2")])),
            .networks(try Upscaler(models: [Golden.model("residual-x4")])),
        ]
    }

    @Test("called bicubic is MATLAB's imresize, whole and in bands")
    func bicubic() throws {
        final class Collector: ImageSink {
            var samples: [Float] = []
            func append(_ band: Pixels) { samples += band.samples }
            func finish() {}
        }
        let image = Image.noise(21, 34, slices: 2)
        let result = try Method.bicubic.upscale(image, scale: 2.5)
        #expect(result.pixels == image.pixels.resized(width: 53, height: 85))
        #expect(result.header.derivation?.model == "bicubic" && result.header.derivation?.modelHash == nil)
        let sink = Collector()
        try Method.bicubic.upscale(image, scale: 2.5, to: sink)
        #expect(sink.samples == result.pixels.samples)
    }

    @Test("at scale 1 changes nothing")
    func identity() throws {
        let image = Image.noise(5, 4, .rgb)
        for method in try Self.methods() {
            let same = try method.upscale(image, scale: 1)
            #expect(same.pixels == image.pixels)
            let consistent = try method.upscaleConsistently(image, scale: 1)
            #expect(consistent.image.pixels == image.pixels && consistent.largestDeviation == 0)
        }
    }

    @Test(
        "made consistent agrees with its source within one gray level when reduced again",
        arguments: [
            (Intensity(sampleType: .uint8), Float(0)...255),
            (Intensity(sampleType: .uint16, bitsStored: 12), 0...4095),
            (Intensity(sampleType: .int16), -1000...2000), (Intensity(sampleType: .float32), -0.5...0.75),
        ])
    func consistent(intensity: Intensity, range: ClosedRange<Float>) throws {
        // A reduced picture of ramps and edges up to the ends of the range.
        var image = Image.noise(25, 19, .rgb, slices: 2, intensity: intensity, in: range)
        var large = Pixels(width: 100, height: 76, channels: 3, slices: 2)
        for index in large.samples.indices {
            let (row, column) = (index / 100 % 76, index % 100)
            let ramp = Float((row * 3 + column * 2) % 160) / 159
            large.samples[index] = range.lowerBound + (range.upperBound - range.lowerBound) * ramp
        }
        image.pixels.samples = large.resized(width: 25, height: 19).samples.map {
            intensity.quantized(min(max($0, range.lowerBound), range.upperBound))
        }
        for method in try Self.methods() {
            let (result, deviation) = try method.upscaleConsistently(image, scale: 4)
            #expect(deviation <= 1, "\(method.name)")
            let reduced = result.pixels.resized(width: 25, height: 19)
            let level = intensity.sampleType.isFloatingPoint ? 1.25 / 65535 : 1 as Float
            #expect(largestDifference(reduced.samples, image.pixels.samples) <= level * 1.01)
            #expect(result.pixels.samples.allSatisfy { intensity.quantized($0) == $0 })
        }
    }
}
