import Foundation
import Imaging
import TestSupport
import Testing

/// Files of `Tools/golden/arrangement.py`: what one grid can say of their slices is put in order, the rest is refused.
@Suite("Slices that are no plain stack")
struct ArrangementTests {
    struct Golden: Decodable {
        struct Volumes: Decodable {
            /// The value of each slice, in the order of space, in real-world terms.
            var volumes: [[Float]]
            /// In LPS.
            var step: [Double]?
            var origin: [Double]?
            var interval: Double?
        }

        var volumes: [String: Volumes]
        var refused: [String: String]

        static let shared: Golden = {
            let data = try! Data(contentsOf: folder.appendingPathComponent("arrangement.json"))
            return try! JSONDecoder().decode(Golden.self, from: data)
        }()
    }

    private static let folder = Bundle.module.resourceURL!.appendingPathComponent("Golden/arrangement")
    private let output: TemporaryFolder

    init() throws { output = try TemporaryFolder() }

    private func read(_ name: String) throws -> Image {
        try ImageFile.read(Self.folder.appendingPathComponent(name))
    }

    @Test("A NIfTI holds each slice at its place, volume after volume", arguments: Golden.shared.volumes.keys.sorted())
    func arranges(_ name: String) throws {
        let golden = try #require(Golden.shared.volumes[name])
        let url = output.url.appendingPathComponent("result.nii")
        try ImageFile.write(try read(name), to: url)
        let image = try ImageFile.read(url)
        #expect(image.header.volumes == golden.volumes.count)
        #expect(image.header.slices == golden.volumes.joined().count)
        let intensity = image.header.intensity
        let values = (0..<image.header.slices).map {
            Float(Double(image.pixels.slice($0).samples[0]) * intensity.slope + intensity.intercept)
        }
        #expect(values == golden.volumes.flatMap(\.self))
        #expect(image.header.volumeInterval.map(Float.init) == golden.interval.map(Float.init))
        let step = golden.step.map { [-$0[0], -$0[1], $0[2]] }
        let origin = golden.origin.map { [-$0[0], -$0[1], $0[2]] }
        let affine = image.header.geometry.affine
        for (found, expected) in [(affine?.slice, step), (affine?.origin, origin)] {
            guard let expected else { continue }
            for axis in 0..<3 { #expect(abs(try #require(found)[axis] - expected[axis]) < 1e-5) }
        }
    }

    @Test(
        "What one grid cannot say is refused, with what the stacks differ in",
        arguments: Golden.shared.refused.keys.sorted())
    func refuses(_ name: String) throws {
        let image = try read(name)
        for ending in ["nii", "tif"] {
            let url = output.url.appendingPathComponent("result.\(ending)")
            let error = #expect(throws: ImageFileError.self) { try ImageFile.write(image, to: url) }
            guard case .cannotHold(_, let reason) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(reason.contains(Golden.shared.refused[name]!))
            #expect(!FileManager.default.fileExists(atPath: url.path))
        }
    }

    @Test("A header that was not arranged is refused where slices are streamed")
    func streaming() throws {
        let header = try read("order.dcm").header
        #expect(throws: ImageFileError.self) {
            try ImageFile.write(header, to: output.url.appendingPathComponent("result.nii")) { _ in }
        }
    }

    @Test("DICOM keeps its frames as they lie, and refuses those that were arranged")
    func dicom() throws {
        let image = try read("order.dcm")
        let url = output.url.appendingPathComponent("result.dcm")
        try ImageFile.write(image, to: url)
        #expect(try ImageFile.read(url).pixels == image.pixels)
        let arranged = try image.arranged(for: .nifti, path: "result.nii")
        #expect(throws: ImageFileError.self) { try ImageFile.write(arranged, to: url, overwrite: true) }
    }

    @Test("Pages of a TIFF are frames with values of one meaning, but do not tell volumes from slices")
    func pages() throws {
        let url = output.url.appendingPathComponent("result.tif")
        try ImageFile.write(try read("slopes.dcm"), to: url)
        let image = try ImageFile.read(url)
        #expect((0..<4).map { image.pixels.slice($0).samples[0] } == [100, 201, 402, 53])
        let error = #expect(throws: ImageFileError.self) {
            try ImageFile.write(try read("echoes.dcm"), to: url, overwrite: true)
        }
        #expect("\(error!)".contains("2 volumes from 3 slices"))
    }

    @Test("A sheared stack leaves out the qform, a straight one has it")
    func shear() throws {
        func codes(_ name: String) throws -> [UInt8] {
            let url = output.url.appendingPathComponent("\(name).nii")
            try ImageFile.write(try read(name), to: url)
            // qform_code and sform_code (nifti1.h).
            return [UInt8](try Data(contentsOf: url)[252..<256])
        }
        #expect(try codes("tilt.dcm") == [0, 0, 1, 0])
        #expect(try codes("order.dcm") == [1, 0, 1, 0])
    }

    @Test("CIFTI and surfaces are no volumes", arguments: ["bold.dtseries.nii", "triangles.nii"])
    func noVolume(_ name: String) {
        let error = #expect(throws: ImageFileError.self) { try read(name) }
        guard case .unsupported = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    // MARK: TIFF

    private func enlarged(_ name: String, as result: String) throws -> (image: Image, text: String) {
        let source = try read(name)
        var header = source.header.resized(width: source.header.width * 2, height: source.header.height * 2)
        header.derivation = Derivation(description: "Enlarged ×2", model: "bicubic", scale: 2)
        let pixels = source.pixels.resized(width: header.width, height: header.height)
        let url = output.url.appendingPathComponent(result)
        try ImageFile.write(Image(header: header, pixels: pixels), to: url)
        return (try ImageFile.read(url), String(decoding: try Data(contentsOf: url), as: UTF8.self))
    }

    @Test("ImageJ's calibration is read, kept and brought to the new grid")
    func calibration() throws {
        let source = try read("calibrated.tif").header
        #expect(source.intensity.slope == 1 && source.intensity.intercept == -32768)
        #expect(source.intensity.window == Window(center: 500, width: 1000))
        #expect(source.geometry.spacing == PixelSpacing(column: 0.0005, row: 0.00025))
        let (image, text) = try enlarged("calibrated.tif", as: "result.tif")
        #expect(image.header.geometry.spacing == PixelSpacing(column: 0.00025, row: 0.000125))
        #expect(image.header.intensity == source.intensity)
        #expect(text.contains("ImageJ=1.53t\nunit=\\u00B5m\nspacing=3.0\ncf=0\nc0=-32768.0\nc1=1.0\n"))
        #expect(text.contains("xorigin=8.0\n"))
    }

    @Test("OME's sizes are those of the new grid, and its channels stay")
    func ome() throws {
        let source = try read("channels.ome.tif").header
        #expect(source.geometry.spacing == PixelSpacing(column: 0.0005, row: 0.00025))
        let (image, text) = try enlarged("channels.ome.tif", as: "result.ome.tif")
        #expect(image.header.geometry.spacing == PixelSpacing(column: 0.00025, row: 0.000125))
        for words in [#"SizeX="6""#, #"SizeY="4""#, #"SizeC="2""#, #"SizeT="2""#, #"PhysicalSizeX="0.25""#] {
            #expect(text.contains(words))
        }
    }

    @Test("A resolution without a unit stays a ratio, in every picture format", arguments: ["tif", "png", "jpg"])
    func ratio(_ ending: String) throws {
        let (image, _) = try enlarged("ratio.tif", as: "result.\(ending)")
        let shape = try #require(image.header.geometry.relativeSpacing)
        #expect(image.header.geometry.spacing == nil)
        #expect(shape.column == 2 * shape.row)
    }

    @Test("tifffile's shape is that of the new grid")
    func shape() throws {
        #expect(try enlarged("shaped.tif", as: "result.tif").text.contains(#"{"shape": [3, 4, 6]"#))
    }

    @Test("Hyperstacks stay hyperstacks")
    func hyperstack() throws {
        let (image, text) = try enlarged("hyperstack.tif", as: "result.tif")
        #expect(text.contains("images=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true\n"))
        #expect((0..<12).map { image.pixels.slice($0).samples[0] } == (0..<12).map(Float.init))
    }

    @Test("Tags that speak of the grid and are not kept are named")
    func namesTags() throws {
        let warnings = try read("geotiff.tif").header.warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("ModelPixelScale, ModelTiepoint") == true)
        #expect(try read("ratio.tif").header.warnings.isEmpty)
    }

    @Test("Several series in one OME-TIFF are refused")
    func series() {
        let error = #expect(throws: ImageFileError.self) { try read("series.ome.tif") }
        #expect("\(error!)".contains("2 images (series)"))
    }

    @Test("A file that ends before the pictures it states is cut off")
    func cutOff() throws {
        let url = output.url.appendingPathComponent("cut.tif")
        try Data(contentsOf: Self.folder.appendingPathComponent("behind-one-directory.tif")).dropLast(8).write(to: url)
        let error = #expect(throws: ImageFileError.self) { try ImageFile.read(url) }
        guard case .truncated = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
