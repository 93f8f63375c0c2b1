import Foundation
import Imaging
import TestSupport
import Testing

/// What `Tools/golden/dicom_codings.py` made.
private struct Codings: Decodable {
    struct File: Decodable {
        /// Frame, channel, row, column.
        var samples: [Float]
        var tolerance: Float
        var warns: Bool
    }

    struct Grid: Decodable {
        /// By tag, on a grid twice as fine.
        var attributes: [String: [Double]]
        var gone: [String]
        var position: [Double]
    }

    var files: [String: File]
    var grid: Grid

    static let folder = Bundle.module.url(forResource: "Golden", withExtension: nil)!
    static let shared: Codings = {
        let url = folder.appendingPathComponent("dicom-codings.json")
        do {
            return try JSONDecoder().decode(Codings.self, from: Data(contentsOf: url))
        } catch {
            fatalError("\(url.path): \(error)")
        }
    }()

    static func file(_ name: String) -> URL { folder.appendingPathComponent("dicom-codings/\(name).dcm") }
}

@Suite("Codings and damages of DICOM")
struct DICOMCodingTests {
    @Test(
        "Pixels are those of an independent decoder, clamped to what is stored, and what is left out is said",
        arguments: Codings.shared.files.keys.sorted())
    func reads(name: String) throws {
        let expected = try #require(Codings.shared.files[name])
        let image = try ImageFile.read(Codings.file(name))
        try #require(image.pixels.samples.count == expected.samples.count)
        let difference = zip(image.pixels.samples, expected.samples).map { abs($0 - $1) }.max() ?? 0
        #expect(difference <= expected.tolerance)
        #expect(image.header.warnings.isEmpty != expected.warns, "\(image.header.warnings)")
    }

    @Test(
        "What was read is written whole, whatever was wrong with its file",
        arguments: Codings.shared.files.keys.sorted())
    func writes(name: String) throws {
        let scratch = try TemporaryFolder()
        let image = try ImageFile.read(Codings.file(name))
        try ImageFile.write(image.enlarged(2), to: scratch["derived.dcm"])
        #expect(try ImageFile.read(scratch["derived.dcm"]).pixels == image.enlarged(2).pixels)
    }

    @Test(
        "A transfer syntax that is not read is refused by name and UID, with what to do",
        arguments: [
            ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless (1.2.840.10008.1.2.4.110); convert the file"),
            (
                "1.2.840.10008.1.2.4.107",
                "HEVC/H.265 Main Profile / Level 5.1 (1.2.840.10008.1.2.4.107), which is video"
            ),
            ("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced (1.2.840.10008.1.2.4.204), whose pixels"),
            ("1.2.999.10008.1.2.4.107", "1.2.999.10008.1.2.4.107, which is private"),
        ])
    func refusesTransferSyntax(uid: String, text: String) throws {
        let scratch = try TemporaryFolder()
        var bytes = [UInt8](try Data(contentsOf: Codings.file("htj2k-gray")))
        let stated = try #require(bytes.firstRange(of: Array("1.2.840.10008.1.2.4.201\0".utf8)))
        bytes.replaceSubrange(
            stated, with: Array((uid + "\0").utf8).prefix(24) + [UInt8](repeating: 0, count: 24 - uid.utf8.count - 1))
        let url = scratch["other.dcm"]
        try Data(bytes).write(to: url)
        #expect {
            _ = try ImageFile.read(url)
        } throws: { error in
            "\(error)".hasPrefix("\(url.path): not supported: transfer syntax \(text)")
        }
    }

    @Test(
        "A codestream cut short within its fragment is refused",
        arguments: [
            "jpeg-10-in-12", "jpeg-lossless-overlaid", "jpeg-ls-5", "jpeg2000-overlaid", "htj2k-gray",
            "deflated-frames",
            "encapsulated-uncompressed",
        ])
    func refusesCutCodestream(name: String) throws {
        let scratch = try TemporaryFolder()
        let url = scratch["cut.dcm"]
        var bytes = [UInt8](try Data(contentsOf: Codings.file(name)))
        // The length of the last fragment, whose end the delimiter is.
        let delimiter = Array(bytes.suffix(8))
        try #require(delimiter[..<4] == [0xFE, 0xFF, 0xDD, 0xE0])
        let item = try #require(bytes.ranges(of: [0xFE, 0xFF, 0x00, 0xE0]).last)
        let length = (0..<4).reduce(0) { $0 | Int(bytes[item.upperBound + $1]) << (8 * $1) }
        let cut = length / 4 * 2
        for index in 0..<4 { bytes[item.upperBound + index] = UInt8(cut >> (8 * index) & 0xFF) }
        bytes = bytes[..<(item.upperBound + 4 + cut)] + delimiter
        try Data(bytes).write(to: url)
        #expect(throws: ImageFileError.self) { _ = try ImageFile.read(url) }
    }

    @Test("A file without pixels is told from an image, by what it is")
    func tellsObjectsWithoutPixels() throws {
        let folder = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files")
        let kinds = [
            "test-SR.dcm": "Comprehensive SR", "waveform_ecg.dcm": "Twelve Lead ECG Waveform",
            "rtstruct.dcm": "RT Structure Set", "rtplan.dcm": "RT Plan",
        ]
        for (name, kind) in kinds {
            #expect(ImageFile.kindWithoutPixels(folder.appendingPathComponent(name)) == kind)
        }
        for name in ["CT_small.dcm", "rtdose.dcm", "JPEG2000.dcm", "dicomdirtests/DICOMDIR", "MR_truncated.dcm"] {
            #expect(ImageFile.kindWithoutPixels(folder.appendingPathComponent(name)) == nil, "\(name)")
        }
    }
}

@Suite("DICOM attributes of the pixel grid")
struct DICOMGridTests {
    @Test("Each attribute of PS3.6 that speaks of pixels is decided upon")
    func decidesEach() throws {
        // pydicom's dictionary: 0x00080001: ('UL', '1', "Length to End", 'Retired', 'LengthToEnd'),
        let url = try DICOMGolden.pydicomFolder().deletingLastPathComponent().appendingPathComponent("_dicom_dict.py")
        let entry = /(?m)^    (0x[0-9A-F]{8}): \('([A-Za-z ]+)', '[^']*', .*, '(\w+)'\)/
        let speaks =
            /Pixel|Spacing|Rows|Columns|Edge|Vertices|Radius|Aspect|Corner|ImagePosition|Shutter|Collimator|RegionLocation|PhysicalDelta|Coordinate|Matrix|Resolution|FieldOfView|DetectorElement|DetectorActive|SubjectArea|SubjectLocation|GraphicData|AnchorPoint|CursorPosition|TMLine|SampleVolume|ReferencePoint|VertexLocation|ZOffset|OverlayGroup/
        // Of objects that hold no pixels: directories, non-destructive testing, visual fields, waveforms, deformations,
        // surfaces, implants, hanging protocols, printing, treatment, and of pixels themselves.
        let others: Set<UInt16> = [
            0x0000, 0x0002, 0x0004, 0x0014, 0x0024, 0x003A, 0x0064, 0x0066, 0x0068, 0x0072, 0x0074, 0x0078, 0x0400,
            0x2000, 0x2010, 0x2020, 0x2030, 0x2040, 0x2050, 0x2100, 0x2110, 0x2120, 0x2130, 0x2200, 0x3008, 0x300A,
            0x300C, 0x3010, 0x4000, 0x4008, 0x4010, 0x4FFE, 0x7FE0,
        ]
        let numeric = [
            "DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "OF", "OD", "OL", "OB", "OW", "OB or OW", "US or SS",
        ]
        var count = 0
        for match in try String(contentsOf: url, encoding: .utf8).matches(of: entry) {
            let tag = DICOMTag(rawValue: try #require(UInt32(match.1.dropFirst(2), radix: 16)))
            guard !others.contains(tag.group), numeric.contains(String(match.2)), match.3.contains(speaks) else {
                continue
            }
            count += 1
            #expect(DICOMGrid.rules[tag] != nil, "\(tag) \(match.3)")
        }
        #expect(count > 150)
    }

    @Test("Each attribute follows an enlargement, at the top level and inside functional groups")
    func followsEnlargement() throws {
        let scratch = try TemporaryFolder()
        let image = try ImageFile.read(Codings.file("grid"))
        try ImageFile.write(image.enlarged(2), to: scratch["derived.dcm"])
        let derived = try ImageFile.read(scratch["derived.dcm"]).dicom
        let shared = (sequence: DICOMTag(rawValue: 0x5200_9229), item: 0)
        let measures = (sequence: DICOMTag(rawValue: 0x0028_9110), item: 0)
        let plane = (sequence: DICOMTag(rawValue: 0x0020_9113), item: 0)
        func numbers(_ text: String?) -> [Double] { (text ?? "").split(separator: "\\").compactMap { Double($0) } }

        let expected = Codings.shared.grid
        for (name, values) in expected.attributes {
            let tag = DICOMTag(rawValue: try #require(UInt32(name, radix: 16)))
            for found in [numbers(derived[tag]), numbers(derived[tag, in: shared, measures])] {
                #expect(found.count == values.count, "\(tag) is \(found)")
                #expect(zip(found, values).allSatisfy { abs($0 - $1) < 1e-6 }, "\(tag) is \(found), not \(values)")
            }
        }
        for found in [
            numbers(derived[.imagePositionPatient]), numbers(derived[.imagePositionPatient, in: shared, plane]),
        ] {
            #expect(found == expected.position)
        }
        for name in expected.gone {
            let tag = DICOMTag(rawValue: try #require(UInt32(name, radix: 16)))
            #expect(derived[tag] == nil && derived[tag, in: shared, measures] == nil, "\(tag)")
        }

        // What the table says follows is what was looked at; sizes, positions and sequences are looked at above and below.
        let changing = DICOMGrid.rules.filter {
            ![.unchanged, .removed, .refused, .size, .position].contains($0.value)
        }
        let seen = Set(expected.attributes.keys.compactMap { UInt32($0, radix: 16) })
        #expect(Set(changing.keys.map(\.rawValue)) == seen)
    }

    @Test("What a derived image cannot keep is named")
    func namesLosses() throws {
        let header = try ImageFile.read(Codings.file("grid")).enlarged(2).header
        let loss = try #require(header.loss(as: .dicom))
        for name in [
            "Smallest Image Pixel Value", "Largest Image Pixel Value", "Image Position", "Shutter Overlay Group",
        ] {
            #expect(loss.contains(name))
        }
        #expect(try ImageFile.read(Codings.file("grid")).header.loss(as: .dicom) == nil)
    }
}
