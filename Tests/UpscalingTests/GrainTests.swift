import Foundation
import Imaging
import Testing
import Upscaling

@Suite("Grain")
struct GrainTests {
    /// Soft shapes and sharp edges on a slope, 0…255: structure of every kind, and nothing that is noise.
    private func picture(_ width: Int = 160, _ height: Int = 144, slices: Int = 1) -> Image {
        let plane = (0..<width * height).map { index -> Float in
            let (x, y) = (Double(index % width), Double(index / width))
            let disc = hypot(x - 60, y - 70) < 38 ? 70.0 : 0
            let waves = 12 * sin(x / 9) * cos(y / 7)
            let bars = x > 110 && Int(y / 6) % 2 == 0 ? 50.0 : 0
            return Float((40 + x / 4 + disc + waves + bars).rounded())
        }
        let samples = (0..<slices).flatMap { _ in plane }
        return Image(
            header: ImageHeader(width: width, height: height, slices: slices, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: width, height: height, slices: slices, samples: samples))
    }

    private func noisy(_ image: Image, _ sigma: Double, width: Double = 0) -> Image {
        var image = image
        image.pixels = image.pixels.withGrain(sigma: sigma, width: width, seed: 7)
        image.pixels.samples = image.pixels.samples.map(image.header.intensity.quantized)
        return image
    }

    @Test("the cosine transform is orthonormal, and its own inverse turned round")
    func transform() {
        let samples = (0..<64).map { Float(($0 * 37) % 101) }
        let block = samples.withUnsafeBufferPointer { Block($0.baseAddress!, stride: 8) }
        func values(_ block: Block) -> [Float] {
            withUnsafeBytes(of: block.rows) { Array($0.bindMemory(to: Float.self)) }
        }
        #expect(largestDifference(values(block.transformed.restored), samples) < 1e-4)
        // The first coefficient is the sum of 64 samples over √64.
        #expect(abs(values(block.transformed)[0] - samples.reduce(0, +) / 8) < 1e-3)
        let energy = { (values: [Float]) in values.reduce(0) { $0 + Double($1 * $1) } }
        #expect(abs(energy(values(block.transformed)) / energy(samples) - 1) < 1e-5)
    }

    @Test("noise is told to within a tenth, on structure", arguments: [1.5, 3, 6])
    func estimate(sigma: Double) throws {
        let image = noisy(picture(), sigma)
        let estimate = try #require(NoiseEstimate(of: image.pixels, colors: 1))
        #expect(estimate.isEvident(inRange: 255))
        #expect(abs(estimate.fine / sigma - 1) < 0.1)
    }

    @Test("noise whose neighbours agree is told by its middle frequencies")
    func correlated() throws {
        let field = Image(
            header: picture(256, 256).header, pixels: Pixels(width: 256, height: 256, repeating: 128))
        let estimate = try #require(NoiseEstimate(of: noisy(field, 4, width: 0.6).pixels, colors: 1))
        #expect(estimate.coarse > 1.5 * estimate.fine)
        #expect(abs(estimate.width - 0.6) < 0.11)
    }

    @Test("structure is not taken for noise, nor is a picture too small to tell")
    func structure() throws {
        let estimate = try #require(NoiseEstimate(of: picture().pixels, colors: 1))
        #expect(!estimate.isEvident(inRange: 255))
        #expect(NoiseEstimate(of: noisy(picture(40, 40), 6).pixels, colors: 1) == nil)
        #expect(NoiseEstimate(of: Pixels(width: 300, height: 300, repeating: 5), colors: 1) == nil)
    }

    @Test("denoising leaves structure and takes noise away")
    func denoising() throws {
        let clean = picture()
        let image = noisy(clean, 5)
        let estimate = try #require(NoiseEstimate(of: image.pixels, colors: 1))
        func error(_ pixels: Pixels) -> Double {
            let squares = zip(pixels.samples, clean.pixels.samples).reduce(0.0) {
                $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
            }
            return (squares / Double(pixels.samples.count)).squareRoot()
        }
        #expect(error(image.pixels) > 4.8)
        #expect(error(image.pixels.denoised(estimate, colors: 1)) < 2.2)
        #expect(error(clean.pixels.denoised(NoiseEstimate(sigma: 0.01), colors: 1)) < 0.02)
    }

    @Test("an image without noise is enlarged bit for bit as if nothing were there to treat it")
    func clean() throws {
        let model = try Golden.model("residual-x4")
        let treated = try Upscaler(models: [model]).upscale(picture(), scale: 4)
        let plain = try Upscaler(models: [model], grain: GrainTreatment(noise: .none)).upscale(picture(), scale: 4)
        #expect(treated.pixels == plain.pixels)
        #expect(treated.header.derivation?.grain == nil)
    }

    @Test("grain comes out interpolated, whatever the network makes of it", arguments: [1.0, 0.5, 0.0])
    func split(kept: Double) throws {
        let model = try Golden.model("residual-x4")
        let image = noisy(picture(), 6)
        let result = try Upscaler(models: [model], grain: GrainTreatment(kept: kept)).upscale(image, scale: 4)
        let estimate = try #require(NoiseEstimate(of: image.pixels, colors: 1))
        let smooth = image.pixels.denoised(estimate, colors: 1)
        let network = try Upscaler(models: [model], grain: GrainTreatment(noise: .none))
            .upscale(Image(header: image.header, pixels: smooth), scale: 4)
        var grain = image.pixels
        for index in grain.samples.indices { grain.samples[index] -= smooth.samples[index] }
        let interpolated = grain.resized(width: 640, height: 576)
        let expected = zip(network.pixels.samples, interpolated.samples).map { $0 + Float(kept) * $1 }
        #expect(largestDifference(result.pixels.samples, expected) < 0.02)
        let record = try #require(result.header.derivation?.grain)
        #expect(record.kept == kept && abs(record.noise - 6) < 0.6)
    }

    @Test("a JPEG's traces are kept from the network and put back interpolated", arguments: [30, 50, 75])
    func traces(quality: Int) throws {
        let clean = picture()
        var options = WriteOptions()
        options.jpegQuality = quality
        let file = try Image(data: clean.data(as: .jpeg, options: options))
        var plain = file
        plain.header.quantization = nil
        let model = try Golden.model("residual-x4")
        let result = try Upscaler(models: [model]).upscale(file, scale: 4)
        let record = try #require(result.header.derivation?.grain)
        #expect(record.noise == 0 && record.jpegStep == file.header.quantization?.meanStep)
        #expect(result.header.derivation?.description.contains("grain (JPEG's steps of") == true)
        // Told nothing, the same pixels are a clean image.
        #expect(try Upscaler(models: [model]).upscale(plain, scale: 4).header.derivation?.grain == nil)

        // What the network sees is nearer to the picture than the file is: its blocks laid at all places average out.
        var estimate = NoiseEstimate(sigma: 0)
        estimate.quantization = file.header.quantization?.steps
        let smooth = file.pixels.denoised(estimate, colors: 1)
        func error(_ pixels: Pixels) -> Double {
            zip(pixels.samples, clean.pixels.samples).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        }
        #expect(error(smooth) < 0.98 * error(file.pixels))

        let network = try Upscaler(models: [model], grain: GrainTreatment(noise: .none))
            .upscale(Image(header: plain.header, pixels: smooth), scale: 4)
        var traces = file.pixels
        for index in traces.samples.indices { traces.samples[index] -= smooth.samples[index] }
        let expected = zip(network.pixels.samples, traces.resized(width: 640, height: 576).samples).map(+)
        #expect(largestDifference(result.pixels.samples, expected) < 0.02)
    }

    @Test("a JPEG whose steps are as fine as whole numbers is enlarged as any clean image")
    func fineSteps() throws {
        var options = WriteOptions()
        options.jpegQuality = 100
        let file = try Image(data: picture().data(as: .jpeg, options: options))
        #expect(file.header.quantization != nil)
        let result = try Upscaler(models: [Golden.model("residual-x4")]).upscale(file, scale: 4)
        #expect(result.header.derivation?.grain == nil)
    }

    @Test("bands of a streamed volume, of color with opacity and of scales that are made of others equal the whole")
    func streamed() throws {
        let model = try Golden.model("residual-x4")
        let volume = noisy(picture(96, 80, slices: 3), 5)
        var color = noisy(picture(96, 80, slices: 4), 5)
        color.header.colorModel = .rgba
        color.header.slices = 1
        color = Image(
            header: color.header,
            pixels: Pixels(width: 96, height: 80, channels: 4, samples: color.pixels.samples))
        for (image, scale) in [(volume, 4.0), (color, 4), (volume, 3)] {
            let small = try Upscaler(models: [model], tileLength: 40).upscale(image, scale: scale)
            let whole = try Upscaler(models: [model], threads: 1, tileLength: 4096).upscale(image, scale: scale)
            #expect(whole.header.derivation?.grain != nil)
            #expect(largestDifference(small.pixels.samples, whole.pixels.samples) < 5e-3)
        }
    }
}
