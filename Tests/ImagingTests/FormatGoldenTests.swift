import Foundation
import Imaging
import TestSupport
import Testing

/// Files that nibabel, pypng, Pillow and tifffile wrote, read and written again.
@Suite("Files that others wrote")
struct FormatGoldenTests {
    struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        var file: String
        var width: Int
        var height: Int
        var slices: Int
        var colorModel: ColorModel
        var sampleType: SampleType
        /// Column, row.
        var spacing: [Double]?
        /// Column, row, slice, origin.
        var affine: [Double]?
        var qform: [Double]?
        var slope: Double?
        var intercept: Double?
        var polarity: Polarity?
        var storedMaximum: Float?
        var tolerance: Float
        var samples: [Float]

        var testDescription: String { file }
        var url: URL { FormatGoldenTests.folder.appendingPathComponent(file) }

        static let all: [Golden] = {
            let data = try! Data(contentsOf: folder.appendingPathComponent("formats.json"))
            return try! JSONDecoder().decode([Golden].self, from: data)
        }()

        static let niftis = all.filter { $0.file.contains(".nii") || $0.file.hasSuffix(".hdr") }
    }

    static let folder = Bundle.module.resourceURL!.appendingPathComponent("Golden/formats")

    private func expect(_ image: Image, toBe golden: Golden) {
        let header = image.header
        #expect(header.width == golden.width && header.height == golden.height && header.slices == golden.slices)
        #expect(header.colorModel == golden.colorModel)
        #expect(header.intensity.sampleType == golden.sampleType)
        #expect(header.intensity.slope == golden.slope ?? 1 && header.intensity.intercept == golden.intercept ?? 0)
        #expect(header.intensity.polarity == golden.polarity ?? .brightIsHigh)
        if let maximum = golden.storedMaximum { #expect(header.intensity.storedRange == 0...maximum) }
        if golden.tolerance == 0 {
            #expect(image.pixels.samples == golden.samples)
        } else {
            #expect(zip(image.pixels.samples, golden.samples).allSatisfy { abs($0 - $1) <= golden.tolerance })
        }
        expect(header.geometry.spacing.map { [$0.column, $0.row] }, near: golden.spacing)
        expect(header.geometry.affine?.numbers, near: golden.affine)
    }

    private func expect(_ numbers: [Double]?, near golden: [Double]?) {
        guard let numbers, let golden else {
            #expect(numbers == golden)
            return
        }
        #expect(zip(numbers, golden).allSatisfy { abs($0 - $1) < 1e-5 }, "\(numbers) instead of \(golden)")
    }

    @Test("hold what was put into them", arguments: Golden.all)
    func reading(_ golden: Golden) throws {
        expect(try ImageFile.read(golden.url), toBe: golden)
    }

    @Test("come back as they were", arguments: Golden.all.filter { $0.tolerance == 0 })
    func roundTrip(_ golden: Golden) throws {
        let folder = try TemporaryFolder()
        let name = golden.file.replacingOccurrences(of: ".hdr", with: ".nii")
        let url = folder.url.appendingPathComponent(name)
        try ImageFile.write(try ImageFile.read(golden.url), to: url)
        expect(try ImageFile.read(url), toBe: golden)
    }

    /// All of a NIfTI-1 header but dim[1], dim[2], pixdim, vox_offset, quaternion offsets and sform rows.
    private static let keptBytes = [0..<42, 46..<76, 112..<268, 328..<344]

    @Test(
        "keep their NIfTI header, to the byte, where nothing of it has changed",
        arguments: [
            "nifti1-int8-little.nii", "nifti1-int32-little.nii", "two-forms.nii", "four-dimensions.nii", "no-form.nii",
        ])
    func header(_ name: String) throws {
        let folder = try TemporaryFolder()
        let source = FormatGoldenTests.folder.appendingPathComponent(name)
        let image = try ImageFile.read(source)
        let header = image.header.resized(width: image.header.width * 2, height: image.header.height * 2)
        let url = folder.url.appendingPathComponent("scaled.nii")
        let pixels = Pixels(width: header.width, height: header.height, slices: header.slices)
        try ImageFile.write(Image(header: header, pixels: pixels), to: url)
        let before = [UInt8](try Data(contentsOf: source))
        let after = [UInt8](try Data(contentsOf: url))
        for range in FormatGoldenTests.keptBytes {
            #expect(before[range] == after[range], "bytes \(range)")
        }
        let samplesStart = before.count - image.pixels.samples.count * image.header.intensity.sampleType.bits / 8
        #expect(before[348..<samplesStart] == after[348..<samplesStart], "the extensions")
        // qfac, and the steps along slices and time.
        #expect(before[76..<80] == after[76..<80] && before[88..<108] == after[88..<108])
    }

    @Test("keep both forms of a NIfTI file on the same landmarks", arguments: [2.0, 4])
    func twoForms(_ scale: Double) throws {
        let golden = try #require(Golden.all.first { $0.file == "two-forms.nii" })
        let folder = try TemporaryFolder()
        let image = try ImageFile.read(golden.url)
        let header = image.header.resized(
            width: image.header.width * Int(scale), height: image.header.height * Int(scale))
        let url = folder.url.appendingPathComponent("scaled.nii")
        let pixels = Pixels(width: header.width, height: header.height, slices: header.slices)
        try ImageFile.write(Image(header: header, pixels: pixels), to: url)
        let sform = try #require(try ImageFile.read(url).header.geometry.affine)
        // Without sform_code, at byte 254, the qform is what places the file.
        var bytes = [UInt8](try Data(contentsOf: url))
        bytes.replaceSubrange(254..<256, with: [0, 0])
        let qform = try #require(try ImageFile.read(folder.write(bytes, to: "qform.nii")).header.geometry.affine)

        for (form, reference) in [(sform, golden.affine), (qform, golden.qform)] {
            let before = Affine(try #require(reference))
            for (column, row, slice) in [(0.0, 0.0, 0.0), (3, 2, 1), (0, 2, 0)] {
                let old = before(column: column, row: row, slice: slice)
                let new = form(
                    column: column * scale + (scale - 1) / 2, row: row * scale + (scale - 1) / 2, slice: slice)
                #expect(((old - new) * (old - new)).sum().squareRoot() < 1e-3)
            }
        }
    }

    @Test("hold NaN where they hold no data")
    func noData() throws {
        let image = try ImageFile.read(FormatGoldenTests.folder.appendingPathComponent("nan.nii"))
        let mask = try #require(image.noData)
        #expect(mask.count == 1 && mask.isMissing[(5 * image.header.height + 1) * image.header.width + 3])
    }

    @Test("say in one line what cannot be read of them")
    func refused() throws {
        func path(_ name: String) -> String { FormatGoldenTests.folder.appendingPathComponent(name).path }
        func error(_ name: String) -> ImageFileError? {
            #expect(throws: ImageFileError.self) { _ = try ImageFile.read(URL(fileURLWithPath: path(name))) }
        }
        #expect(
            error("complex.nii")
                == .unsupported(path: path("complex.nii"), feature: "complex voxels; take their magnitude first"))
        #expect(
            error("inexact.nii")
                == .unsupported(
                    path: path("inexact.nii"),
                    feature:
                        "the value 16777217 at column 1, row 2, slice 2 has more than the 24 significant bits kept; "
                        + "renumber or rescale the values so that 16 bits hold them"))
        #expect(error("cmyk.jpg") == .unsupported(path: path("cmyk.jpg"), feature: "CMYK color; convert it to RGB"))
        #expect(
            error("pages-differ.tif")
                == .unsupported(
                    path: path("pages-differ.tif"),
                    feature: "pages that differ: page 1 has 6 × 3 pixels, page 0 6 × 5; split the file"))
    }
}

extension Affine {
    fileprivate var numbers: [Double] { [column, row, slice, origin].flatMap { [$0.x, $0.y, $0.z] } }

    fileprivate init(_ n: [Double]) {
        self.init(
            column: [n[0], n[1], n[2]], row: [n[3], n[4], n[5]], slice: [n[6], n[7], n[8]],
            origin: [n[9], n[10], n[11]])
    }
}
