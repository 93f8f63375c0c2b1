import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Hostile DICOM")
struct DICOMHostileTests {
    /// Of every coding one, small.
    private static let files = [
        "test_files/CT_small.dcm", "test_files/MR_small_bigendian.dcm", "test_files/MR_small_implicit.dcm",
        "test_files/MR_small_RLE.dcm", "test_files/MR_small_jpeg_ls_lossless.dcm",
        "test_files/MR_small_jp2klossless.dcm", "test_files/SC_rgb_rle_2frame.dcm", "test_files/SC_rgb_jpeg_dcmtk.dcm",
        "test_files/SC_rgb_small_odd_jpeg.dcm", "test_files/JPEGLSNearLossless_16.dcm", "test_files/image_dfl.dcm",
        "test_files/rtdose_rle.dcm", "test_files/liver_1frame.dcm",
    ]

    private static func originals() throws -> [(name: String, bytes: [UInt8])] {
        let folder = try DICOMGolden.pydicomFolder()
        let phantoms = DICOMGolden.shared.phantoms.keys.sorted().map(DICOMGolden.phantom)
        return try (files.map { folder.appendingPathComponent($0) } + phantoms)
            .map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
    }

    /// Reading returns, or throws one line that names the file.
    private func expectSurvives(_ bytes: [UInt8], at url: URL, _ comment: Comment) throws {
        try Data(bytes).write(to: url)
        do {
            _ = try ImageFile.read(url)
        } catch {
            #expect(error.description.hasPrefix(url.path) && !error.description.contains("\n"), comment)
        }
    }

    @Test("A file cut short anywhere is read or refused in one line")
    func survivesTruncation() throws {
        let scratch = try TemporaryFolder()
        for (name, bytes) in try Self.originals() {
            for step in 0..<24 {
                let count = bytes.count * step / 24
                try expectSurvives(Array(bytes.prefix(count)), at: scratch["cut.dcm"], "\(name) cut to \(count)")
            }
        }
    }

    @Test("Uncompressed pixels cut short are refused, never filled in")
    func refusesMissingPixels() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["cut.dcm"]
        let original = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files/MR_small.dcm")
        let bytes = try Data(contentsOf: original)
        let padding = try #require(bytes.range(of: Data([0xFC, 0xFF, 0xFC, 0xFF]), options: .backwards)).lowerBound
        for missing in [1, 100, 5000] {
            try bytes.prefix(padding - missing).write(to: url)
            #expect(throws: ImageFileError.self) { _ = try ImageFile.read(url) }
        }
        // What follows the pixels may be cut, and that is said.
        for kept in [1, 20] {
            try bytes.prefix(padding + kept).write(to: url)
            let image = try ImageFile.read(url)
            #expect(try image.pixels == ImageFile.read(original).pixels)
            #expect(image.header.warnings.count == 1)
        }
    }

    @Test("Flipped bytes never crash")
    func survivesFlippedBytes() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["flipped.dcm"]
        var generator = SeededGenerator(seed: 20_260_101)
        for (name, bytes) in try Self.originals() {
            for round in 0..<16 {
                var flipped = bytes
                // Headers decide more than pixels do.
                let end = round % 2 == 0 ? min(bytes.count, 2500) : bytes.count
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    flipped[Int.random(in: 0..<end, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
                try expectSurvives(flipped, at: url, "\(name), round \(round)")
            }
        }
    }

    @Test("Sequences nested without end are refused")
    func refusesDeepNesting() throws {
        let scratch = try TemporaryFolder()
        let level: [UInt8] = [
            0x08, 0x00, 0x40, 0x11, 0x53, 0x51, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,  // ReferencedImageSequence, no length
            0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF,  // item, no length
        ]
        try expectSurvives(
            Array(repeatElement(level, count: 100_000).joined()), at: scratch["deep.dcm"], "100000 levels")
    }

    @Test(
        "A header that promises more pixels than there are is refused before memory is taken",
        arguments: [
            (DICOMTag.rows, UInt16(65535)), (.columns, 65535), (.samplesPerPixel, 3), (.bitsStored, 17), (.rows, 0),
        ])
    func refusesOversizedHeader(tag: DICOMTag, value: UInt16) throws {
        let scratch = try TemporaryFolder()
        let folder = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files")
        for name in ["MR_small.dcm", "MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_jp2klossless.dcm"] {
            var bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
            let element: [UInt8] = [
                UInt8(tag.group & 0xFF), UInt8(tag.group >> 8), UInt8(tag.element & 0xFF), UInt8(tag.element >> 8),
                0x55, 0x53, 2, 0,
            ]
            let start = try #require(bytes.firstRange(of: element)).upperBound
            bytes[start] = UInt8(value & 0xFF)
            bytes[start + 1] = UInt8(value >> 8)
            let url = scratch[name]
            try Data(bytes).write(to: url)
            #expect(throws: ImageFileError.self, "\(name) with \(tag) \(value)") { _ = try ImageFile.read(url) }
        }
    }
}
