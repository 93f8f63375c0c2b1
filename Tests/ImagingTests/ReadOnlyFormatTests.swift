import Foundation
import Imaging
import TestSupport
import Testing

/// Files that SimpleITK and Pillow wrote, in formats that are read but not written.
@Suite("MetaImage and PNM files that others wrote")
struct ReadOnlyFormatTests {
    struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        var file: String
        var format: ImageFormat
        var width: Int
        var height: Int
        var slices: Int
        var colorModel: ColorModel
        var sampleType: SampleType
        var storedMaximum: Float?
        var spacing: [Double]?
        /// Column, row, slice, origin.
        var affine: [Double]?
        var samples: [Float]

        var testDescription: String { file }
        var url: URL { folder.appendingPathComponent(file) }

        static let all = try! JSONDecoder().decode(
            [Golden].self, from: Data(contentsOf: folder.appendingPathComponent("readonly.json")))
    }

    static let folder = Bundle.module.resourceURL!.appendingPathComponent("Golden/readonly")

    @Test("an animation is its first picture, and says so")
    func animation() throws {
        let url = Bundle.module.resourceURL!.appendingPathComponent("Golden/formats/animated.png")
        let image = try ImageFile.read(url)
        #expect(image.pixels.samples == [Float](repeating: 10, count: 16 * 12))
        #expect(image.header.warnings == ["an animation of 3 pictures, of which the first alone is taken"])
    }

    @Test("hold what was put into them", arguments: Golden.all)
    func reading(_ golden: Golden) throws {
        #expect(try ImageFile.format(of: golden.url) == golden.format)
        let image = try ImageFile.read(golden.url)
        let header = image.header
        #expect(header.width == golden.width && header.height == golden.height && header.slices == golden.slices)
        #expect(header.colorModel == golden.colorModel && header.intensity.sampleType == golden.sampleType)
        if let maximum = golden.storedMaximum { #expect(header.intensity.storedRange == 0...maximum) }
        #expect(image.pixels.samples == golden.samples)
        #expect(header.geometry.spacing.map { [$0.column, $0.row] } == golden.spacing)
        let affine = header.geometry.affine.map { a in
            [a.column, a.row, a.slice, a.origin].flatMap { [$0.x, $0.y, $0.z] }
        }
        #expect(affine?.count == golden.affine?.count)
        for (value, expected) in zip(affine ?? [], golden.affine ?? []) { #expect(abs(value - expected) < 1e-9) }
        if golden.affine != nil { #expect(header.geometry.space == .lps) }
    }

    @Test("cut off anywhere are refused in one line", arguments: Golden.all)
    func truncated(_ golden: Golden) throws {
        let folder = try TemporaryFolder()
        let bytes = try Data(contentsOf: golden.url)
        let url = folder.url.appendingPathComponent(golden.file)
        for count in stride(from: 0, to: bytes.count - (golden.file.hasSuffix(".mhd") ? 12 : 0), by: 7) {
            try bytes.prefix(count).write(to: url)
            let error = #expect(throws: ImageFileError.self, "\(count) of \(bytes.count) bytes") {
                try ImageFile.read(url)
            }
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test("that promise what no file holds are refused")
    func hostile() throws {
        let folder = try TemporaryFolder()
        let meta = "ObjectType = Image\nNDims = 3\nElementType = MET_SHORT\nElementSpacing = 1 1 1\n"
        let hostile = [
            "a.ppm": "P6\n100000 100000\n255\n", "b.ppm": "P6\n0 4\n255\nabcdefghijkl", "c.ppm": "P6\n4 4\n70000\n",
            "d.pgm": "P5 99999999999999999999 4 255 ", "e.pgm": "P2\n2 2\n255\n1 2 3 4\n",
            "f.mha": meta + "DimSize = 100000 100000 100000\nElementDataFile = LOCAL\n",
            "g.mha": meta + "DimSize = -4 4 4\nElementDataFile = LOCAL\n",
            "h.mha": meta + "DimSize = 4 nan 4\nElementDataFile = LOCAL\n",
            "i.mhd": meta + "DimSize = 4 4 4\nElementDataFile = nowhere.raw\n",
            "j.mhd": meta + "DimSize = 4 4 4\nElementDataFile = slice%03d.raw 1 4 1\n",
            "k.mha": meta + "DimSize = 4 4 4\nTransformMatrix = 1 0\nElementDataFile = LOCAL\n"
                + String(repeating: "x", count: 128),
            "l.mha": "ObjectType = Image\nNDims = 9\nElementDataFile = LOCAL\n",
            "m.mhd": meta + "DimSize = 4 4 4\nHeaderSize = 1e300\nElementDataFile = m.mhd\n",
        ]
        for (name, text) in hostile {
            let url = folder.url.appendingPathComponent(name)
            try Data(text.utf8).write(to: url)
            let error = #expect(throws: ImageFileError.self, "\(name)") { try ImageFile.read(url) }
            #expect(error?.description.contains("\n") == false, "\(name)")
        }
    }

    @Test("can name the greatest level, and carry comments")
    func comments() throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("a.pgm")
        try Data("P5 # made by hand\n# 2 wide\n2 1\n# levels\n100\n".utf8 + [7, 100]).write(to: url)
        let image = try ImageFile.read(url)
        #expect(image.pixels.samples == [7, 100] && image.header.intensity.storedRange == 0...100)
    }

    @Test("are not written")
    func writing() throws {
        let folder = try TemporaryFolder()
        let image = try ImageFile.read(Golden.all[0].url)
        for name in ["a.mha", "a.ppm"] {
            let url = folder.url.appendingPathComponent(name)
            #expect(throws: ImageFileError.unknownExtension(path: url.path)) { try ImageFile.write(image, to: url) }
        }
    }
}
