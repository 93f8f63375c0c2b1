import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct OtherCommandTests {
    @Test("info tells what a file holds")
    func info() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.tif", type: .uint16, color: .rgb)
        let text = try Fovea.run("info", "a.tif", in: folder.url)
        #expect(text.code == 0)
        #expect(text.output.contains("size         40 × 30 pixels, 1 slice, color"))
        #expect(text.output.contains("samples      uint16, 16 bits, can be 0 to 65535, found 0 to 250"))
        let json = try Fovea.run("info", "a.tif", "nowhere.tif", "--json", in: folder.url)
        #expect(json.code == 1)
        let files = try #require(try json.json()["files"] as? [[String: Any]])
        #expect(files[0]["format"] as? String == "tiff" && files[0]["width"] as? Int == 40)
        #expect(files[1]["error"] as? String != nil)
    }

    @Test("metrics of an image with itself are perfect, in text and JSON")
    func metrics() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.png")
        let outcome = try Fovea.run("metrics", "a.png", "a.png", "--json", "-", in: folder.url)
        #expect(outcome.code == 0)
        let metrics = try #require(try outcome.json()["metrics"] as? [String: Any])
        #expect(metrics["psnr"] as? String == "Infinity")
        #expect(metrics["ssim.wang2004"] as? Double == 1)
        #expect(metrics["msssim.wang2003"] == nil)
        let text = try Fovea.run("metrics", "a.png", "a.png", in: folder.url)
        #expect(text.output.contains("ssim.wang2004        1.0000  SSIM, Gaussian 11 × 11"))
        #expect(text.output.contains("msssim.wang2003           –  "))
        #expect(text.output.hasSuffix("gray, range 0…255\n"))
    }

    @Test("images of different sizes cannot be compared")
    func differentSizes() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.png")
        try folder.add("b.png", width: 20)
        let outcome = try Fovea.run("metrics", "a.png", "b.png", in: folder.url)
        #expect(outcome.code == 1 && outcome.errorLines.count == 1)
    }

    @Test("pictures of different ranges are compared only where the range of both is named")
    func mixedDeclarations() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.png", type: .uint16)
        try folder.add("b.png")
        let outcome = try Fovea.run("metrics", "a.png", "b.png", in: folder.url)
        #expect(outcome.code == 1 && outcome.errorLines.count == 1)
        #expect(outcome.error.contains("0…255") && outcome.error.contains("--range 0,65535"))
        let named = try Fovea.run("metrics", "a.png", "b.png", "--range", "0,255", in: folder.url)
        #expect(named.code == 0 && named.output.contains("∞"))
    }

    @Test("what a result cannot say is told, in JSON too")
    func warnings() throws {
        let folder = try TemporaryFolder()
        var image = try folder.add("scan.nii", type: .uint8)
        image.header.intensity.intercept = -1024
        try ImageFile.write(image, to: folder["scan.nii"], overwrite: true)
        for command in ["upscale", "degrade"] {
            let outcome = try Fovea.run(
                command, "scan.nii", "-o", "\(command).png", "--scale", "2", "--json",
                in: folder.url)
            #expect(outcome.code == 0)
            let inputs = try #require(try outcome.json()["inputs"] as? [[String: Any]])
            #expect("\(inputs[0]["warnings"] ?? "")".contains("slope and intercept (1.0, -1024.0"))
            #expect(outcome.error.contains("Warning: scan.nii: PNG has no place for slope"))
        }
    }

    @Test("degrading is the same for the same seed")
    func degrade() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.png")
        for (seed, name) in [("1", "first"), ("1", "again"), ("2", "other")] {
            let outcome = try Fovea.run(
                "degrade", "a.png", "--scale", "2", "--noise", "5", "--seed", seed, "-o", "\(name).png", in: folder.url)
            #expect(outcome.code == 0)
        }
        let (first, again, other) = (
            try ImageFile.read(folder["first.png"]), try ImageFile.read(folder["again.png"]),
            try ImageFile.read(folder["other.png"])
        )
        #expect(first.header.width == 20 && first.header.height == 15)
        #expect(first.pixels == again.pixels)
        #expect(first.pixels != other.pixels)
        #expect(abs(first.header.geometry.spacing!.column - 1) < 1e-3)
    }

    @Test("evaluate prints a table and keeps the values")
    func evaluate() throws {
        let folder = try TemporaryFolder()
        try folder.add("images/a.png", width: 64, height: 64)
        try folder.add("images/b.png", width: 80, height: 64)
        let outcome = try Fovea.run(
            "evaluate", "images", "--scale", "2", "--models", "bicubic", "--json", "results.json", in: folder.url)
        #expect(outcome.code == 0)
        #expect(outcome.output.hasPrefix("model    images   psnr    ssim  s/image\n"))
        #expect(outcome.output.contains("border: 2 pixels left out"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: folder["results.json"])) as? [String: Any])
        let rows = try #require(json["rows"] as? [[String: Any]])
        #expect(rows[0]["images"] as? Int == 2)
        #expect((rows[0]["perImage"] as? [[String: Any]])?.map { $0["file"] as? String } == ["a.png", "b.png"])
    }

    @Test("evaluate restores inputs of their own, and names what has no partner")
    func evaluatePairs() throws {
        let folder = try TemporaryFolder()
        for name in ["a_full.png", "a_quarter.png", "b_full.png"] { try folder.add(name, width: 64, height: 64) }
        let outcome = try Fovea.run(
            "evaluate", ".", "--inputs", ".", "--pair", "full,quarter", "--scale", "2", "--models", "bicubic",
            in: folder.url)
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("inputs: each input is a file of its own"))
        #expect(outcome.errorLines.count == 1 && outcome.error.contains("b_full.png: no input has its name"))
        let alone = try Fovea.run("evaluate", ".", "--register", in: folder.url)
        #expect(alone.code == 64 && alone.error.contains("--inputs"))
    }

    @Test("evaluating nothing is one line")
    func evaluateNothing() throws {
        let folder = try TemporaryFolder()
        let outcome = try Fovea.run("evaluate", ".", "--models", "bicubic", in: folder.url)
        #expect(outcome.code == 1 && outcome.errorLines.count == 1)
    }

    @Test("compare draws a picture")
    func compare() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.png", width: 96, height: 80)
        let outcome = try Fovea.run(
            "compare", "a.png", "--models", "bicubic,bicubic", "--detail", "10,10,24", in: folder.url)
        #expect(outcome.code == 0)
        #expect(outcome.output == "a_compare.png\n")
        #expect(try ImageFile.read(folder["a_compare.png"]).header.colorModel == .rgb)
        let outside = try Fovea.run(
            "compare", "a.png", "--models", "bicubic", "--detail", "90,10,24", "-o", "b.png", in: folder.url)
        #expect(outside.code == 1 && outside.errorLines.count == 1)
    }
}
