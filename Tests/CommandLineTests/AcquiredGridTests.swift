import Foundation
import Imaging
import TestSupport
import Testing

/// MR images that a scanner filled up with zeros in k-space, made as the Fourier series that they are.
@Suite("Acquired grid")
struct AcquiredGridTests {
    /// A sum of waves of up to so many cycles over the field of view, less than half of the samples acquired.
    private struct Waves {
        private let parts: [(across: Int, down: Int, amplitude: Double, phase: Double)]

        init(across: Int, down: Int) {
            var state: UInt32 = 1
            func random() -> Double {
                state = state &* 1_664_525 &+ 1_013_904_223
                return Double(state >> 8) / Double(1 << 24)
            }
            parts = (0...across).flatMap { column in
                (-down...down).compactMap { row in
                    guard column > 0 || row > 0 else { return nil }
                    return (column, row, 1500 / hypot(Double(column), Double(row)), 2 * .pi * random())
                }
            }
        }

        /// As a scanner of so many pixels stores it: at their centres.
        func samples(_ width: Int, _ height: Int) -> [UInt16] {
            let rows = (0..<height).map { row -> [Double] in
                var line = [Double](repeating: 20_000, count: width)
                for part in parts {
                    let start = 2 * .pi * (Double(part.down) * (Double(row) + 0.5) / Double(height)) + part.phase
                    let step = 2 * .pi * Double(part.across) / Double(width)
                    for column in 0..<width {
                        line[column] += part.amplitude * cos(start + step * (Double(column) + 0.5))
                    }
                }
                return line
            }
            return rows.joined().map { UInt16(min(max($0.rounded(), 0), 65_535)) }
        }
    }

    private func slice(
        _ width: Int = 128, _ height: Int = 128, across: Int = 31, down: Int = 31, matrix: [UInt16]? = [64, 0, 0, 64],
        modality: String = "MR", imageType: String? = "ORIGINAL\\PRIMARY\\M\\ND", direction: String? = nil,
        phaseShare: Double? = nil
    ) -> Data {
        let samples = Waves(across: across, down: down).samples(width, height)
        return DICOMPhantom.data(
            .init(
                width: width, height: height, instance: 1, modality: modality, imageType: imageType,
                acquisitionMatrix: matrix, phaseDirection: direction, percentPhaseFieldOfView: phaseShare
            ) { samples[$1 * width + $0] })
    }

    private func grid(_ data: Data) throws -> AcquiredGrid? {
        let folder = try TemporaryFolder()
        try data.write(to: folder["a.dcm"])
        return AcquiredGrid(of: try ImageFile.read(folder["a.dcm"]))
    }

    @Test("header and spectrum that agree tell the samples that were acquired")
    func agreed() throws {
        #expect(try grid(slice()) == AcquiredGrid(width: 64, height: 64))
    }

    @Test("a spectrum that goes on where the header ends is believed, not the header")
    func headerErrs() throws {
        #expect(try grid(slice(across: 63, down: 63)) == nil)
    }

    @Test("a spectrum that ends earlier than the header says is left alone too")
    func spectrumEndsEarlier() throws {
        #expect(try grid(slice(across: 20, down: 20, matrix: [80, 0, 0, 80])) == nil)
    }

    @Test("without a statement, derived, or of another modality, nothing is told")
    func unstated() throws {
        #expect(try grid(slice(matrix: nil)) == nil)
        #expect(try grid(slice(modality: "CT")) == nil)
        #expect(try grid(slice(imageType: "DERIVED\\SECONDARY\\MPR")) == nil)
    }

    @Test("an axis that hardly has more samples than were acquired keeps them")
    func oneAxis() throws {
        // 128 rows were measured, and 64 of 128 columns.
        #expect(
            try grid(slice(across: 31, down: 63, matrix: [128, 0, 0, 64])) == AcquiredGrid(width: 64, height: 128))
    }

    @Test("the spectrum tells whose axis a number is where the header says two things")
    func contradictingDirections() throws {
        let expected = AcquiredGrid(width: 48, height: 64)
        // 64 of rows and 48 of columns by the matrix; "COL" says that 48 is the number of rows.
        #expect(try grid(slice(across: 23, down: 31, matrix: [64, 0, 0, 48], direction: "COL")) == expected)
        #expect(try grid(slice(across: 23, down: 31, matrix: [64, 0, 0, 48], direction: "ROW")) == expected)
    }

    @Test("phases of a part of the field of view count for all of it where all is stored")
    func phaseFieldOfView() throws {
        // 48 phases in 75 % of the width lie as close as 64 in all of it.
        #expect(
            try grid(slice(matrix: [64, 0, 0, 48], direction: "ROW", phaseShare: 75))
                == AcquiredGrid(width: 64, height: 64))
    }

    @Test("sizes need not be even, nor multiples")
    func oddSizes() throws {
        #expect(
            try grid(slice(135, 121, across: 33, down: 42, matrix: [85, 0, 0, 67]))
                == AcquiredGrid(width: 67, height: 85))
    }

    @Test("upscale says what it enlarged, and keeps the frequencies that were acquired")
    func upscale() throws {
        let folder = try TemporaryFolder()
        try slice().write(to: folder["a.dcm"])
        let outcome = try Fovea.run(
            "upscale", "a.dcm", "--scale", "2", "--json", in: folder.url)
        #expect(outcome.code == 0)
        let report = try #require((try outcome.json()["inputs"] as? [[String: Any]])?.first)
        #expect(report["acquiredGrid"] as? [String: Int] == ["width": 64, "height": 64])

        let (source, result) = (try ImageFile.read(folder["a.dcm"]), try ImageFile.read(folder["a_x2.dcm"]))
        #expect(result.header.width == 256 && result.header.height == 256)
        guard case .dicom(let derived) = result.header.source else {
            Issue.record("no DICOM file")
            return
        }
        let description = try #require(derived[.derivationDescription])
        #expect(
            description.hasPrefix("Enlarged 2x from 64 x 64 samples acquired of 128 x 128, whose frequencies are kept"))
        // The centre of the first pixel moves by a quarter of the source's pixels of 0.5 mm.
        let origin = try #require(result.header.geometry.affine).origin
        #expect(abs(origin.x + 0.125) < 1e-6 && abs(origin.y + 0.125) < 1e-6)

        // Waves of the source are the same waves in the result.
        for (across, down) in [(0, 0), (1, 0), (3, 2), (12, 20), (29, 7)] {
            let (mine, theirs) = (wave(across, down, of: result), wave(across, down, of: source))
            #expect(hypot(mine.x - theirs.x, mine.y - theirs.y) < 1)
        }
    }

    @Test("all stored samples are enlarged where that is asked for")
    func notWanted() throws {
        let folder = try TemporaryFolder()
        try slice().write(to: folder["a.dcm"])
        let outcome = try Fovea.run(
            "upscale", "a.dcm", "--scale", "2", "--acquired-grid", "none", "--json", in: folder.url)
        #expect(outcome.code == 0)
        #expect(!outcome.output.contains("acquiredGrid"))
    }

    @Test("info names the samples that were acquired")
    func info() throws {
        let folder = try TemporaryFolder()
        try slice().write(to: folder["a.dcm"])
        #expect(try Fovea.run("info", "a.dcm", in: folder.url).output.contains("64 × 64 samples, filled up with zeros"))
    }

    /// The mean of the samples times a wave that is 1 at the corner of the field of view.
    private func wave(_ across: Int, _ down: Int, of image: Image) -> SIMD2<Double> {
        let (width, height) = (image.header.width, image.header.height)
        var sum = SIMD2<Double>.zero
        for row in 0..<height {
            for column in 0..<width {
                let angle =
                    2 * Double.pi
                    * (Double(across) * (Double(column) + 0.5) / Double(width)
                        + Double(down) * (Double(row) + 0.5) / Double(height))
                sum += Double(image.pixels.samples[row * width + column]) * SIMD2(cos(angle), -sin(angle))
            }
        }
        return sum / Double(width * height)
    }
}
