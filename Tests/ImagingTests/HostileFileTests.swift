import Foundation
import Imaging
import TestSupport
import Testing

/// Files made to harm, or broken as if they were: each is refused in one line, without taking memory for what it states.
@Suite("Hostile files")
struct HostileFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A small valid file as bytes.
    private func bytes(_ name: String, slices: Int = 1) throws -> [UInt8] {
        let url = folder.url.appendingPathComponent(name)
        let header = ImageHeader(width: 6, height: 4, slices: slices, intensity: Intensity(sampleType: .uint8))
        let image = Image(header: header, pixels: Pixels(width: 6, height: 4, slices: slices, repeating: 3))
        try ImageFile.write(image, to: url, overwrite: true)
        return [UInt8](try Data(contentsOf: url))
    }

    private func error(_ bytes: [UInt8], _ name: String) throws -> ImageFileError? {
        let url = try folder.write(bytes, to: name)
        let error = #expect(throws: ImageFileError.self) { _ = try ImageFile.read(url) }
        #expect(error?.description.contains("\n") == false)
        return error
    }

    // MARK: What every reader meets

    @Test("missing, folder, empty and unknown are different errors")
    func kinds() throws {
        let missing = folder.url.appendingPathComponent("missing.png")
        #expect(throws: ImageFileError.missing(path: missing.path)) { _ = try ImageFile.read(missing) }
        #expect(throws: ImageFileError.isFolder(path: folder.url.path)) { _ = try ImageFile.read(folder.url) }
        let path = { (name: String) in folder.url.appendingPathComponent(name).path }
        #expect(try error([], "empty.nii") == .empty(path: path("empty.nii")))
        #expect(try error(Array("hello, world".utf8), "text.png") == .unknownFormat(path: path("text.png")))
        #expect(
            try error([0x1F, 0x8B, 8, 0, 1, 2, 3], "not-an-image.tar.gz")
                == .unknownFormat(path: path("not-an-image.tar.gz")))
        let image = Image(
            header: ImageHeader(width: 1, height: 1, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: 1, height: 1))
        let unknown = folder.url.appendingPathComponent("image.bmp")
        #expect(throws: ImageFileError.unknownExtension(path: unknown.path)) { try ImageFile.write(image, to: unknown) }
    }

    @Test("noise after a signature is refused")
    func noise() throws {
        let signatures: [[UInt8]] = [
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], [0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 43],
            [0xFF, 0xD8, 0xFF], [92, 1, 0, 0], [28, 2, 0, 0], [0x1F, 0x8B, 8],
        ]
        var random = SeededGenerator(seed: 7)
        for signature in signatures {
            for length in [1, 10, 100, 400, 1000] {
                let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                _ = try error(signature + noise, "noise.bin")
            }
        }
    }

    // MARK: PNG

    /// The CRC of PNG chunks (ISO/IEC 15948 annex D).
    private func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
        }
        return bigEndian(crc ^ 0xFFFF_FFFF)
    }

    private func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    @Test("a PNG of a few bytes cannot state gigapixels", arguments: [0x7FFF_FFFF, 100_000, 20_000] as [UInt32])
    func largePNG(_ size: UInt32) throws {
        var png = try bytes("small.png")
        png.replaceSubrange(16..<24, with: bigEndian(size) + bigEndian(size))
        png.replaceSubrange(29..<33, with: checksum(png[12..<29]))
        switch try error(png, "large.png") {
        case .unsupported, .truncated, .damaged: break
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test("a damaged chunk is an error even where the picture is whole")
    func damagedChunk() throws {
        var png = try bytes("small.png")
        let data = try #require(png.indices.first { png[$0...].starts(with: "IDAT".utf8) })
        png[data + 6] ^= 0x55
        guard case .damaged = try error(png, "damaged.png") else {
            Issue.record("not reported as damaged")
            return
        }
    }

    // MARK: NIfTI

    private func nifti(_ offset: Int, _ values: [Int16]) throws -> [UInt8] {
        var bytes = try bytes("small.nii")
        bytes.replaceSubrange(
            offset..<offset + 2 * values.count,
            with: values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } })
        return bytes
    }

    private func nifti(_ offset: Int, float value: Float) throws -> [UInt8] {
        var bytes = try bytes("small.nii")
        bytes.replaceSubrange(offset..<offset + 4, with: withUnsafeBytes(of: value) { Array($0) })
        return bytes
    }

    @Test("a NIfTI header that promises the world is not believed")
    func largeNIfTI() throws {
        let all: [Int16] = [7, 32767, 32767, 32767, 32767, 32767, 32767, 32767]
        for dimensions in [all, [3, 32767, 32767, 32767], [3, 2000, 2000, 100]] as [[Int16]] {
            switch try error(try nifti(40, dimensions), "large.nii") {
            case .truncated, .unsupported, .damaged: break
            case let other: Issue.record("\(String(describing: other))")
            }
        }
    }

    @Test("a NIfTI-2 header with more voxels than there are integers is damaged")
    func endlessNIfTI() throws {
        var header = [UInt8](repeating: 0, count: 560)
        func set(_ offset: Int, _ bytes: [UInt8]) { header.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
        func number(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        // nifti2.h: sizeof_hdr, magic, datatype, bitpix, dim.
        set(0, number(Int32(540)))
        set(4, [0x6E, 0x2B, 0x32, 0, 0x0D, 0x0A, 0x1A, 0x0A])
        set(12, number(Int16(2)) + number(Int16(8)))
        set(16, [3, Int64.max, 4, 4].flatMap { number($0) })
        guard case .damaged(_, let detail) = try error(header, "endless.nii") else {
            Issue.record("not reported as damaged")
            return
        }
        #expect(detail.contains("9.2"))
    }

    @Test("an error is one line, whatever a file or its name says")
    func oneLine() {
        let error = ImageFileError.unsupported(path: "a\nb.dcm", feature: "the class 1.2\r\n\u{1B}[2J")
        #expect(!error.description.contains { $0.isNewline || $0 == "\u{1B}" })
    }

    @Test(
        "a NIfTI header that contradicts itself is damaged",
        arguments: [
            (40, [0]), (40, [8]), (40, [-3]), (42, [0]), (42, [-6]), (46, [-1]), (70, [3]), (70, [-1]), (72, [16]),
        ] as [(Int, [Int16])])
    func contradictoryNIfTI(_ offset: Int, _ values: [Int16]) throws {
        guard case .damaged = try error(try nifti(offset, values), "damaged.nii") else {
            Issue.record("not reported as damaged")
            return
        }
    }

    @Test(
        "samples cannot start before the file or beyond it",
        arguments: [-1, 100, .nan, .infinity, 1e30, 1e9] as [Float])
    func voxelOffset(_ offset: Float) throws {
        switch try error(try nifti(108, float: offset), "offset.nii") {
        case .damaged, .truncated: break
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test("numbers that are none place nothing", arguments: [Float.nan, .infinity, -.infinity, 0])
    func notANumber(_ value: Float) throws {
        // pixdim[0…4], slope and intercept, quaternion and offsets, sform.
        for offset in Array(stride(from: 76, to: 96, by: 4)) + [112, 116, 256, 268, 280, 300] {
            var bytes = try nifti(offset, float: value)
            bytes.replaceSubrange(252..<256, with: [1, 0, 1, 0])
            let image = try ImageFile.read(folder.write(bytes, to: "numbers.nii"))
            #expect(image.header.intensity.slope.isFinite && image.header.intensity.intercept.isFinite)
            if let spacing = image.header.geometry.spacing { #expect(spacing.column.isFinite && spacing.column > 0) }
            if let affine = image.header.geometry.affine {
                #expect(affine.origin.x.isFinite && affine.column.x.isFinite)
            }
            let larger = image.header.resized(width: 12, height: 8)
            try ImageFile.write(
                Image(header: larger, pixels: Pixels(width: 12, height: 8)),
                to: folder.url.appendingPathComponent("written.nii"), overwrite: true)
        }
    }

    @Test("header extensions of impossible size are damaged", arguments: [0, -16, 15, 1 << 30] as [Int32])
    func extensionSize(_ size: Int32) throws {
        var bytes = try bytes("small.nii")
        let piece = withUnsafeBytes(of: size) { Array($0) } + [6, 0, 0, 0] + [UInt8](repeating: 65, count: 8)
        bytes[348] = 1
        bytes.insert(contentsOf: piece, at: 352)
        bytes.replaceSubrange(108..<112, with: withUnsafeBytes(of: Float(368)) { Array($0) })
        guard case .damaged = try error(bytes, "extension.nii") else {
            Issue.record("not reported as damaged")
            return
        }
    }

    @Test("a .hdr without its .img names the file that is missing")
    func unpaired() throws {
        let source = FormatGoldenTests.folder.appendingPathComponent("pair.hdr")
        let copy = folder.url.appendingPathComponent("alone.hdr")
        try FileManager.default.copyItem(at: source, to: copy)
        let image = folder.url.appendingPathComponent("alone.img")
        #expect(throws: ImageFileError.missing(path: image.path)) { _ = try ImageFile.read(copy) }
    }

    // MARK: TIFF

    /// Sets the 32-bit value of a tag in the first directory of a little-endian TIFF.
    private func tiff(_ tag: UInt16, _ value: UInt32, slices: Int = 1) throws -> [UInt8] {
        var bytes = try bytes("small.tif", slices: slices)
        let directory = Int(number(bytes, at: 4, count: 4))
        let count = Int(number(bytes, at: directory, count: 2))
        for entry in 0..<count {
            let offset = directory + 2 + 12 * entry
            guard number(bytes, at: offset, count: 2) == UInt32(tag) else { continue }
            bytes.replaceSubrange(offset + 8..<offset + 12, with: bigEndian(value).reversed())
            return bytes
        }
        Issue.record("no tag \(tag)")
        return bytes
    }

    private func number(_ bytes: [UInt8], at offset: Int, count: Int) -> UInt32 {
        bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    @Test("a TIFF of a few bytes cannot state gigapixels", arguments: [UInt32.max, 0x7FFF_FFFF, 30_000])
    func largeTIFF(_ size: UInt32) throws {
        // Width, length, rows a strip.
        for tag: UInt16 in [256, 257] { _ = try error(try tiff(tag, size), "large.tif") }
    }

    @Test(
        "a TIFF whose tags contradict each other is refused",
        arguments: [
            (258, 7), (258, 64), (277, 5), (277, 65535), (259, 6), (259, 9999), (262, 5), (262, 8), (262, 99), (339, 5),
            (256, 0), (257, 0),
        ] as [(UInt16, UInt32)])
    func contradictoryTIFF(_ tag: UInt16, _ value: UInt32) throws {
        _ = try error(try tiff(tag, value), "damaged.tif")
    }

    @Test("a TIFF whose directories form a ring is refused")
    func ring() throws {
        var bytes = try bytes("small.tif", slices: 2)
        let directory = Int(number(bytes, at: 4, count: 4))
        let next = directory + 2 + 12 * Int(number(bytes, at: directory, count: 2))
        bytes.replaceSubrange(next..<next + 4, with: bytes[4..<8])
        _ = try error(bytes, "ring.tif")
    }

    @Test("a TIFF cut off before its next page is not taken for a whole one", arguments: 1...4)
    func cutOff(_ missing: Int) throws {
        let bytes = try bytes("small.tif", slices: 2)
        let directory = Int(number(bytes, at: 4, count: 4))
        let end = directory + 2 + 12 * Int(number(bytes, at: directory, count: 2)) + 4
        guard case .truncated = try error(Array(bytes.prefix(end - missing)), "cut.tif") else {
            Issue.record("not reported as truncated")
            return
        }
    }

    // MARK: JPEG

    @Test("a JPEG of a few bytes cannot state gigapixels")
    func largeJPEG() throws {
        var jpeg = try bytes("small.jpg")
        let frame = try #require(jpeg.indices.first { jpeg[$0...].starts(with: [0xFF, 0xC0]) })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        switch try error(jpeg, "large.jpg") {
        case .truncated, .unsupported, .damaged: break
        case let other: Issue.record("\(String(describing: other))")
        }
    }
}
