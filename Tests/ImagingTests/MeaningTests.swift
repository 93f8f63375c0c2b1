import Foundation
import Imaging
import TestSupport
import Testing

/// Files and expectations made by Tools/golden/meaning.py.
@Suite("What is no intensity")
struct MeaningTests {
    struct Case: Decodable, Sendable {
        var missing: [Int]
        var codes: String?
        var error: String?
        var samples: [Double]?
    }

    private static let folder = Bundle.module.bundleURL.appendingPathComponent("Golden/meaning")
    static let cases: [String: Case] = {
        let url = Bundle.module.bundleURL.appendingPathComponent("Golden/meaning.json")
        return (try? JSONDecoder().decode([String: Case].self, from: Data(contentsOf: url))) ?? [:]
    }()

    private static func read(_ name: String) throws(ImageFileError) -> Image {
        try ImageFile.read(folder.appendingPathComponent(name))
    }

    @Test("is told by the file", arguments: cases.keys.sorted())
    func isKnown(name: String) throws {
        let expected = Self.cases[name]!
        if let part = expected.error {
            let error = #expect(throws: ImageFileError.self) { try Self.read(name) }
            #expect(try #require(error).description.contains(part))
            return
        }
        let image = try Self.read(name)
        let missing = image.noData.map { mask in mask.isMissing.indices.filter { mask.isMissing[$0] } } ?? []
        #expect(missing == expected.missing)
        #expect((image.header.meaning == .quantity) == (expected.codes == nil))
        if let codes = expected.codes { #expect(image.header.meaning.codesStatement!.contains(codes)) }
        if let samples = expected.samples {
            let found = image.pixels.samples.filter { !$0.isNaN }
            #expect(zip(found, samples).allSatisfy { abs(Double($0) - $1) <= abs($1) * 6e-8 })
            #expect(found.count == samples.count)
        }
        #expect(image.header.channels == 1)
    }

    @Test("survives being written and read again", arguments: cases.keys.sorted().filter { cases[$0]!.error == nil })
    func isKept(name: String) throws {
        let image = try Self.read(name)
        let scratch = try TemporaryFolder()
        let url = scratch["copy." + name.split(separator: ".").last!]
        try ImageFile.write(image, to: url)
        let copy = try ImageFile.read(url)
        #expect(copy.noData == image.noData && copy.header.meaning == image.header.meaning)
        let same = zip(copy.pixels.samples, image.pixels.samples).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
        // The largest dose of 32 bits has no Float32 that they hold.
        #expect(same || name == "dose.dcm")
    }

    @Test("stays known as codes from DICOM to NIfTI")
    func exchange() throws {
        let scratch = try TemporaryFolder()
        try ImageFile.write(Self.read("label-map-palette.dcm"), to: scratch["labels.nii"])
        let copy = try ImageFile.read(scratch["labels.nii"])
        #expect(copy.header.meaning == .codes(statement: "NIfTI intent LABEL"))
    }

    @Test("is seen by no degradation and stands where half of a new pixel holds no data")
    func degradation() throws {
        var image = Self.ramp(width: 8, height: 8)
        image.header.padding = -2000 ... -2000
        // Of the first new column one old column of two, of the second none.
        for index in image.pixels.samples.indices where index % 8 < 1 { image.pixels.samples[index] = -2000 }
        var generator = SeededGenerator(seed: 0)
        let result = try Degradation("bicubic/2").drawn(using: &generator)(image, valueRange: -32768...32767)
        for (index, sample) in result.samples.enumerated() {
            if index % 4 == 0 { #expect(sample == -2000) } else { #expect((0...7).contains(sample)) }
        }
    }

    @Test("as codes is reduced by nearest neighbour, and by nothing else")
    func degradedCodes() throws {
        let image = try Self.read("label.nii")
        var generator = SeededGenerator(seed: 0)
        let result = try Degradation("bicubic/2").drawn(using: &generator)(image, valueRange: 0...255)
        #expect(Set(result.samples) == [2, 17] && result.width == 3 && result.height == 2)
        let noisy = try Degradation("bicubic/2,noise:5").drawn(using: &generator)
        #expect(throws: DegradationError.self) { try noisy(image, valueRange: 0...255) }
    }

    @Test("is filled in as the picture goes on, and nothing else changes")
    func fills() {
        var image = Self.ramp(width: 9, height: 7)
        image.header.padding = -2000 ... -1999
        image.pixels.samples[3 * 9 + 4] = -2000
        for row in 0..<7 { image.pixels.samples[row * 9 + 8] = -1999 }
        let filled = image.filled
        // The middle of its eight neighbours on a ramp is the ramp's.
        #expect(filled.pixels.samples[3 * 9 + 4] == 4)
        for row in 0..<7 { #expect(filled.pixels.samples[row * 9 + 8] == 7) }
        let mask = image.noData!
        #expect(mask.count == 8)
        #expect(zip(mask.isMissing, zip(filled.pixels.samples, image.pixels.samples)).allSatisfy { $0 || $1.0 == $1.1 })
        #expect(filled.noData == nil)
    }

    /// The column's number everywhere.
    private static func ramp(width: Int, height: Int) -> Image {
        Image(
            header: ImageHeader(width: width, height: height, intensity: Intensity(sampleType: .int16)),
            pixels: Pixels(
                width: width, height: height, samples: (0..<width * height).map { Float($0 % width) }))
    }
}
