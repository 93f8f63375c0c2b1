import Foundation
import Imaging
import TestSupport
import Testing

/// `fovea-lab`, started as a person starts it: through `fovea`.
@Suite struct LabTests {
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for name in ["a", "b", "c", "d"] { try folder.add("images/\(name).png", width: 64, height: 64) }
        try folder.adding("c.yaml", FolderTests.tiny)
        return folder
    }

    private let training = [
        "train", "--data", "general:images", "--scale", "2", "--config", "c.yaml", "--run", "run", "--threads", "1",
    ]

    @Test("what is trained is exported, and enlarges")
    func trainExportUpscale() throws {
        let folder = try folder()
        let trained = try Fovea.run(training + ["--steps", "80"], in: folder.url)
        #expect(trained.code == 0, "\(trained.error)")
        let losses = try String(contentsOf: folder["run/losses.csv"], encoding: .utf8).split(separator: "\n")
        #expect(losses.count == 81)
        let exported = try Fovea.run("export", "run", "--name", "mine-x2", "-o", "mine-x2.onnx", in: folder.url)
        #expect(exported.code == 0, "\(exported.error)")
        let upscaled = try Fovea.run(
            "upscale", "images/a.png", "--model", "mine-x2.onnx", "--scale", "2", "-o", "large.png", in: folder.url)
        #expect(upscaled.code == 0, "\(upscaled.error)")
        #expect(try ImageFile.read(folder["large.png"]).header.width == 128)
    }

    @Test(
        "options that a resumed run would pass over are refused, and repeated ones are not",
        arguments: [
            (["--steps", "9"], "steps 1, not 9"), (["--seed", "9"], "seed 1, not 9"),
            (["--from", "x"], "initialWeights"),
            (["--scale", "4"], "scale 2, not 4"), (["--preset", "vdsr"], "architecture"),
            (["--data", "skin:images"], "data ["),
            (["--config", "other.yaml"], "batchSize 1, not 2"),
        ])
    func resume(options: [String], mention: String) throws {
        let folder = try folder()
        try folder.adding("other.yaml", "batchSize: 2\n")
        #expect(try Fovea.run(training + ["--steps", "1"], in: folder.url).code == 0)
        #expect(try Fovea.run(training + ["--steps", "1", "--resume"], in: folder.url).code == 0)
        let refused = try Fovea.run(["train", "--run", "run", "--resume"] + options, in: folder.url)
        #expect(refused.code == 64)
        #expect(refused.errorLines.count == 1 && refused.error.contains(mention), "\(refused.error)")
    }

    @Test("a training image that cannot be read is named, counted, and not in the split")
    func unreadableImage() throws {
        let folder = try folder()
        try folder.adding("images/broken.png", "no picture")
        try folder.adding("images/notes.txt", "no picture")
        let outcome = try Fovea.run(training + ["--steps", "1"], in: folder.url)
        #expect(outcome.code == 0)
        #expect(outcome.error.contains("Warning: left out: ") && outcome.error.contains("broken.png"))
        #expect(outcome.error.contains("images: left out 1 that cannot be read, 1 that are no images of it"))
        let split = try String(contentsOf: folder["run/split.json"], encoding: .utf8)
        #expect(!split.contains("\"broken.png\",") && split.contains("a.png"))
        #expect(split.contains("leftOut"))
    }

    @Test("a generator is trained, looked at and searched; where it finds nothing there is one line and no file")
    func generateAndSearch() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b", "c"] { try folder.add("images/\(name).png", width: 16, height: 16) }
        try folder.adding(
            "c.yaml",
            """
            architecture: {stylegan2: {channels: 1, latentSize: 8, features: [8, 8, 8], mappingLayers: 2}}
            generation:
              discriminator: {stylegan2: {channels: 1, size: 16, features: 4, mostFeatures: 8}}
            cropSize: 8
            batchSize: 3
            validationShare: 0
            """)
        let lab = Fovea.products.appendingPathComponent("fovea-lab")
        let trained = try Fovea.run(
            [
                "train", "--preset", "pulse-generator-chest", "--scale", "2", "--data", "chestXRay:images", "--config",
                "c.yaml", "--run", "run", "--threads", "1", "--steps", "20",
            ], in: folder.url)
        #expect(trained.code == 0, "\(trained.error)")
        let drawn = try Fovea.run(
            ["generate", "run", "-o", "sheet.png", "--count", "5"], in: folder.url, executable: lab)
        #expect(drawn.code == 0, "\(drawn.error)")
        #expect(try ImageFile.read(folder["sheet.png"]).header.width == 48)

        try folder.add("small.png", width: 4, height: 4)
        let found = try Fovea.run(
            [
                "search", "small.png", "--generator", "run", "-o", "found.png", "--tolerance", "0.9", "--steps", "5",
                "--json", "--threads", "1",
            ], in: folder.url, executable: lab)
        #expect(found.code == 0, "\(found.error)")
        #expect(try ImageFile.read(folder["found.png"]).header.width == 16)
        #expect(try found.json()["meanSquaredDifference"] as? Double ?? 1 < 0.9)
        let again = try Fovea.run(
            ["search", "small.png", "--generator", "run", "-o", "found.png"], in: folder.url, executable: lab)
        #expect(again.code == 1 && again.error.contains("found.png"))

        let nothing = try Fovea.run(
            [
                "search", "small.png", "--generator", "run", "-o", "none.png", "--tolerance", "1e-9", "--steps", "3",
            ], in: folder.url, executable: lab)
        #expect(nothing.code == 1)
        #expect(nothing.errorLines.count == 1 && nothing.error.contains("small.png: nothing found"))
        #expect(!folder.files.contains("none.png"))
        let exported = try Fovea.run("export", "run", "--name", "g", "-o", "g.onnx", in: folder.url)
        #expect(exported.code == 1 && exported.errorLines.count == 1 && exported.error.contains("fovea-lab search"))
    }
}
