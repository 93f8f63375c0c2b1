import Foundation
import Imaging
import Testing
import Upscaling

@Suite("Upscaling by a network")
struct UpscalerTests {
    private func upscaler(_ names: String..., tileLength: Int = 256) throws -> Upscaler {
        try Upscaler(
            models: try names.map(Golden.model), tileLength: tileLength, grain: GrainTreatment(noise: .none))
    }

    /// One thread alone does not share an image out, so that the network sees the whole of it.
    private func undivided(_ model: ModelFile) throws -> Upscaler {
        try Upscaler(models: [model], threads: 1, tileLength: 4096, grain: GrainTreatment(noise: .none))
    }

    private func image(_ name: String, _ colorModel: ColorModel = .gray) throws -> Image {
        Image(
            header: ImageHeader(
                width: 24, height: 20, colorModel: colorModel, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: 24, height: 20, channels: colorModel.channels, samples: try Golden.floats(name)))
    }

    // MARK: References

    @Test("equals PyTorch from stored image to stored image")
    func golden() throws {
        let gray = try upscaler("gray-x2").upscale(image("image-8bit"), scale: 2)
        #expect(gray.pixels.width == 48 && gray.pixels.height == 40)
        #expect(largestDifference(gray.pixels.samples, try Golden.floats("image-8bit-gray-x2")) < 2e-3)
        let color = try upscaler("color-x2").upscale(image("image-rgb", .rgb), scale: 2)
        #expect(largestDifference(color.pixels.samples, try Golden.floats("image-rgb-color-x2")) < 2e-3)
    }

    /// PyTorch repeats edge pixels otherwise than imresize does; away from the edges both are the same filter.
    @Test("adds a residual to bicubic interpolation", arguments: [("residual-x4", 4), ("vdsr-x2", 2)])
    func residual(name: String, scale: Int) throws {
        let result = try upscaler(name).upscale(image("image-8bit"), scale: Double(scale)).pixels
        let expected = Pixels(
            width: 24 * scale, height: 20 * scale, samples: try Golden.floats("image-8bit-\(name)"))
        let inner = { (pixels: Pixels) in
            pixels.cropped(
                columns: 6 * scale..<pixels.width - 6 * scale, rows: 6 * scale..<pixels.height - 6 * scale)
        }
        #expect(largestDifference(inner(result).samples, inner(expected).samples) < 2e-3)
    }

    // MARK: Tiles

    @Test(
        "in tiles equals the whole image",
        arguments: ["gray-x2", "residual-x4", "vdsr-x2", "color-x2"], [(131, 77), (64, 200), (45, 46)])
    func tiles(name: String, size: (Int, Int)) throws {
        for colorModel in [ColorModel.gray, .rgba] {
            let image = Image.noise(size.0, size.1, colorModel)
            let scale = Double(try Golden.model(name).metadata.scale)
            let whole = try undivided(Golden.model(name)).upscale(image, scale: scale)
            for tileLength in [40, 57] {
                let tiled = try upscaler(name, tileLength: tileLength).upscale(image, scale: scale)
                // One grey level of 16 bits over this range is 0.004.
                #expect(largestDifference(tiled.pixels.samples, whole.pixels.samples) < 5e-4)
            }
        }
    }

    @Test("in tiles has seams where the receptive field is said to be less than it is")
    func seams() throws {
        var metadata = try Golden.model("gray-x2").metadata
        metadata.receptiveField = 2
        let model = try ModelFile(contentsOf: Golden.url("gray-x2.onnx"), metadata: metadata)
        let image = Image.noise(131, 77)
        let whole = try undivided(model).upscale(image, scale: 2)
        let tiled = try Upscaler(models: [model], tileLength: 40, grain: GrainTreatment(noise: .none)).upscale(
            image, scale: 2)
        #expect(largestDifference(tiled.pixels.samples, whole.pixels.samples) > 0.01)
    }

    @Test("blends tiles where the receptive field is unknown", arguments: [false, true])
    func blending(color: Bool) throws {
        var metadata = try Golden.model("gray-x2").metadata
        metadata.receptiveField = nil
        let model = try ModelFile(contentsOf: Golden.url("gray-x2.onnx"), metadata: metadata)
        let image = Image.noise(300, 333, color ? .rgba : .gray)
        let whole = try undivided(model).upscale(image, scale: 2)
        let tiled = try Upscaler(models: [model], tileLength: 100, grain: GrainTreatment(noise: .none)).upscale(
            image, scale: 2)
        #expect(largestDifference(tiled.pixels.samples, whole.pixels.samples) < 1e-3)
    }

    @Test("pads to what the network takes, and cuts the padding off")
    func multiples() throws {
        let image = Image.noise(13, 30)
        let result = try upscaler("window-x2").upscale(image, scale: 2)
        #expect(result.pixels.width == 26 && result.pixels.height == 60)
        // The first window lies wholly in the image: each pixel plus a tenth of the window's mean.
        let window = image.pixels.cropped(columns: 0..<8, rows: 0..<8).samples
        let mean = window.reduce(0, +) / 64
        #expect(abs(result.pixels.samples[0] - (window[0] + mean / 10)) < 1e-2)
    }

    @Test("uses a network of one fixed size on any image")
    func fixedSize() throws {
        for (width, height) in [(9, 5), (32, 32), (70, 33)] {
            let image = Image.noise(width, height)
            let free = try upscaler("gray-x2").upscale(image, scale: 2).pixels
            let fixed = try upscaler("fixed-x2").upscale(image, scale: 2).pixels
            #expect(fixed.width == 2 * width && fixed.height == 2 * height)
            // Away from the right and lower edges, where the smaller image is reflected instead of padded.
            let inner = { (pixels: Pixels) in
                pixels.cropped(columns: 0..<max(1, pixels.width - 8), rows: 0..<max(1, pixels.height - 8))
            }
            #expect(largestDifference(inner(fixed).samples, inner(free).samples) < 5e-4)
        }
    }

    // MARK: Sizes and scales

    @Test("takes every size from one pixel on", arguments: [(1, 1), (1, 7), (5, 1), (17, 23)])
    func sizes(size: (Int, Int)) throws {
        for name in ["gray-x2", "vdsr-x2", "residual-x4"] {
            let scale = try Golden.model(name).metadata.scale
            let result = try upscaler(name).upscale(.noise(size.0, size.1), scale: Double(scale))
            #expect(result.header.width == size.0 * scale && result.pixels.height == size.1 * scale)
            #expect(result.pixels.samples.allSatisfy { $0.isFinite })
        }
    }

    @Test("at scale 1 is the image itself, bit for bit")
    func identity() throws {
        let image = Image.noise(9, 8, .rgba, slices: 3)
        let result = try upscaler("color-x2").upscale(image, scale: 1)
        #expect(result.pixels == image.pixels)
        #expect(result.header.geometry == image.header.geometry && result.header.derivation == nil)
    }

    @Test("reaches a scale through the networks there are")
    func scales() throws {
        let image = Image.noise(11, 10)
        let both = try upscaler("gray-x2", "residual-x4")
        let eight = try both.upscale(image, scale: 8)
        let four = try upscaler("residual-x4").upscale(image, scale: 4)
        let steps = try upscaler("gray-x2").upscale(
            Image(header: image.header.resized(width: 44, height: 40), pixels: four.pixels), scale: 2)
        #expect(largestDifference(eight.pixels.samples, steps.pixels.samples) < 1e-3)
        #expect(eight.header.derivation?.model == "residual-x4 + gray-x2")

        let three = try both.upscale(image, scale: 3)
        #expect(three.pixels == four.pixels.resized(width: 33, height: 30))
        #expect(three.header.geometry.spacing == PixelSpacing(column: 0.5 / 3, row: 0.25 / 3))

        // Reduced band by band as whole.
        let bands = try upscaler("gray-x2", "residual-x4", tileLength: 40).upscale(.noise(90, 131, .rgb), scale: 2.7)
        let whole = try both.upscale(.noise(90, 131, .rgb), scale: 4).pixels.resized(
            width: bands.pixels.width, height: bands.pixels.height)
        #expect(largestDifference(bands.pixels.samples, whole.samples) < 5e-4)

        let oneAndHalf = try both.upscale(image, scale: 1.5)
        #expect(oneAndHalf.pixels.width == 17 && oneAndHalf.pixels.height == 15)
        #expect(oneAndHalf.header.derivation?.model == "gray-x2")
    }

    @Test("refuses a scale that is none", arguments: [0, 0.5, -2, 17, .infinity, .nan])
    func badScales(scale: Double) throws {
        let upscaler = try upscaler("gray-x2")
        #expect(throws: ModelError.self) { try upscaler.upscale(.noise(4, 4), scale: scale) }
    }

    // MARK: Intensity

    @Test("sees the same picture whatever range a wide type holds it in")
    func ranges() throws {
        let upscaler = try upscaler("residual-x4")
        let float = Image.noise(40, 30, intensity: Intensity(sampleType: .float32), in: -3...8)
        let reference = try upscaler.upscale(float, scale: 4).pixels.samples
        // A picture that fills little of 16 bits, signed and not, is taken by its percentiles, as floating point is.
        for (type, gain, offset) in [(SampleType.int16, Float(50), Float(-1000)), (.uint16, 100, 500)] {
            let stored = float.mapped(Intensity(sampleType: type)) { $0 * gain + offset }
            let result = try upscaler.upscale(stored, scale: 4).pixels.samples
            #expect(largestDifference(result, reference.map { $0 * gain + offset }) < 2e-4 * gain * 11)
        }
    }

    @Test("takes the declared range where the picture fills it")
    func declared() throws {
        let upscaler = try upscaler("gray-x2")
        let twelveBit = Image.noise(
            24, 20, intensity: Intensity(sampleType: .uint16, bitsStored: 12), in: 0...4095)
        let float = twelveBit.mapped { $0 }
        let result = try upscaler.upscale(float, scale: 2).pixels.samples
        let engine = try OpenVINOEngine(contentsOf: Golden.url("gray-x2.onnx"))
        let network = try engine.run(
            ["image": EngineTensor(shape: [1, 1, 20, 24], values: twelveBit.pixels.samples.map { $0 / 4095 })],
            output: "result")
        #expect(largestDifference(result, network.values.map { $0 * 4095 }) < 0.02)
    }

    @Test("shows networks a MONOCHROME1 picture as bright as people see it")
    func polarity() throws {
        let upscaler = try upscaler("gray-x2")
        let image = Image.noise(20, 20)
        let inverted = image.mapped(Intensity(sampleType: .uint8, polarity: .brightIsLow)) { 255 - $0 }
        let result = try upscaler.upscale(inverted, scale: 2).pixels.samples
        let reference = try upscaler.upscale(image, scale: 2).pixels.samples
        #expect(largestDifference(result, reference.map { 255 - $0 }) < 1e-3)
    }

    @Test(
        "gives numbers for a picture of one value",
        arguments: [Float(0), 7, -1e30, 3e38], [SampleType.float32, .int16, .uint8])
    func constant(value: Float, type: SampleType) throws {
        let intensity = Intensity(sampleType: type)
        let image = Image.noise(9, 9, intensity: intensity).mapped { _ in intensity.quantized(value) }
        for name in ["gray-x2", "residual-x4"] {
            let scale = Double(try Golden.model(name).metadata.scale)
            let result = try upscaler(name).upscale(image, scale: scale)
            #expect(result.pixels.samples.allSatisfy { $0.isFinite })
        }
    }

    @Test("names a sample that is infinite")
    func notFinite() throws {
        var image = Image.noise(6, 5, slices: 3, intensity: Intensity(sampleType: .float32))
        image.pixels.samples[2 * 30 + 4 * 6 + 1] = .infinity
        let upscaler = try upscaler("gray-x2")
        #expect(throws: ModelError.notFinite(column: 1, row: 4, slice: 2)) {
            try upscaler.upscale(image, scale: 2)
        }
    }

    // MARK: Channels and slices

    @Test("enlarges the luminance of a color image by a gray network and its chrominance by interpolation")
    func luminance() throws {
        let image = Image.noise(30, 20, .rgb)
        let channels = (0..<3).map { image.pixels.plane(channel: $0).samples }
        let luminance = (0..<600).map { 0.299 * channels[0][$0] + 0.587 * channels[1][$0] + 0.114 * channels[2][$0] }
        let gray = Image(
            header: ImageHeader(width: 30, height: 20, intensity: image.header.intensity),
            pixels: Pixels(width: 30, height: 20, samples: luminance))
        for name in ["gray-x2", "residual-x4", "vdsr-x2"] {
            let scale = Double(try Golden.model(name).metadata.scale)
            let result = try upscaler(name).upscale(image, scale: scale).pixels
            let expected = try upscaler(name).upscale(gray, scale: scale).pixels
            let (red, green, blue) = (result.plane(channel: 0), result.plane(channel: 1), result.plane(channel: 2))
            let found = (0..<red.samples.count).map {
                0.299 * red.samples[$0] + 0.587 * green.samples[$0] + 0.114 * blue.samples[$0]
            }
            #expect(largestDifference(found, expected.samples) < 2e-3)
            let bicubic = image.pixels.scaled(by: scale)
            let difference = zip(red.samples, blue.samples).map { $0 - $1 }
            let interpolated = zip(bicubic.plane(channel: 0).samples, bicubic.plane(channel: 2).samples).map { $0 - $1 }
            #expect(largestDifference(difference, interpolated) < 2e-3)
        }
    }

    @Test("enlarges red, green and blue each by itself where that is asked for")
    func perChannel() throws {
        let image = Image.noise(150, 90, .rgba, slices: 2)
        for name in ["gray-x2", "residual-x4", "vdsr-x2"] {
            let model = try Golden.model(name)
            let scale = Double(model.metadata.scale)
            let result = try Upscaler(
                models: [model], tileLength: 60, colorTreatment: .perChannel, grain: GrainTreatment(noise: .none)
            ).upscale(
                image, scale: scale)
            for channel in 0..<3 {
                let gray = Image(
                    header: ImageHeader(width: 150, height: 90, intensity: image.header.intensity),
                    pixels: image.pixels.plane(slice: 1, channel: channel))
                let expected = try undivided(model).upscale(gray, scale: scale).pixels
                let found = result.pixels.plane(slice: 1, channel: channel)
                #expect(largestDifference(found.samples, expected.samples) < 5e-4)
            }
        }
    }

    @Test("gives a gray image the mean of what a color network makes of it")
    func replication() throws {
        let gray = Image.noise(20, 18)
        var color = gray
        color.header.colorModel = .rgb
        color.pixels = Pixels(
            width: 20, height: 18, channels: 3,
            samples: gray.pixels.samples + gray.pixels.samples + gray.pixels.samples)
        let upscaler = try upscaler("color-x2")
        let result = try upscaler.upscale(gray, scale: 2).pixels.samples
        let colored = try upscaler.upscale(color, scale: 2).pixels
        let mean = (0..<result.count).map { index in
            (0..<3).map { colored.samples[$0 * colored.planeCount + index] }.reduce(0, +) / 3
        }
        #expect(largestDifference(result, mean) < 1e-3)
    }

    @Test("interpolates alpha", arguments: [ColorModel.grayAlpha, .rgba])
    func alpha(colorModel: ColorModel) throws {
        let image = Image.noise(20, 18, colorModel)
        let alpha = colorModel.colorChannels
        for name in ["gray-x2", "residual-x4", "color-x2", "vdsr-x2"] {
            let scale = Double(try Golden.model(name).metadata.scale)
            let result = try upscaler(name).upscale(image, scale: scale).pixels
            #expect(result.channels == colorModel.channels)
            #expect(result.plane(channel: alpha) == image.pixels.plane(channel: alpha).scaled(by: scale))
        }
    }

    @Test("treats slices each by itself", arguments: [1, 2, 5])
    func slices(count: Int) throws {
        let volume = Image.noise(30, 21, slices: count)
        let upscaler = try upscaler("residual-x4")
        let result = try upscaler.upscale(volume, scale: 4)
        #expect(result.header.slices == count)
        for slice in 0..<count {
            let alone = Image(
                header: ImageHeader(width: 30, height: 21, intensity: volume.header.intensity),
                pixels: volume.pixels.slice(slice))
            let expected = try upscaler.upscale(alone, scale: 4).pixels
            #expect(largestDifference(result.pixels.slice(slice).samples, expected.samples) < 1e-3)
        }
    }

    // MARK: What goes with it

    @Test("says where the result lies and how it was made")
    func header() throws {
        let result = try upscaler("gray-x2").upscale(.noise(10, 10), scale: 2)
        #expect(result.header.geometry.spacing == PixelSpacing(column: 0.25, row: 0.125))
        let derivation = try #require(result.header.derivation)
        #expect(derivation.model == "gray-x2" && derivation.scale == 2)
        let hash = try Golden.model("gray-x2").sha256
        #expect(derivation.modelHash == hash)
        #expect(derivation.description == "Super-resolution 2x by gray-x2")
    }

    @Test("hands bands to a sink that make up the same image, and tells its progress")
    func sink() throws {
        final class Collector: ImageSink {
            var bands: [Pixels] = []
            func append(_ band: Pixels) { bands.append(band) }
            func finish() {}
        }
        let image = Image.noise(90, 130, .rgb, slices: 2)
        let upscaler = try upscaler("gray-x2", tileLength: 48)
        let whole = try upscaler.upscale(image, scale: 2)
        let sink = Collector()
        var progress: [Double] = []
        try upscaler.upscale(image, scale: 2, to: sink) { progress.append($0) }
        #expect(sink.bands.count > 4 && sink.bands.allSatisfy { $0.width == 180 && $0.channels == 3 })
        #expect(progress == progress.sorted() && progress.last == 1)
        for slice in 0..<2 {
            for channel in 0..<3 {
                var plane: [Float] = []
                var rows = 0
                for band in sink.bands {
                    if rows / 260 == slice { plane += band.plane(channel: channel).samples }
                    rows += band.height
                }
                #expect(plane == whole.pixels.plane(slice: slice, channel: channel).samples)
            }
        }
    }

    @Test("stops when its task is cancelled")
    func cancellation() async throws {
        let upscaler = try upscaler("gray-x2", tileLength: 40)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try upscaler.upscale(.noise(100, 100), scale: 2)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("says when a network gives another size than its description promises")
    func wrongScale() throws {
        let metadata = ModelMetadata(name: "wrong", scale: 4, channels: 1)
        let model = try ModelFile(contentsOf: Golden.url("undescribed-x2.onnx"), metadata: metadata)
        let upscaler = try Upscaler(models: [model])
        let error = #expect(throws: ModelError.self) { try upscaler.upscale(.noise(8, 8), scale: 4) }
        #expect(try #require(error).description.contains("check scale"))
    }
}
