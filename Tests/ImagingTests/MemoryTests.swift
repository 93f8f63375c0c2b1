import Foundation
import Imaging
import TestSupport
import Testing

/// The same contract as files, kept by bytes that never were one.
@Suite("Every format in memory")
struct MemoryTests {
    typealias Content = FormatConformance.Content

    private static func name(_ conformance: FormatConformance) -> String { "image.\(conformance.pathExtension)" }

    /// DICOM objects that are derived get an identity of their own each time; those written as they are keep it.
    private static func image(_ content: Content) throws -> Image {
        guard content.conformance.format == .dicom else { return try content.image() }
        let phantom = content.colorModel == .rgb ? "ultrasound" : content.sampleType == .float32 ? "floats" : "rt-image"
        return try ImageFile.read(DICOMGolden.phantom(phantom))
    }

    private func expectSame(_ image: Image, _ other: Image) {
        #expect(image.pixels.width == other.pixels.width && image.pixels.slices == other.pixels.slices)
        // Bit patterns, since NaN is a sample too.
        #expect(image.pixels.samples.map(\.bitPattern) == other.pixels.samples.map(\.bitPattern))
        #expect(image.header.geometry == other.header.geometry)
        #expect(image.header.intensity == other.header.intensity)
        #expect(image.header.colorModel == other.header.colorModel)
        #expect(image.header.padding == other.header.padding)
        #expect(image.header.warnings == other.header.warnings)
        #expect(image.header.arrangement == other.header.arrangement)
        #expect(image.header.volumes == other.header.volumes)
    }

    @Test("writes the bytes of the file", arguments: FormatConformance.allContents)
    func sameBytes(_ content: Content) throws {
        let folder = try TemporaryFolder()
        let url = content.conformance.url(in: folder)
        let image = try Self.image(content)
        try ImageFile.write(image, to: url)
        let data = try image.data(as: content.conformance.format, named: url.lastPathComponent)
        #expect(try data == Data(contentsOf: url))
    }

    @Test("reads from bytes what it reads from the file", arguments: FormatConformance.allContents)
    func sameImage(_ content: Content) throws {
        let folder = try TemporaryFolder()
        let url = content.conformance.url(in: folder)
        try ImageFile.write(try content.image(), to: url)
        expectSame(try Image(data: Data(contentsOf: url)), try ImageFile.read(url))
    }

    @Test("comes back from bytes as it was", arguments: FormatConformance.allContents)
    func roundTrip(_ content: Content) throws {
        let image = try content.image()
        let again = try Image(data: image.data(as: content.conformance.format))
        #expect(again.header.intensity == image.header.intensity && again.header.colorModel == content.colorModel)
        let differences = zip(again.pixels.samples, image.pixels.samples).map { abs($0 - $1) }
        #expect(differences.count == image.pixels.samples.count)
        #expect(differences.max()! <= content.conformance.tolerance)
    }

    @Test("reads a slice of larger data", arguments: FormatConformance.all)
    func slice(_ conformance: FormatConformance) throws {
        let data = try conformance.plainContent.image().data(as: conformance.format)
        let larger = Data(repeating: 7, count: 33) + data + Data(repeating: 7, count: 5)
        expectSame(try Image(data: larger[33..<33 + data.count]), try Image(data: data))
    }

    @Test("takes rows piece by piece", arguments: FormatConformance.all)
    func bands(_ conformance: FormatConformance) throws {
        let image = try conformance.plainContent.image()
        let data = try image.header.data(as: conformance.format) { sink in
            for slice in 0..<image.pixels.slices {
                for top in stride(from: 0, to: 17, by: 5) {
                    try sink.append(
                        image.pixels.slice(slice).cropped(columns: 0..<23, rows: top..<min(top + 5, 17)))
                }
            }
        }
        #expect(try Image(data: data).pixels == Image(data: image.data(as: conformance.format)).pixels)
    }

    @Test("refuses bytes that end too early, as it refuses the file", arguments: FormatConformance.all)
    func truncated(_ conformance: FormatConformance) throws {
        let folder = try TemporaryFolder()
        let name = Self.name(conformance)
        let data = try conformance.plainContent.image().data(as: conformance.format, named: name)
        let lengths = Set(0..<min(400, data.count)).union(stride(from: 400, to: data.count, by: 37))
            .union(max(0, data.count - 64)..<data.count)
        for length in lengths {
            let short = data.prefix(length)
            let error = #expect(throws: ImageFileError.self, "\(length) of \(data.count) bytes") {
                try Image(data: short, named: name)
            }
            #expect(error?.description.contains("\n") == false && error?.path == name)
            let file = try folder.write(short, to: name)
            let fileError = #expect(throws: ImageFileError.self) { try ImageFile.read(file) }
            #expect(
                error?.description == fileError?.description.replacing(file.path, with: name),
                "\(length) of \(data.count) bytes")
        }
    }

    @Test("survives damage of any kind, as the file does", arguments: FormatConformance.all)
    func damaged(_ conformance: FormatConformance) throws {
        let folder = try TemporaryFolder()
        let name = Self.name(conformance)
        let bytes = [UInt8](try conformance.plainContent.image().data(as: conformance.format, named: name))
        var random = SeededGenerator(seed: 4711)
        for attempt in 0..<200 {
            var hostile = bytes
            let reach = attempt % 2 == 0 ? min(bytes.count, 420) : bytes.count
            for _ in 0...(attempt % 5) {
                hostile[Int.random(in: 0..<reach, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let file = try folder.write(hostile, to: name)
            let fromFile = Result { () throws(ImageFileError) in try ImageFile.read(file) }
            let fromMemory = Result { () throws(ImageFileError) in try Image(data: Data(hostile), named: name) }
            switch (fromFile, fromMemory) {
            case (.success(let left), .success(let right)): expectSame(left, right)
            case (.failure(let left), .failure(let right)):
                #expect(left.description.replacing(file.path, with: name) == right.description)
                #expect(!right.description.contains("\n"))
            default: Issue.record("attempt \(attempt): \(fromFile) but \(fromMemory)")
            }
        }
    }

    @Test("refuses what it cannot hold before a sample is asked for", arguments: FormatConformance.all)
    func refusal(_ conformance: FormatConformance) throws {
        let holdsAll = FormatConformance.all.contains {
            $0.format == conformance.format && $0.sampleTypes.contains(.int64)
        }
        guard !holdsAll else { return }
        var image = try conformance.plainContent.image()
        image.header.source = .memory
        image.header.intensity = Intensity(sampleType: .int64)
        let error = #expect(throws: ImageFileError.self) {
            try image.header.data(as: conformance.format, named: "it") { _ in Issue.record("asked for samples") }
        }
        guard case .cannotHold("it", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("formats that are read only are not written")
    func readOnly() throws {
        let image = try FormatConformance.all[0].plainContent.image()
        for format in ImageFormat.allCases where !format.isWritable {
            #expect(throws: ImageFileError.unknownExtension(path: "it")) { try image.data(as: format, named: "it") }
        }
    }

    @Test("files that others wrote are read from memory too", arguments: ReadOnlyFormatTests.Golden.all)
    func others(_ golden: ReadOnlyFormatTests.Golden) throws {
        let data = try Data(contentsOf: golden.url)
        guard !golden.file.hasSuffix(".mhd") else {
            let error = #expect(throws: ImageFileError.self) { try Image(data: data, named: golden.file) }
            guard case .unsupported(golden.file, let feature) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(feature.contains("a file of their own"))
            return
        }
        expectSame(try Image(data: data), try ImageFile.read(golden.url))
    }

    @Test("DICOM of every coding is read from memory as from its file")
    func dicom() throws {
        let folder = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".dcm") }
        #expect(names.count > 50)
        for name in names {
            let url = folder.appendingPathComponent(name)
            let fromFile = Result { () throws(ImageFileError) in try ImageFile.read(url) }
            let data = try Data(contentsOf: url)
            let fromMemory = Result { () throws(ImageFileError) in try Image(data: data, named: url.path) }
            switch (fromFile, fromMemory) {
            case (.success(let left), .success(let right)): expectSame(left, right)
            case (.failure(let left), .failure(let right)): #expect(left == right)
            default: Issue.record("\(name): \(fromFile) but \(fromMemory)")
            }
        }
    }

    @Test("sequences nested without end are refused in memory too")
    func deepNesting() throws {
        let level: [UInt8] = [
            0x08, 0x00, 0x40, 0x11, 0x53, 0x51, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,  // ReferencedImageSequence, no length
            0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF,  // item, no length
        ]
        let data = Data(repeatElement(level, count: 100_000).joined())
        #expect(throws: ImageFileError.self) { try Image(data: data, named: "deep.dcm") }
    }

    /// A gzip member (RFC 1952) of stored blocks, as no compressor is at hand here.
    private func gzipped(_ bytes: [UInt8]) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
        }
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + number(bytes.count, 2) + number(~bytes.count, 2) + bytes
            + number(Int(crc ^ 0xFFFF_FFFF), 4) + number(bytes.count, 4)
    }

    @Test("a gzipped file of several members is read whole, and each member's checksum compared")
    func members() throws {
        let image = try FormatConformance.all[0].plainContent.image()
        let plain = [UInt8](try image.data(as: .nifti))
        for cut in [1, 200, 351, 500, plain.count - 1] {
            let parts = gzipped(Array(plain.prefix(cut))) + gzipped(Array(plain.dropFirst(cut)))
            // What follows that is no member is not the image's.
            for bytes in [parts, parts + [0, 0, 0]] {
                expectSame(try Image(data: Data(bytes), named: "a.nii.gz"), try Image(data: Data(plain)))
            }
            for place in [cut + 16, parts.count - 5] {
                var wrong = parts
                wrong[place] ^= 1
                #expect(throws: ImageFileError.self, "\(place) of \(parts.count)") {
                    try Image(data: Data(wrong), named: "a.nii.gz")
                }
            }
        }
    }

    @Test("is safe on many threads at once")
    func threads() async throws {
        let contents = FormatConformance.all.map(\.plainContent)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<12 {
                for content in contents {
                    group.addTask {
                        let image = try content.image()
                        let again = try Image(data: image.data(as: content.conformance.format))
                        let differences = zip(again.pixels.samples, image.pixels.samples).map { abs($0 - $1) }
                        return differences.max()! <= content.conformance.tolerance
                    }
                }
            }
            for try await isSame in group { #expect(isSame) }
        }
    }
}
