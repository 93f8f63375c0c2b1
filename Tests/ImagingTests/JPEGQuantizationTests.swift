import Foundation
import Imaging
import Testing

@Suite("What JPEG rounded")
struct JPEGQuantizationTests {
    /// Table K.1 of ISO/IEC 10918-1, which libjpeg writes at quality 50.
    private let luminance: [Float] = [
        16, 11, 10, 16, 24, 40, 51, 61,
        12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56,
        14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77,
        24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101,
        72, 92, 95, 98, 112, 100, 103, 99,
    ]

    private func jpeg(_ model: ColorModel, quality: Int = 50) throws -> Data {
        let samples = (0..<32 * 24 * model.channels).map { Float($0 * 31 % 256) }
        var options = WriteOptions()
        options.jpegQuality = quality
        return try Image(
            header: ImageHeader(width: 32, height: 24, colorModel: model, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: 32, height: 24, channels: model.channels, samples: samples)
        ).data(as: .jpeg, options: options)
    }

    @Test("a JPEG says the steps of its brightness", arguments: [ColorModel.gray, .rgb])
    func steps(model: ColorModel) throws {
        let image = try Image(data: try jpeg(model))
        #expect(image.header.quantization?.steps == luminance)
        #expect(try #require(Image(data: jpeg(model, quality: 100)).header.quantization).meanStep == 1)
        // On another grid nothing was rounded in blocks.
        #expect(image.header.resized(width: 64, height: 48).quantization == nil)
        #expect(try Image(data: image.data(as: .png)).header.quantization == nil)
    }

    @Test("a picture that is set upright takes its steps along")
    func orientation() throws {
        var bytes = [UInt8](try jpeg(.gray))
        // EXIF with one entry, orientation 6: lay its first row to the right.
        let tiff: [UInt8] = [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
        let content = Array("Exif\0\0".utf8) + tiff
        bytes.insert(contentsOf: [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content, at: 2)
        let image = try Image(data: Data(bytes))
        #expect(image.header.width == 24)
        let turned = (0..<64).map { place in luminance[place % 8 * 8 + place / 8] }
        #expect(image.header.quantization?.steps == turned)
    }

    @Test("a degradation that ends with JPEG says what a file would")
    func degradation() throws {
        func drawn(_ text: String) throws -> DrawnDegradation {
            var generator = SeededGenerator(seed: 1)
            return try Degradation(text).drawn(using: &generator)
        }
        let steps = try drawn("bicubic/2,jpeg:50").quantization(valueRange: 0...4 * 255)?.steps
        #expect(steps == luminance.map { 4 * $0 })
        #expect(try drawn("jpeg:50,bicubic/2").quantization(valueRange: 0...255) == nil)
    }

    /// The first steps as pydicom hands out the fragments' bytes, in the order of figure A.6.
    @Test(
        "a DICOM file's first frame says them, where it was rounded",
        arguments: [
            ("JPEG-lossy.dcm", [19, 13, 14, 16, 14, 12]), ("examples_ybr_color.dcm", [8, 6, 6, 7, 6, 5]),
            // Red, green and blue by 3, 2, 2, … each: √(0.299² + 0.587² + 0.114²) of that in brightness.
            ("SC_rgb_dcmtk_+eb+cr.dcm", [3, 2, 2, 3, 2, 2].map { 0.6685 * $0 }), ("MR_small_jpeg_ls_lossless.dcm", nil),
            ("CT_small.dcm", nil),
        ] as [(String, [Float]?)])
    func dicom(name: String, first: [Float]?) throws {
        let url = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files/\(name)")
        let steps = try ImageFile.read(url).header.quantization?.steps
        // Along the row, down and to the left, further down, back up.
        #expect((steps == nil) == (first == nil))
        for (place, step) in zip([0, 1, 8, 16, 9, 2], first ?? []) {
            #expect(abs(try #require(steps)[place] - step) < 1e-3)
        }
    }
}
