import Foundation
import Imaging
import Testing

/// DICOM results compressed without loss. `Tools/golden/compressed_dicom.py` says the same by pydicom's decoders.
@Suite("Compressed DICOM")
struct DICOMCompressionTests {
    private static let compressions = DICOMCompression.allCases.filter { $0 != .none }

    /// 16 bits signed and unsigned, 12, 13, 14 and 8 bits, several frames, RGB, luminance and colours, odd sizes, a palette.
    private static let files = [
        "CT_small.dcm", "examples_overlay.dcm", "J2K_pixelrep_mismatch.dcm", "693_J2KI.dcm", "JPEG-lossy.dcm",
        "SC_rgb_small_odd.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_rle_16bit_2frame.dcm", "examples_palette.dcm",
        "examples_ybr_color.dcm",
    ]

    /// These and all phantoms that hold whole numbers of 2 to 16 bits.
    private static func images() throws -> [(name: String, image: Image)] {
        let folder = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files")
        let phantoms = DICOMGolden.shared.phantoms.keys.sorted().map(DICOMGolden.phantom)
        let all = try (files.map(folder.appendingPathComponent) + phantoms)
            .map { ($0.lastPathComponent, try ImageFile.read($0)) }
        let held = all.filter { _, image in
            image.header.intensity.sampleType.bits <= 16 && image.header.intensity.storedRange != 0...1
        }
        #expect(held.count > files.count + 5)
        return held
    }

    @Test("holds every sample as the uncompressed file does", arguments: compressions)
    func exact(_ compression: DICOMCompression) throws {
        for (name, image) in try Self.images() {
            for result in image.header.slices < 10 ? [image, image.enlarged(2)] : [image] {
                let plain = try Image(data: result.data(as: .dicom))
                let data = try result.data(as: .dicom, options: WriteOptions(compression: compression))
                let compressed = try Image(data: data)
                #expect(compressed.pixels == plain.pixels, "\(name)")
                #expect(compressed.header.intensity == plain.header.intensity, "\(name)")
                #expect(compressed.header.geometry == plain.header.geometry, "\(name)")
                let (after, before) = (try compressed.dicom, try plain.dicom)
                #expect(after.transferSyntax == Self.syntax(compression))
                #expect(after[.lossyImageCompression] == before[.lossyImageCompression], "\(name)")
                if image.header.channels == 3 {
                    #expect(after[.photometricInterpretation] == (compression == .jpeg2000 ? "YBR_RCT" : "RGB"))
                    #expect(after[.planarConfiguration] == "0")
                } else {
                    #expect(after[.photometricInterpretation] == before[.photometricInterpretation], "\(name)")
                }
            }
        }
    }

    /// PS3.6 table A-1.
    private static func syntax(_ compression: DICOMCompression) -> String {
        compression == .jpeg2000 ? "1.2.840.10008.1.2.4.90" : "1.2.840.10008.1.2.4.80"
    }

    @Test("has one fragment a frame, where the offset table says", arguments: compressions)
    func offsets(_ compression: DICOMCompression) throws {
        for (name, image) in try Self.images() {
            let bytes = [UInt8](try image.data(as: .dicom, options: WriteOptions(compression: compression)))
            // (7FE0,0010) OB of undefined length, and the item of the table (PS3.5 table A.4-1).
            let start = try #require(
                bytes.firstRange(of: [0xE0, 0x7F, 0x10, 0, 0x4F, 0x42, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])
            ).upperBound
            func number(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
            let item: [UInt8] = [0xFE, 0xFF, 0, 0xE0]
            #expect(bytes[start..<start + 4].elementsEqual(item))
            let frames = image.header.slices
            #expect(number(start + 4) == 4 * frames, "\(name)")
            let first = start + 8 + 4 * frames
            var place = first
            for frame in 0..<frames {
                #expect(number(start + 8 + 4 * frame) == place - first, "\(name), frame \(frame)")
                #expect(bytes[place..<place + 4].elementsEqual(item))
                let length = number(place + 4)
                #expect(length % 2 == 0)
                let signature: [UInt8] = compression == .jpeg2000 ? [0xFF, 0x4F, 0xFF, 0x51] : [0xFF, 0xD8, 0xFF]
                #expect(bytes[(place + 8)...].starts(with: signature))
                place += 8 + length
            }
            // The sequence delimiter.
            #expect(bytes[place..<place + 8].elementsEqual([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]), "\(name)")
        }
    }

    @Test("takes no more room than it should", arguments: compressions)
    func smaller(_ compression: DICOMCompression) throws {
        let image = try ImageFile.read(
            DICOMGolden.pydicomFolder().appendingPathComponent("test_files/examples_overlay.dcm"))
        let plain = try image.data(as: .dicom).count
        #expect(try image.data(as: .dicom, options: WriteOptions(compression: compression)).count < plain * 2 / 3)
    }

    @Test("refuses what the codecs do not hold, before a sample is asked for", arguments: compressions)
    func refusals(_ compression: DICOMCompression) throws {
        let folder = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files")
        let urls =
            [DICOMGolden.phantom("floats")]
            + ["rtdose_1frame.dcm", "liver_1frame.dcm"].map(folder.appendingPathComponent)
        for (url, word) in zip(urls, ["floating point", "32 bits", "1 bit"]) {
            let header = try ImageFile.read(url).header
            let error = #expect(throws: ImageFileError.self) {
                try header.data(as: .dicom, named: "it", options: WriteOptions(compression: compression)) { _ in
                    Issue.record("asked for samples")
                }
            }
            guard case .cannotHold("it", let reason) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(reason.contains(word))
        }
    }
}
