import Foundation
import Imaging
import Testing

/// What `Tools/golden/dicom.py` found in pydicom's test files and put into phantoms.
struct DICOMGolden: Decodable {
    struct File: Decodable {
        var columns: Int
        var rows: Int
        var frames: Int
        var channels: Int
        /// Of files whose pixels must be the same bit for bit.
        var checksum: String?
        /// Of files through lossy codecs, where a rounding may differ: index in frame, channel, row, column order, and
        /// value.
        var samples: [[Double]]?
        var mean: Double?
        var bitsStored: Int?
        /// From column to column, from row to row.
        var spacing: [Double]?
        var origin: [Double]?
        var columnStep: [Double]?
        var rowStep: [Double]?
        var sliceStep: [Double]?
        var slope: Double?
        var intercept: Double?
        var window: [Double]?
        var polarity: Polarity?
        var patientName: String?
        var framePositionsTimes4: [String]?
    }

    var pydicom: [String: File]
    var phantoms: [String: File]

    static let shared: DICOMGolden = {
        let url = folder.appendingPathComponent("dicom.json")
        do {
            return try JSONDecoder().decode(DICOMGolden.self, from: Data(contentsOf: url))
        } catch {
            fatalError("\(url.path): \(error)")
        }
    }()

    private static let folder = Bundle.module.url(forResource: "Golden", withExtension: nil)!

    static func phantom(_ name: String) -> URL { folder.appendingPathComponent("dicom/\(name).dcm") }

    /// pydicom's data folder, which set-up unpacks.
    static func pydicomFolder() throws -> URL {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appendingPathComponent(".cache/pydicom-3.0.2/pydicom/data")
        try #require(
            FileManager.default.fileExists(atPath: folder.path), "pydicom's test files are missing: run `make setup`")
        return folder.resolvingSymlinksInPath()
    }

    /// Every file of pydicom's that might be an image.
    static func pydicomFiles() throws -> [URL] {
        let root = try pydicomFolder()
        return ["test_files", "charset_files"].flatMap { name -> [URL] in
            let folder = root.appendingPathComponent(name)
            let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
            return names.sorted().map { folder.appendingPathComponent($0) }
        }.filter { url in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
            return !isFolder.boolValue
        }
    }

    /// The images among them, read.
    static func pydicomImages() throws -> [(url: URL, image: Image)] {
        try pydicomFiles().compactMap { url in
            guard let image = try? ImageFile.read(url), case .dicom = image.header.source else { return nil }
            return (url, image)
        }
    }
}

extension Pixels {
    /// The generator's sum of (value + 1) times a weight that differs for every position, modulo 2^64.
    var checksum: String {
        var sum: UInt64 = 0
        for (index, sample) in samples.enumerated() {
            let weight = (UInt64(index) &* 2_654_435_761 &+ 12345) & 0xFFFF_FFFF
            sum &+= (UInt64(bitPattern: Int64(sample)) &+ 1) &* weight
        }
        return String(sum)
    }
}

extension Image {
    /// Each pixel `scale` times along both axes: an upscaler whose result is known.
    func enlarged(_ scale: Int) -> Image {
        var result = Pixels(
            width: pixels.width * scale, height: pixels.height * scale, channels: pixels.channels,
            slices: pixels.slices)
        for plane in 0..<pixels.channels * pixels.slices {
            for row in 0..<result.height {
                for column in 0..<result.width {
                    result.samples[(plane * result.height + row) * result.width + column] =
                        pixels.samples[(plane * pixels.height + row / scale) * pixels.width + column / scale]
                }
            }
        }
        var header = header.resized(width: result.width, height: result.height)
        header.derivation = Derivation(
            description: "Super-resolution ×\(scale) by repetition", model: "nearest",
            modelHash: String(repeating: "5e", count: 32), scale: Double(scale))
        return Image(header: header, pixels: result)
    }

    var dicom: DICOMSource {
        get throws {
            guard case .dicom(let source) = header.source else { throw NotDICOM() }
            return source
        }
    }

    struct NotDICOM: Error {}
}
