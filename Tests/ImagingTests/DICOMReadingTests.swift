import Foundation
import Imaging
import Testing

@Suite("Reading DICOM")
struct DICOMReadingTests {
    @Test("Every image that pydicom reads has the pixels that pydicom reads")
    func agreesWithPydicom() throws {
        let folder = try DICOMGolden.pydicomFolder()
        for (name, expected) in DICOMGolden.shared.pydicom.sorted(by: { $0.key < $1.key }) {
            // Implicit where its transfer syntax says explicit: DCMTK does not guess.
            if name == "test_files/SC_rgb_jpeg.dcm" { continue }
            try check(ImageFile.read(folder.appendingPathComponent(name)), expected, name)
        }
    }

    @Test("Every phantom reads as what it was made of", arguments: DICOMGolden.shared.phantoms.keys.sorted())
    func readsPhantom(name: String) throws {
        let expected = try #require(DICOMGolden.shared.phantoms[name])
        try check(ImageFile.read(DICOMGolden.phantom(name)), expected, name)
    }

    private func check(_ image: Image, _ expected: DICOMGolden.File, _ name: String) throws {
        let comment = Comment(rawValue: name)
        #expect(image.pixels.width == expected.columns, comment)
        #expect(image.pixels.height == expected.rows, comment)
        #expect(image.pixels.slices == expected.frames, comment)
        #expect(image.pixels.channels == expected.channels, comment)
        if let checksum = expected.checksum { #expect(image.pixels.checksum == checksum, comment) }
        for pair in expected.samples ?? [] {
            #expect(abs(Double(image.pixels.samples[Int(pair[0])]) - pair[1]) <= 2, comment)
        }
        if let mean = expected.mean {
            let sum = image.pixels.samples.reduce(0.0) { $0 + Double($1) }
            #expect(abs(sum / Double(image.pixels.samples.count) - mean) < 0.1, comment)
        }

        let intensity = image.header.intensity
        if let bits = expected.bitsStored, !intensity.sampleType.isFloatingPoint {
            let range = Intensity(sampleType: intensity.sampleType, bitsStored: bits).storedRange
            #expect(intensity.storedRange == range, comment)
        }
        if let slope = expected.slope { #expect(intensity.slope == slope, comment) }
        if let intercept = expected.intercept { #expect(intensity.intercept == intercept, comment) }
        if let window = expected.window {
            #expect(intensity.window == Window(center: window[0], width: window[1]), comment)
        }
        if let polarity = expected.polarity { #expect(intensity.polarity == polarity, comment) }

        let geometry = image.header.geometry
        if let spacing = expected.spacing {
            let found = try #require(geometry.spacing, comment)
            #expect(abs(found.column - spacing[0]) < 1e-9 && abs(found.row - spacing[1]) < 1e-9, comment)
        }
        if let origin = expected.origin {
            let affine = try #require(geometry.affine, comment)
            #expect(geometry.space == .lps, comment)
            expectClose(affine.origin, origin, comment)
            if let step = expected.columnStep { expectClose(affine.column, step, comment) }
            if let step = expected.rowStep { expectClose(affine.row, step, comment) }
            if let step = expected.sliceStep { expectClose(affine.slice, step, comment) }
        }
        if let patientName = expected.patientName {
            let found = try #require(try image.dicom[.patientName], comment)
            // An empty last part of a name may be written.
            #expect(found.trimmingCharacters(in: ["="]) == patientName, comment)
        }
    }

    private func expectClose(_ found: SIMD3<Double>, _ expected: [Double], _ comment: Comment) {
        for axis in 0..<3 { #expect(abs(found[axis] - expected[axis]) < 1e-5, comment) }
    }

    @Test("Each file of pydicom's folder is read or refused in one line")
    func survivesPydicomFolder() throws {
        let files = try DICOMGolden.pydicomFiles()
        #expect(files.count > 150)
        for url in files {
            do {
                _ = try ImageFile.read(url)
            } catch {
                #expect(error.description.hasPrefix(url.path))
                #expect(!error.description.contains("\n") && error.description.count < url.path.count + 160)
            }
        }
    }

    @Test("A header tells modality, patient, series and coding")
    func tellsMetadata() throws {
        let folder = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files")
        let source = try ImageFile.read(folder.appendingPathComponent("CT_small.dcm")).dicom
        #expect(source.modality == "CT")
        #expect(source.patientID == "1CT1")
        #expect(source.manufacturer == "GE MEDICAL SYSTEMS")
        #expect(source.seriesInstanceUID == "1.3.6.1.4.1.5962.1.3.1.1.20040119072730.12322")
        #expect(source.sopInstanceUID == "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322")
        #expect(source.transferSyntax == "1.2.840.10008.1.2.1")
        #expect(!source.isLossy)
        #expect(source[.pixelSpacing] == "0.661468\\0.661468")
        #expect(source[.laterality] == nil)
        #expect(try ImageFile.read(folder.appendingPathComponent("JPGExtended.dcm")).dicom.isLossy)
    }

    @Test("Unique identifiers are valid and differ")
    func makesUIDs() {
        let identifiers = (0..<100).map { _ in DICOMSource.newUID() }
        #expect(Set(identifiers).count == 100)
        for identifier in identifiers {
            #expect(identifier.wholeMatch(of: /2\.25\.[1-9][0-9]{0,38}/) != nil)
            #expect(identifier.count <= 64)
        }
    }
}
