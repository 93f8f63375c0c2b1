import Foundation
import Imaging
import Testing
import Upscaling

@Suite("Diffusion upscaler")
struct DiffusionUpscalerTests {
    /// Of Tools/golden/denoisers.py.
    static func model(_ name: String) throws -> ModelFile {
        try ModelFile(
            contentsOf: Bundle.module.url(
                forResource: "denoiser-\(name)", withExtension: "onnx", subdirectory: "Golden")!)
    }

    /// 12 bits stored, filled widely enough for the declared range to count.
    static func image(width: Int, height: Int, slices: Int = 1, colorModel: ColorModel = .gray) -> Image {
        let count = width * height * slices * colorModel.channels
        let samples = (0..<count).map { Float((2000 + 1800 * sin(Double($0) * 0.21 + Double($0 / width))).rounded()) }
        return Image(
            header: ImageHeader(
                width: width, height: height, slices: slices, colorModel: colorModel,
                geometry: Geometry(spacing: PixelSpacing(column: 2, row: 2)),
                intensity: Intensity(sampleType: .uint16, bitsStored: 12)),
            pixels: Pixels(
                width: width, height: height, channels: colorModel.channels, slices: slices, samples: samples))
    }

    @Test("Samples of unit noise are the bicubic enlargement plus noise of the stated deviation")
    func knownSamples() throws {
        let upscaler = Cascade([try DiffusionUpscaler(model: Self.model("still"))])
        let image = Self.image(width: 24, height: 16)
        let drawn = try upscaler.samples(
            of: image, scale: 4, count: 6,
            options: SamplingOptions(sampler: .ancestral(variance: .posterior), steps: 400, seed: 4))
        let bicubic = image.pixels.resized(width: 96, height: 64)
        let expected = 0.05 * 4095.0
        let squares = zip(drawn.mean.pixels.samples, bicubic.samples).map { Double($0 - $1) * Double($0 - $1) }
        let error = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
        // The mean of six is off by the deviation divided by √6.
        #expect(abs(error / (expected / 6.0.squareRoot()) - 1) < 0.05)
        let variances = drawn.deviation.pixels.samples.map { Double($0) * Double($0) }
        let deviation = (variances.reduce(0, +) / Double(variances.count)).squareRoot()
        #expect(abs(deviation / expected - 1) < 0.03)
        #expect(drawn.largestDeviation == nil)
        #expect(drawn.deviation.header.intensity.sampleType == .float32)
        for image in [drawn.mean, drawn.deviation] {
            #expect(image.header.geometry.spacing == PixelSpacing(column: 0.5, row: 0.5))
        }
    }

    @Test("Mean and deviation are those of the samples")
    func statistics() throws {
        let upscaler = Cascade([try DiffusionUpscaler(model: Self.model("local"))])
        let drawn = try upscaler.samples(of: Self.image(width: 9, height: 7), scale: 4, count: 3)
        for index in [0, 17, 500] {
            let values = drawn.samples.map { Double($0.pixels.samples[index]) }
            let mean = values.reduce(0, +) / 3
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2
            #expect(abs(Double(drawn.mean.pixels.samples[index]) - mean) < 0.01)
            #expect(abs(Double(drawn.deviation.pixels.samples[index]) - variance.squareRoot()) < 0.01)
            #expect(variance > 1)
        }
    }

    @Test("A seed and a number repeat a sample; slices, numbers and seeds do not repeat each other")
    func seeds() throws {
        let upscaler = Cascade([try DiffusionUpscaler(model: Self.model("still"))])
        var volume = Self.image(width: 8, height: 8, slices: 2)
        volume.pixels.samples.replaceSubrange(64..<128, with: volume.pixels.samples[0..<64])
        func sample(_ seed: UInt64, _ number: Int) throws -> Pixels {
            try upscaler.sample(volume, scale: 4, options: SamplingOptions(steps: 4, seed: seed), number: number).pixels
        }
        let first = try sample(1, 0)
        #expect(try sample(1, 0) == first)
        #expect(try sample(1, 1) != first)
        #expect(try sample(2, 0) != first)
        #expect(first.slice(0) != first.slice(1))
    }

    @Test("Tiles leave no seams: sampled in tiles, an image is what it is sampled whole")
    func tiles() throws {
        let model = try Self.model("local")
        let image = Self.image(width: 70, height: 50)
        let options = SamplingOptions(steps: 8, seed: 3)
        func sample(tileLength: Int) throws -> Image {
            try Cascade([DiffusionUpscaler(model: model, tileLength: tileLength)])
                .sample(image, scale: 4, options: options)
        }
        let (whole, tiled) = (try sample(tileLength: 4096), try sample(tileLength: 128))
        let largest = zip(whole.pixels.samples, tiled.pixels.samples).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(largest < 0.1)
    }

    @Test("Consistent samples and their mean reduce to the image within one gray level")
    func consistent() throws {
        let upscaler = Cascade([try DiffusionUpscaler(model: Self.model("local"))])
        let image = Self.image(width: 20, height: 12)
        func drawn(_ isConsistent: Bool) throws -> DrawnSamples {
            try upscaler.samples(
                of: image, scale: 4, count: 3, options: SamplingOptions(steps: 6, isConsistent: isConsistent))
        }
        let (free, held) = (try drawn(false), try drawn(true))
        let consistency = Consistency(with: image.pixels, width: 80, height: 48)
        for sample in held.samples + [held.mean] {
            #expect(consistency.largestDeviation(of: sample.pixels) <= 1)
            #expect(sample.pixels.samples.allSatisfy { $0 == image.header.intensity.quantized($0) })
        }
        #expect(held.largestDeviation! <= 1)
        #expect(consistency.largestDeviation(of: free.mean.pixels) > 5)
    }

    @Test("Without rounding, a sampler held to the image agrees with it by itself")
    func consistentInside() throws {
        let upscaler = Cascade([try DiffusionUpscaler(model: Self.model("local"))])
        let image = Self.image(width: 20, height: 12)
        let sample = try upscaler.sample(image, scale: 4, options: SamplingOptions(steps: 6, isConsistent: true))
        #expect(Consistency(with: image.pixels, width: 80, height: 48).largestDeviation(of: sample.pixels) < 0.2)
    }

    @Test("A color image gets its luminance sampled and keeps bicubic interpolation's color differences")
    func color() throws {
        let upscaler = Cascade([try DiffusionUpscaler(model: Self.model("still"))])
        let image = Self.image(width: 10, height: 8, colorModel: .rgba)
        let sample = try upscaler.sample(image, scale: 4)
        let bicubic = image.pixels.resized(width: 40, height: 32)
        #expect(sample.pixels.channels == 4)
        for index in [0, 333, 1279] {
            let changes = (0..<4).map { sample.pixels.samples[$0 * 1280 + index] - bicubic.samples[$0 * 1280 + index] }
            #expect(abs(changes[0]) > 0 && changes[3] == 0)
            #expect(abs(changes[0] - changes[1]) < 0.01 && abs(changes[0] - changes[2]) < 0.01)
        }
    }

    @Test("Smaller scales reduce the model's result, larger ones apply it once more")
    func scales() throws {
        let upscaler = Cascade([try DiffusionUpscaler(model: Self.model("still"))])
        let image = Self.image(width: 11, height: 9)
        let half = try upscaler.sample(image, scale: 2.5)
        #expect(half.header.width == 28 && half.header.height == 23)
        #expect(try upscaler.sample(image, scale: 1).pixels == image.pixels)
        let more = try upscaler.sample(image, scale: 5.3, options: SamplingOptions(steps: 2))
        #expect(more.header.width == 59 && more.pixels.width == 59 && more.pixels.height == 48)
        #expect(throws: ModelError.self) { try upscaler.sample(image, scale: 17) }
    }

    @Test("A cascade multiplies its stages' scales")
    func cascade() throws {
        let stage = try DiffusionUpscaler(model: Self.model("local"))
        let cascade = Cascade([stage, stage])
        #expect(cascade.scale == 16)
        var progress: [Double] = []
        let result = try cascade.sample(Self.image(width: 5, height: 4), scale: 16, options: SamplingOptions(steps: 3))
        {
            progress.append($0)
        }
        #expect(result.header.width == 80 && result.header.height == 64)
        #expect(result.header.geometry.spacing == PixelSpacing(column: 0.125, row: 0.125))
        #expect(progress.count == 6 && zip(progress, progress.dropFirst()).allSatisfy { $0 < $1 })
        #expect(abs(progress.last! - 1) < 1e-9)
    }

    @Test("A diffusion model is no network of one run, and a network of one run no diffusion model")
    func kinds() throws {
        #expect(throws: ModelError.self) { try Upscaler(models: [Self.model("still")]) }
        let url = Bundle.module.url(forResource: "gray-x2", withExtension: "onnx", subdirectory: "Golden")!
        #expect(throws: ModelError.self) { try DiffusionUpscaler(model: ModelFile(contentsOf: url)) }
    }

    @Test("The description of a diffusion model survives JSON")
    func description() throws {
        let description = DiffusionDescription(
            process: DiffusionProcess(
                schedule: .cosine(steps: 9), target: .velocity, subject: .residual(deviation: 0.1)),
            levelFeatures: 32, averageDecay: 0.99)
        let json = try JSONEncoder().encode(description)
        #expect(try JSONDecoder().decode(DiffusionDescription.self, from: json) == description)
        #expect(try Self.model("still").metadata.diffusion?.process.target == .velocity)
    }
}
