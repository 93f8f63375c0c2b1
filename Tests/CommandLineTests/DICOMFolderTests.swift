import Foundation
import Imaging
import TestSupport
import Testing

@Suite("DICOM files and folders on the command line")
struct DICOMFolderTests {
    /// pydicom's test files, which set-up unpacks.
    private func pydicom(_ name: String) throws -> URL {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let url = root.appendingPathComponent(".cache/pydicom-3.0.2/pydicom/data/test_files/\(name)")
        try #require(
            FileManager.default.fileExists(atPath: url.path), "pydicom's test files are missing: run `make setup`")
        return url.resolvingSymlinksInPath()
    }

    @Test(
        "objects without pixels are left out of folders, counted and named by kind",
        arguments: [
            ["upscale", "disc", "-o", "out", "--model", "bicubic", "--scale", "2"],
            ["degrade", "disc", "-o", "out", "--scale", "2"],
            ["evaluate", "disc", "--models", "bicubic", "--scale", "2"],
        ])
    func leavesOutObjectsWithoutPixels(arguments: [String]) throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder["disc"], withIntermediateDirectories: true)
        for name in ["CT_small.dcm", "test-SR.dcm", "rtstruct.dcm", "waveform_ecg.dcm"] {
            try FileManager.default.copyItem(at: pydicom(name), to: folder["disc/\(name)"])
        }
        let outcome = try Fovea.run(arguments, in: folder.url)
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(
            outcome.error.contains(
                "3 files are no images and left out (without pixels: 1 Comprehensive SR, 1 RT Structure Set, "
                    + "1 Twelve Lead ECG Waveform)"))
        let named = try Fovea.run(["upscale", "disc/test-SR.dcm", "--model", "bicubic"], in: folder.url)
        #expect(named.code == 1 && named.errorLines.count == 1)
    }

    @Test("--compress makes results smaller and changes no sample; what a codec cannot hold ends before it is computed")
    func compression() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(at: pydicom("CT_small.dcm"), to: folder["scan.dcm"])
        try FileManager.default.copyItem(at: pydicom("rtdose_1frame.dcm"), to: folder["dose.dcm"])
        func upscale(_ name: String, to result: String, _ compression: String) throws -> Fovea.Outcome {
            try Fovea.run(
                "upscale", name, "-o", result, "--scale", "2", "--model", "bicubic", "--consistent", "--compress",
                compression, in: folder.url)
        }
        #expect(try upscale("scan.dcm", to: "plain.dcm", "none").code == 0)
        let plain = try ImageFile.read(folder["plain.dcm"])
        let size = try Data(contentsOf: folder["plain.dcm"]).count
        for compression in ["jpeg2000", "jpegls"] {
            #expect(try upscale("scan.dcm", to: "\(compression).dcm", compression).code == 0)
            let compressed = try ImageFile.read(folder["\(compression).dcm"])
            #expect(compressed.pixels == plain.pixels)
            #expect(try Data(contentsOf: folder["\(compression).dcm"]).count < size / 2)
        }
        let outcome = try upscale("dose.dcm", to: "large.dcm", "jpegls")
        #expect(outcome.code == 1 && outcome.error.contains("not 32 bits"))
        #expect(!FileManager.default.fileExists(atPath: folder["large.dcm"].path))
    }

    @Test("degrade cuts a size that is no multiple of the scale, says so, and keeps every point in its place")
    func cutsToMultiple() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(at: pydicom("CT_small.dcm"), to: folder["scan.dcm"])
        let source = try ImageFile.read(folder["scan.dcm"]).header
        let before = try #require(source.geometry.affine)
        for (scale, size) in [("3", 42), ("2.5", 52)] {
            let outcome = try Fovea.run(
                ["degrade", "scan.dcm", "--scale", scale, "-o", "low.dcm", "--overwrite"], in: folder.url)
            #expect(outcome.code == 0)
            #expect(outcome.error.contains("128 × 128 pixels are no multiple of \(scale)"))
            let low = try ImageFile.read(folder["low.dcm"]).header
            #expect(low.width == size && low.height == size)
            let after = try #require(low.geometry.affine)
            // MATLAB: pixel x of the small image is centred on s (x + 1/2) − 1/2 of the large one.
            let factor = try #require(Double(scale))
            for (column, row) in [(0.0, 0.0), (41, 0), (0, 41)] {
                let shift =
                    after(column: column, row: row, slice: 0)
                    - before(column: factor * (column + 0.5) - 0.5, row: factor * (row + 0.5) - 0.5, slice: 0)
                #expect((shift * shift).sum().squareRoot() < 1e-3)
            }
        }
    }
}
