import Imaging
import Testing
import Upscaling

/// A network's second output, which says where it is to be doubted: here the pixel less the mean of its neighbours.
struct SelfDoubtTests {
    private static func method(tileLength: Int = 384, color: ColorTreatment = .luminance) throws -> Upscaling.Method {
        .networks(
            try Upscaler(
                models: [try Golden.model("doubting-x2")], threads: 1, tileLength: tileLength, colorTreatment: color,
                grain: GrainTreatment(noise: .none)))
    }

    private static func correction(of image: Image, by method: Upscaling.Method, scale: Double = 2) throws -> Pixels {
        let made = try method.upscaleDoubting(image, scale: scale)
        guard case .correction(let map)? = made.doubt else { throw Failure() }
        return map
    }

    private struct Failure: Error {}

    /// The convolution by hand, zeros around the image.
    private static func expected(_ plane: Pixels) -> [Float] {
        func value(_ row: Int, _ column: Int) -> Float {
            guard (0..<plane.height).contains(row), (0..<plane.width).contains(column) else { return 0 }
            return plane.samples[row * plane.width + column] / 255
        }
        return (0..<plane.height).flatMap { row in
            (0..<plane.width).map { column in
                var sum: Float = 0
                for y in -1...1 { for x in -1...1 { sum += value(row + y, column + x) } }
                return value(row, column) - (sum - value(row, column)) / 8
            }
        }
    }

    @Test func `comes with the result that would be without it, from one pass`() throws {
        let image = Image.noise(70, 50)
        let method = try Self.method()
        #expect(method.corrects(scale: 2) && method.corrects(scale: 1.5) && !method.corrects(scale: 4))
        let made = try method.upscaleDoubting(image, scale: 2)
        #expect(made.image.pixels == (try method.upscale(image, scale: 2)).pixels)
        let map = try Self.correction(of: image, by: method)
        #expect((map.width, map.height) == (70, 50))
        #expect(zip(map.samples, Self.expected(image.pixels)).allSatisfy { abs($0 - $1) < 1e-5 })
        // A result that is reduced afterwards was made by the same pass.
        #expect(try Self.correction(of: image, by: method, scale: 1.5) == map)
    }

    @Test func `is the same in tiles, slice by slice, and made consistent`() throws {
        let volume = Image.noise(70, 50, slices: 3)
        let whole = try Self.correction(of: volume, by: try Self.method())
        for slice in 0..<3 {
            let own = Self.expected(volume.pixels.slice(slice))
            #expect(zip(whole.slice(slice).samples, own).allSatisfy { abs($0 - $1) < 1e-5 })
        }
        let tiles = try Self.correction(of: volume, by: try Self.method(tileLength: 16))
        #expect(zip(whole.samples, tiles.samples).allSatisfy { abs($0 - $1) < 1e-6 })
        let made = try Self.method().upscaleDoubting(volume, scale: 2, isConsistent: true)
        guard case .correction(let map)? = made.doubt else { throw Failure() }
        #expect(map == whole)
        #expect(made.image.pixels == (try Self.method().upscaleConsistently(volume, scale: 2)).image.pixels)
        #expect(made.largestDeviation != nil)
    }

    @Test
    func `comes with a result that is told band by band as it is made, unless something is done to it afterwards`()
        throws
    {
        let volume = Image.noise(70, 50, slices: 3)
        let plain = Upscaling.Method.networks(try Upscaler(models: [try Golden.model("gray-x2")]))
        for method in [try Self.method(tileLength: 16), plain] {
            var told: [Float] = []
            let made = try method.upscaleDoubting(volume, scale: 2, telling: { told += $0.samples })
            #expect(told == made.image.pixels.samples)
        }
        var bands = 0
        _ = try Self.method().upscaleDoubting(volume, scale: 2, isConsistent: true, telling: { _ in bands += 1 })
        #expect(bands == 0)
    }

    @Test func `is the mean of what is said of colours that are enlarged each by itself`() throws {
        let image = Image.noise(70, 50, .rgb)
        let map = try Self.correction(of: image, by: try Self.method(color: .perChannel))
        let planes = (0..<3).map { Self.expected(image.pixels.plane(channel: $0)) }
        for index in map.samples.indices {
            #expect(abs(map.samples[index] - (planes[0][index] + planes[1][index] + planes[2][index]) / 3) < 1e-5)
        }
    }

    @Test func `is not there of a network that says nothing, nor where nothing is enlarged by it`() throws {
        let plain = Upscaling.Method.networks(try Upscaler(models: [try Golden.model("gray-x2")], threads: 1))
        #expect(!plain.corrects(scale: 2))
        #expect(try plain.upscaleDoubting(Image.noise(70, 50), scale: 2).doubt == nil)
        #expect(try Self.method().upscaleDoubting(Image.noise(70, 50), scale: 4).doubt == nil)
        #expect(try Upscaling.Method.bicubic.upscaleDoubting(Image.noise(70, 50), scale: 2).doubt == nil)
    }

    @Test func `is refused of a file that promises it and has no such output`() throws {
        var metadata = try Golden.model("gray-x2").metadata
        metadata.doubts = true
        let error = #expect(throws: ModelError.self) {
            try ModelFile(contentsOf: Golden.url("gray-x2.onnx"), metadata: metadata)
        }
        #expect(error?.description.contains("no output named doubt") == true)
    }
}
