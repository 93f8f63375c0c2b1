import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Maps of DICOM images")
struct DICOMMapTests {
    private static let parametricMap = "1.2.840.10008.5.1.4.1.1.30"
    private static let segmentation = "1.2.840.10008.5.1.4.1.1.66.4"

    /// An image twice as large as pydicom's, with the identity that it will be written with.
    private static func enlarged(_ name: String) throws -> Image {
        let file = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files/\(name)")
        var image = try ImageFile.read(file).enlarged(2)
        image.header.derivation?.sopInstanceUID = "2.25.1"
        image.header.derivation?.seriesInstanceUID = "2.25.2"
        return image
    }

    private static func written(_ samples: Pixels, of image: Image, _ content: DICOMMap.Content) throws -> Image {
        let scratch = try TemporaryFolder()
        let map = DICOMMap(
            of: image.header, content: content, statement: "Twice the sum.", sopInstanceUID: "2.25.3",
            seriesInstanceUID: "2.25.4")
        let claim = try FileClaim(scratch["map.dcm"])
        try map.fill(claim, with: samples)
        try claim.place(overwrite: false)
        return try ImageFile.read(scratch["map.dcm"])
    }

    /// Numbers that no rounding to whole units would leave.
    private static func numbers(for image: Image) -> Pixels {
        let header = image.header
        let count = header.width * header.height * header.slices
        return Pixels(
            width: header.width, height: header.height, slices: header.slices,
            samples: (0..<count).map { Float($0 % 1013) / 7 })
    }

    /// Laterality (0020,0060) CS of no bytes; dciodvfy calls its want an error where the part may be one of a pair.
    @Test("An amount's map says that the side is unknown where its image does not say which part of the body it shows")
    func unknownSide() throws {
        let image = try Self.enlarged("examples_rgb_color.dcm")
        let scratch = try TemporaryFolder()
        for (content, isThere) in [
            (DICOMMap.Content.quantity(name: "Sum", unit: .hounsfield), true), (.segment(label: "Bright"), false),
        ] {
            let map = DICOMMap(
                of: image.header, content: content, statement: "", sopInstanceUID: "2.25.3", seriesInstanceUID: "2.25.4"
            )
            let claim = try FileClaim(scratch["\(isThere).dcm"])
            let (width, height, slices) = (image.header.width, image.header.height, image.header.slices)
            try map.fill(claim, with: Pixels(width: width, height: height, slices: slices))
            try claim.place(overwrite: false)
            let bytes = try Data(contentsOf: scratch["\(isThere).dcm"])
            let element = Data([0x20, 0x00, 0x60, 0x00, 0x43, 0x53, 0x00, 0x00])
            #expect((bytes.range(of: element) != nil) == isThere)
        }
    }

    @Test(
        "An amount comes back to the bit, on the grid of its image, of the same patient",
        arguments: ["CT_small.dcm", "examples_rgb_color.dcm", "rtdose.dcm", "MR_small_padded.dcm"])
    func quantity(name: String) throws {
        let image = try Self.enlarged(name)
        let numbers = Self.numbers(for: image)
        let map = try Self.written(numbers, of: image, .quantity(name: "Sum", unit: .hounsfield))

        #expect(map.pixels == numbers)
        let (own, source) = try (map.dicom, image.dicom)
        #expect(own[.sopClassUID] == Self.parametricMap)
        #expect(own.sopInstanceUID == "2.25.3" && own.seriesInstanceUID == "2.25.4")
        #expect(own.patientID == source.patientID && own.studyInstanceUID == source.studyInstanceUID)
        #expect(own[.derivationDescription] == "Twice the sum.")
        let unit = own[
            DICOMTag(rawValue: 0x0008_0100), in: (DICOMTag(rawValue: 0x5200_9229), 0),
            (DICOMTag(rawValue: 0x0040_9096), 0), (DICOMTag(rawValue: 0x0040_08EA), 0)]
        #expect(unit == "[hnsf'U]")
        // The image itself, then what it was made from.
        for (index, expected) in ["2.25.1", source.sopInstanceUID].enumerated() {
            let referenced = own[
                DICOMTag(rawValue: 0x0008_1155), in: (DICOMTag(rawValue: 0x0008_1115), index),
                (DICOMTag(rawValue: 0x0008_114A), 0)]
            #expect(referenced == expected)
        }
        if image.header.geometry.affine != nil, source[.frameOfReferenceUID] != nil {
            #expect(own[.frameOfReferenceUID] == source[.frameOfReferenceUID])
            let difference = map.header.geometry.difference(
                from: image.header.geometry, width: map.header.width, height: map.header.height,
                slices: map.header.slices)
            #expect(difference == nil && map.header.geometry.affine != nil, "\(difference ?? "no place")")
        }
    }

    @Test("A segment keeps every pixel, whatever the width", arguments: ["CT_small.dcm", "rtdose.dcm"])
    func segment(name: String) throws {
        let whole = try Self.enlarged(name)
        var samples = Self.numbers(for: whole)
        for index in samples.samples.indices { samples.samples[index] = index % 11 < 3 ? 1 : 0 }
        let segment = try Self.written(samples, of: whole, .segment(label: "Three of eleven"))
        #expect(segment.pixels == samples)
        #expect(try segment.dicom[.sopClassUID] == Self.segmentation)
        #expect(segment.header.meaning.codesStatement != nil)
    }

    @Test("Of what did not come from DICOM there is no map, and nothing is left")
    func refusesOthers() throws {
        let scratch = try TemporaryFolder()
        let picture = Image(
            header: ImageHeader(width: 2, height: 1, colorModel: .gray, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: 2, height: 1, samples: [0, 1]))
        let map = DICOMMap(
            of: picture.header, content: .segment(label: "Bright"), statement: "", sopInstanceUID: "2.25.3",
            seriesInstanceUID: "2.25.4")
        let claim = try FileClaim(scratch["map.dcm"])
        #expect(throws: ImageFileError.self) { try map.fill(claim, with: picture.pixels) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }
}
