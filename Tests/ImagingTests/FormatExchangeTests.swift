import Foundation
import Imaging
import TestSupport
import Testing

/// Images of one format written as another: what one can say and the other cannot is kept or refused, never lost in
/// silence.
@Suite("From format to format")
struct FormatExchangeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func url(_ name: String) -> URL { folder.url.appendingPathComponent(name) }

    private func image(
        _ intensity: Intensity, samples: [Float], colorModel: ColorModel = .gray, slices: Int = 1,
        geometry: Geometry = Geometry()
    ) -> Image {
        let width = samples.count / colorModel.channels / slices
        return Image(
            header: ImageHeader(
                width: width, height: 1, slices: slices, colorModel: colorModel, geometry: geometry,
                intensity: intensity
            ),
            pixels: Pixels(width: width, height: 1, channels: colorModel.channels, slices: slices, samples: samples))
    }

    private func written(_ image: Image, as name: String) throws -> Image {
        try ImageFile.write(image, to: url(name))
        return try ImageFile.read(url(name))
    }

    @Test("12 bits stored in 16 keep their values", arguments: ["image.png", "image.tif", "image.nii"])
    func twelveBits(_ name: String) throws {
        let image = image(Intensity(sampleType: .uint16, bitsStored: 12), samples: [0, 1, 2047, 4095])
        #expect(try written(image, as: name).pixels == image.pixels)
    }

    @Test("gray of few bits keeps its few bits", arguments: [1, 2, 4], ["image.png", "image.tif"])
    func fewBits(_ bits: Int, _ name: String) throws {
        let samples = (0..<19).map { Float($0 % (1 << bits)) }
        let image = image(Intensity(sampleType: .uint8, bitsStored: bits), samples: samples)
        let again = try written(image, as: name)
        #expect(again.pixels == image.pixels)
        #expect(again.header.intensity == image.header.intensity)
    }

    @Test(
        "what a format cannot hold is refused with what to do",
        arguments: [
            (SampleType.int16, ColorModel.gray, 1, "image.png", "no negative values"),
            (.float32, .gray, 1, "image.png", "whole numbers"),
            (.uint32, .gray, 1, "image.png", "16 bits at most"),
            (.uint8, .gray, 2, "image.png", "one slice"),
            (.uint16, .gray, 1, "image.jpg", "8 bits"),
            (.uint8, .rgba, 1, "image.jpg", "alpha"),
            (.uint8, .gray, 2, "image.jpg", "one slice"),
            (.uint16, .rgb, 1, "image.nii", "uint16 rgb"),
            (.uint8, .grayAlpha, 1, "image.nii.gz", "uint8 grayAlpha"),
        ])
    func refused(_ type: SampleType, _ model: ColorModel, _ slices: Int, _ name: String, _ words: String) throws {
        let image = image(
            Intensity(sampleType: type), samples: [Float](repeating: 1, count: 4 * model.channels * slices),
            colorModel: model, slices: slices)
        let error = #expect(throws: ImageFileError.self) { try ImageFile.write(image, to: url(name)) }
        guard case .cannotHold(url(name).path, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains(words) && reason.contains("; write ."))
        #expect(folder.files.isEmpty)
    }

    @Test("what shows low values bright looks the same as PNG and stays what it is as TIFF")
    func polarity() throws {
        var intensity = Intensity(sampleType: .uint16, bitsStored: 12)
        intensity.polarity = .brightIsLow
        let image = image(intensity, samples: [0, 1, 1000, 4095])
        let png = try written(image, as: "image.png")
        #expect(png.pixels.samples == [4095, 4094, 3095, 0])
        #expect(png.header.intensity.polarity == .brightIsHigh)
        let tiff = try written(image, as: "image.tif")
        #expect(tiff.pixels.samples == [0, 1, 1000, 4095])
        #expect(tiff.header.intensity.polarity == .brightIsLow)
    }

    @Test("alpha is not mirrored with the gray beside it")
    func polarityWithAlpha() throws {
        var intensity = Intensity(sampleType: .uint8)
        intensity.polarity = .brightIsLow
        let image = image(intensity, samples: [0, 100, 7, 255], colorModel: .grayAlpha)
        #expect(try written(image, as: "image.png").pixels.samples == [255, 155, 7, 255])
    }

    @Test("a patient's left stays left: DICOM's axes are turned into NIfTI's")
    func worldSpace() throws {
        let affine = Affine(column: [0.5, 0, 0], row: [0, 0.5, 0], slice: [0, 0, 3], origin: [-10, -20, 30])
        let geometry = Geometry(spacing: PixelSpacing(column: 0.5, row: 0.5), affine: affine, space: .lps)
        let image = image(Intensity(sampleType: .int16), samples: [1, 2, 3], geometry: geometry)
        let again = try written(image, as: "image.nii").header.geometry
        #expect(again.space == .ras)
        #expect(
            again.affine
                == Affine(column: [-0.5, 0, 0], row: [0, -0.5, 0], slice: [0, 0, 3], origin: [10, 20, 30]))
        #expect(again.spacing == geometry.spacing)
    }

    @Test("NIfTI keeps slope, intercept and window")
    func rescale() throws {
        let intensity = Intensity(
            sampleType: .int16, slope: 0.5, intercept: -1024, window: Window(center: 40, width: 400))
        let image = image(intensity, samples: [-5, 0, 7])
        #expect(try written(image, as: "image.nii.gz").header.intensity == intensity)
    }

    @Test("a side longer than NIfTI-1 can state makes a NIfTI-2 file")
    func wide() throws {
        let image = image(Intensity(sampleType: .uint8), samples: (0..<40_000).map { Float($0 % 256) })
        #expect(try written(image, as: "image.nii").pixels == image.pixels)
        #expect(try Data(contentsOf: url("image.nii")).prefix(8) == Data([28, 2, 0, 0] + Array("n+2\0".utf8)))
    }

    @Test("a header that outgrows NIfTI-1 takes everything along")
    func widened() throws {
        let source = FormatGoldenTests.folder.appendingPathComponent("nifti1-int16-little.nii")
        let small = try ImageFile.read(source)
        let header = small.header.resized(width: 40_000, height: 3)
        let image = Image(header: header, pixels: Pixels(width: 40_000, height: 3, slices: header.slices))
        let again = try written(image, as: "image.nii")
        let before = try #require(header.geometry.affine)
        let after = try #require(again.header.geometry.affine)
        let move = before(column: 39_999, row: 2, slice: 1) - after(column: 39_999, row: 2, slice: 1)
        #expect((move * move).sum().squareRoot() < 1e-3)
        let bytes = try Data(contentsOf: url("image.nii"))
        #expect(bytes[240..<249] == Data("a phantom".utf8) && bytes[320..<323] == Data("aux".utf8))
        #expect(bytes[508..<517] == Data("an intent".utf8))
        #expect(bytes.range(of: Data("kept as it is".utf8)) != nil)
    }

    @Test("the content says what a file is, not its name")
    func misnamed() throws {
        let image = image(Intensity(sampleType: .uint8), samples: [1, 2, 3])
        for name in ["image.png", "image.nii", "image.nii.gz", "image.tif"] {
            try ImageFile.write(image, to: url(name))
            let misnamed = url("of-\(name).jpg")
            try FileManager.default.moveItem(at: url(name), to: misnamed)
            #expect(try ImageFile.read(misnamed).pixels == image.pixels)
        }
    }

    @Test("a color profile travels from JPEG to PNG to TIFF to JPEG")
    func colorProfile() throws {
        var profile = [UInt8](repeating: 7, count: 200)
        profile.replaceSubrange(16..<20, with: "RGB ".utf8)
        let golden = FormatGoldenTests.folder.appendingPathComponent("color-420.jpg")
        var jpeg = [UInt8](try Data(contentsOf: golden))
        let segment = [0xFF, 0xE2, 0, 216] + Array("ICC_PROFILE\0".utf8) + [1, 1] + profile
        jpeg.insert(contentsOf: segment, at: 20)
        var image = try ImageFile.read(folder.write(jpeg, to: "with-profile.jpg"))
        for name in ["image.png", "image.tif", "image.jpg"] { image = try written(image, as: name) }
        for name in ["image.tif", "image.jpg"] {
            #expect(try Data(contentsOf: url(name)).range(of: Data(profile)) != nil, "\(name)")
        }
    }

    @Test(
        "what was done to an image is said in its file",
        arguments: ["image.png", "image.tif", "image.jpg", "image.nii"])
    func derivation(_ name: String) throws {
        var image = image(Intensity(sampleType: .uint8), samples: [1, 2, 3])
        let sentence = "Super-resolution ×4 by a test"
        image.header.derivation = Derivation(description: sentence, model: "a test", scale: 4)
        let again = try written(image, as: name)
        #expect(try Data(contentsOf: url(name)).range(of: Data(sentence.utf8)) != nil)
        // What JPEG segments say about the past is not read back; the other formats hand it on.
        if name != "image.jpg" {
            let second = url("second-\(name)")
            try ImageFile.write(again, to: second)
            #expect(try Data(contentsOf: second).range(of: Data(sentence.utf8)) != nil)
        }
    }
}
