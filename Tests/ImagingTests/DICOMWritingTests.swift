import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Writing DICOM")
struct DICOMWritingTests {
    @Test("A copy of any image is the same bit for bit, uncompressed")
    func copiesExactly() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["copy.dcm"]
        let phantoms = try DICOMGolden.shared.phantoms.keys.sorted().map(DICOMGolden.phantom)
            .map { (url: $0, image: try ImageFile.read($0)) }
        for (original, image) in try DICOMGolden.pydicomImages() + phantoms {
            let comment = Comment(rawValue: original.lastPathComponent)
            try ImageFile.write(image, to: url, overwrite: true)
            let copy = try ImageFile.read(url)
            #expect(copy.pixels == image.pixels, comment)
            #expect(copy.header.intensity == image.header.intensity, comment)
            #expect(copy.header.geometry == image.header.geometry, comment)
            #expect(copy.header.colorModel == image.header.colorModel, comment)
            #expect(try copy.dicom.transferSyntax == "1.2.840.10008.1.2.1", comment)
            #expect(try copy.dicom.isLossy == image.dicom.isLossy, comment)
            #expect(try copy.dicom.seriesInstanceUID == image.dicom.seriesInstanceUID, comment)
        }
    }

    @Test("A derived image keeps whom it shows and says how it was made")
    func derives() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["derived.dcm"]
        let original = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files/examples_overlay.dcm")
        let image = try ImageFile.read(original)
        try ImageFile.write(image.enlarged(2), to: url)
        let derived = try ImageFile.read(url)
        let (before, after) = try (image.dicom, derived.dicom)

        #expect(derived.pixels == image.enlarged(2).pixels)
        #expect(derived.header.intensity == image.header.intensity)
        let kept: [DICOMTag] = [
            .sopClassUID, .studyInstanceUID, .frameOfReferenceUID, .patientName, .patientID, .modality, .bitsStored,
            .imageOrientationPatient, .windowCenter, .sliceThickness, .instanceNumber,
        ]
        for tag in kept {
            #expect(before[tag] != nil && after[tag] == before[tag], "\(tag)")
        }
        #expect(after.sopInstanceUID != before.sopInstanceUID)
        #expect(after.seriesInstanceUID != before.seriesInstanceUID)
        #expect(after[.imageType] == "DERIVED\\SECONDARY\\MPR\\CSA MPR\\\\CSAPARALLEL\\M\\ND\\NORM")
        #expect(after[.columns] == "968" && after[.rows] == "600")
        let description = try #require(after[.derivationDescription])
        #expect(description.hasPrefix("Super-resolution x2 by repetition; model nearest, SHA-256 5e5e"))
        #expect(after[.seriesDescription] == "marked lesion<MPR Collection> (Fovea x2 nearest)")

        let source = (sequence: DICOMTag(rawValue: 0x0008_2112), item: 0)
        #expect(after[DICOMTag(rawValue: 0x0008_1150), in: source] == before[.sopClassUID])
        #expect(after[DICOMTag(rawValue: 0x0008_1155), in: source] == before.sopInstanceUID)
        let equipment = (sequence: DICOMTag(rawValue: 0x0018_A001), item: 0)
        #expect(after[.manufacturer, in: equipment] == "Fovea")
        let code = (sequence: DICOMTag(rawValue: 0x0008_9215), item: 0)
        #expect(after[DICOMTag(rawValue: 0x0008_0100), in: code] == "113085")
    }

    @Test("What holds only on the old grid is gone")
    func removesWhatNoLongerHolds() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["derived.dcm"]
        let folder = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files")
        let extremes = [DICOMTag(rawValue: 0x0028_0106), DICOMTag(rawValue: 0x0028_0107)]
        let image = try ImageFile.read(folder.appendingPathComponent("MR_small.dcm"))
        let padding = try image.dicom.tags.contains(DICOMTag(rawValue: 0xFFFC_FFFC))
        #expect(try !padding && extremes.allSatisfy(image.dicom.tags.contains))
        try ImageFile.write(image.enlarged(2), to: url)
        #expect(try !ImageFile.read(url).dicom.tags.contains(where: extremes.contains))

        let overlaid = try ImageFile.read(folder.appendingPathComponent("examples_palette.dcm"))
        try ImageFile.write(overlaid.enlarged(2), to: url, overwrite: true)
        let after = try ImageFile.read(url).dicom
        #expect(after[.photometricInterpretation] == "RGB" && after[.samplesPerPixel] == "3")
        #expect(after[.planarConfiguration] == "0" && after[.bitsAllocated] == "8")
        #expect(!after.tags.contains(DICOMTag(rawValue: 0x0028_1101)))
    }

    @Test("Overlays stay with their grid: in a copy, but not in a larger image")
    func keepsOverlaysInCopies() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["written.dcm"]
        func overlays(_ image: Image) throws -> Int {
            try ImageFile.write(image, to: url, overwrite: true)
            return try ImageFile.read(url).dicom.tags.count { $0.group == 0x6000 }
        }
        let original = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files/examples_overlay.dcm")
        let drawn = try ImageFile.read(original)
        #expect(try overlays(drawn) > 0)
        #expect(try overlays(drawn.enlarged(2)) == 0)

        // These lie in bits of the pixels, which are not kept.
        let embedded = try ImageFile.read(DICOMGolden.phantom("overlay-bits"))
        #expect(try embedded.dicom.tags.contains { $0.group == 0x6000 })
        #expect(try overlays(embedded) == 0)
    }

    @Test(
        "Differences start from nothing and are shown in a window of their own",
        arguments: ["CT_small", "examples_overlay"])
    func differences(name: String) throws {
        let scratch = try TemporaryFolder()
        let url = scratch["differences.dcm"]
        let source = try ImageFile.read(
            DICOMGolden.pydicomFolder().appendingPathComponent("test_files/\(name).dcm"))
        var image = source.enlarged(2)
        image.header.derivation?.differenceWindow = Window(center: 40, width: 80)
        try ImageFile.write(image, to: url)
        let derived = try ImageFile.read(url)
        #expect(derived.pixels == image.pixels)
        #expect(derived.header.intensity.intercept == 0 && derived.header.intensity.slope == 1)
        #expect(derived.header.intensity.window == Window(center: 40, width: 80))
        #expect(source.header.intensity.intercept == (name == "CT_small" ? -1024 : 0))
    }

    @Test("The results of one run share the series they are told", arguments: [nil, "2.25.4711"])
    func sharesSeries(series: String?) throws {
        let scratch = try TemporaryFolder()
        var image = try ImageFile.read(DICOMGolden.phantom("rt-image")).enlarged(2)
        image.header.derivation?.seriesInstanceUID = series
        let found = try (1...2).map { number in
            let url = scratch["\(number).dcm"]
            try ImageFile.write(image, to: url)
            return try #require(try ImageFile.read(url).dicom.seriesInstanceUID)
        }
        #expect(series == nil ? found[0] != found[1] : found == ["2.25.4711", "2.25.4711"])
    }

    @Test("Every physical point stays within a micrometre", arguments: [2, 4])
    func keepsLandmarks(scale: Int) throws {
        let scratch = try TemporaryFolder()
        let url = scratch["derived.dcm"]
        var checked = 0
        let phantom = DICOMGolden.phantom("enhanced")
        for (original, image) in try DICOMGolden.pydicomImages() + [(phantom, ImageFile.read(phantom))] {
            guard let before = image.header.geometry.affine else { continue }
            let comment = Comment(rawValue: original.lastPathComponent)
            try ImageFile.write(image.enlarged(scale), to: url, overwrite: true)
            let after = try #require(try ImageFile.read(url).header.geometry.affine, comment)
            let (width, height) = (Double(image.pixels.width), Double(image.pixels.height))
            for (column, row) in [(0, 0), (width - 1, 0), (0, height - 1), (width / 3, height / 5)] {
                // In pixel-centre convention pixel x becomes (x + 1/2) · s − 1/2.
                func moved(_ index: Double) -> Double { (index + 0.5) * Double(scale) - 0.5 }
                let shift =
                    before(column: column, row: row, slice: 1)
                    - after(column: moved(column), row: moved(row), slice: 1)
                #expect((shift * shift).sum().squareRoot() < 1e-3, comment)
            }
            checked += 1
        }
        #expect(checked > 30)
    }

    @Test("Each frame of an enhanced object moves to its own place, and its kind is derived")
    func movesFrames() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["derived.dcm"]
        let image = try ImageFile.read(DICOMGolden.phantom("enhanced"))
        try ImageFile.write(image.enlarged(4), to: url)
        let source = try ImageFile.read(url).dicom
        let shared = (sequence: DICOMTag(rawValue: 0x5200_9229), item: 0)
        let expected = try #require(DICOMGolden.shared.phantoms["enhanced"]?.framePositionsTimes4)
        for (frame, position) in expected.enumerated() {
            let text = source[
                .imagePositionPatient, in: (DICOMTag(rawValue: 0x5200_9230), frame),
                (DICOMTag(rawValue: 0x0020_9113), 0)]
            let found = try #require(text).split(separator: "\\").compactMap { Double($0) }
            for (left, right) in zip(found, position.split(separator: "\\").compactMap { Double($0) }) {
                #expect(abs(left - right) < 1e-5, "frame \(frame)")
            }
            #expect(found.count == 3)
        }
        #expect(source[.pixelSpacing, in: shared, (DICOMTag(rawValue: 0x0028_9110), 0)] == "0.1875\\0.125")
        #expect(
            source[DICOMTag(rawValue: 0x0008_9007), in: shared, (DICOMTag(rawValue: 0x0018_9226), 0)]
                == "DERIVED\\PRIMARY\\VOLUME\\NONE")
        #expect(source[.imageType] == "DERIVED\\PRIMARY\\VOLUME\\NONE")
        let derivation = (sequence: DICOMTag(rawValue: 0x0008_9124), item: 0)
        #expect(
            source[DICOMTag(rawValue: 0x0008_1155), in: shared, derivation, (DICOMTag(rawValue: 0x0008_2112), 0)]
                == (try image.dicom.sopInstanceUID))
    }

    @Test("A calibrated ultrasound region measures the same distances at the same places", arguments: [2, 3, 4])
    func keepsUltrasoundCalibration(scale: Int) throws {
        let scratch = try TemporaryFolder()
        let url = scratch["derived.dcm"]
        let image = try ImageFile.read(DICOMGolden.phantom("ultrasound"))
        try ImageFile.write(image.enlarged(scale), to: url)
        let source = try ImageFile.read(url).dicom
        func value(_ element: UInt32) throws -> Double {
            let tag = DICOMTag(rawValue: 0x0018_0000 | element)
            let text = source[tag, in: (sequence: DICOMTag(rawValue: 0x0018_6011), item: 0)]
            return try #require(text.flatMap(Double.init))
        }
        // The region covers pixels 1…6 and 2…5 of the phantom; physical = value + (pixel − corner − reference) · delta.
        #expect(try value(0x6018) == Double(scale) && value(0x601C) == Double(7 * scale - 1))
        #expect(try value(0x601A) == Double(2 * scale) && value(0x601E) == Double(6 * scale - 1))
        let pixel = (4 + 0.5) * Double(scale) - 0.5
        let x = try value(0x6028) + (pixel - value(0x6018) - value(0x6020)) * value(0x602C)
        let y = try value(0x602A) + (pixel - value(0x601A) - value(0x6022)) * value(0x602E)
        #expect(abs(x - (0.5 + (4 - 1 - 2) * 0.05)) < 1e-9)
        #expect(abs(y - (-0.25 + (4 - 2 - 1) * 0.04)) < 1e-9)
        let spacing = try #require(try ImageFile.read(url).header.geometry.spacing)
        #expect(abs(spacing.column - 0.5 / Double(scale)) < 1e-12 && abs(spacing.row - 0.4 / Double(scale)) < 1e-12)
    }

    @Test("A portal image stays where it was on its receptor")
    func movesPortalImage() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["derived.dcm"]
        try ImageFile.write(ImageFile.read(DICOMGolden.phantom("rt-image")).enlarged(2), to: url)
        let source = try ImageFile.read(url).dicom
        // A quarter of the old spacing to the left and, as y points up, up.
        #expect(source[DICOMTag(rawValue: 0x3002_0012)] == "-1.4\\0.7")
        #expect(source[DICOMTag(rawValue: 0x3002_0011)] == "0.2\\0.4")
    }

    @Test("Bands of any height make the file that one band makes")
    func streamsBands() throws {
        let scratch = try TemporaryFolder()
        for name in ["bits", "ultrasound", "fragments-with-table", "signed-bytes"] {
            let image = try ImageFile.read(DICOMGolden.phantom(name))
            let (whole, bands) = (scratch["whole-\(name).dcm"], scratch["bands-\(name).dcm"])
            try ImageFile.write(image, to: whole)
            try ImageFile.write(image.header, to: bands) { sink in
                for slice in 0..<image.pixels.slices {
                    var row = 0
                    for height in [1, 2, 7, 100] where row < image.pixels.height {
                        let end = min(row + height, image.pixels.height)
                        try sink.append(
                            image.pixels.slice(slice).cropped(columns: 0..<image.pixels.width, rows: row..<end))
                        row = end
                    }
                }
            }
            #expect(try Data(contentsOf: whole) == Data(contentsOf: bands), "\(name)")
        }
    }

    @Test("What DICOM cannot be made of is refused in a line that says what to do")
    func refusesOtherSources() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["picture.dcm"]
        let header = ImageHeader(width: 2, height: 2, intensity: Intensity(sampleType: .uint8))
        let picture = Image(header: header, pixels: Pixels(width: 2, height: 2))
        #expect {
            try ImageFile.write(picture, to: url)
        } throws: { error in
            "\(error)" == "\(url.path): only an image that was read from DICOM can become DICOM; end the name in "
                + ".nii.gz, .png or .tif"
        }

        // Shrunk without a word about how, shifted, or fewer frames.
        let enhanced = try ImageFile.read(DICOMGolden.phantom("enhanced"))
        var unexplained = enhanced.enlarged(2)
        unexplained.header.derivation = nil
        var shifted = enhanced
        shifted.header.geometry.affine?.origin.x += 1
        var fewer = enhanced
        fewer.header.slices = 1
        fewer.pixels = enhanced.pixels.slice(0)
        for image in [unexplained, shifted, fewer] {
            #expect(throws: ImageFileError.self) { try ImageFile.write(image, to: url) }
        }
        #expect(!FileManager.default.fileExists(atPath: url.path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }

    @Test("Values that Float32 cannot hold are refused, not rounded")
    func refusesInexactIntegers() throws {
        let url = try DICOMGolden.pydicomFolder().appendingPathComponent("test_files/SC_rgb_rle_32bit.dcm")
        #expect(throws: ImageFileError.self) { _ = try ImageFile.read(url) }
    }

    private static let validator = "/usr/bin/dciodvfy"

    @Test(
        "A validator finds no error in a derived object that its source does not have",
        .enabled(if: FileManager.default.isExecutableFile(atPath: validator), "dicom3tools is not installed"))
    func satisfiesValidator() throws {
        let scratch = try TemporaryFolder()
        let url = scratch["derived.dcm"]
        let phantoms = try DICOMGolden.shared.phantoms.keys.sorted().map(DICOMGolden.phantom)
            .map { (url: $0, image: try ImageFile.read($0)) }
        for (original, image) in try DICOMGolden.pydicomImages() + phantoms {
            // The validator gives up on these before it looks: deflated, or without a meta header.
            if ["image_dfl.dcm", "deflated.dcm"].contains(original.lastPathComponent)
                || original.lastPathComponent.hasPrefix("bare-")
            {
                continue
            }
            try ImageFile.write(image.enlarged(2), to: url, overwrite: true)
            let new = try Self.errors(url).subtracting(Self.errors(original))
            #expect(new.isEmpty, "\(original.lastPathComponent)")
        }
    }

    /// The errors without the values they quote.
    private static func errors(_ url: URL) throws -> Set<String> {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: validator)
        process.arguments = [url.path]
        let output = Pipe()
        process.standardError = output
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let errors = text.split(separator: "\n").filter { $0.hasPrefix("Error") }
        return Set(errors.map { String($0.replacing(/<[^>]*>/, with: "<>")) })
    }
}
