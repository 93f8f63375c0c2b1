import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct UpscaleTests {
    /// A network of the engine's tests: gray, ×2, that says nothing about itself.
    private let undescribed = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("UpscalingTests/Golden/undescribed-x2.onnx").path

    @Test("a file becomes NAME_x4 beside it")
    func defaultName() throws {
        let folder = try TemporaryFolder()
        let source = try folder.add("scan.png")
        let outcome = try Fovea.run("upscale", "scan.png", "--model", "bicubic", in: folder.url)
        #expect(outcome.code == 0)
        #expect(outcome.error == "")
        #expect(outcome.output.hasPrefix("scan.png → scan_x4.png  (160 × 120, bicubic, "))
        let result = try ImageFile.read(folder["scan_x4.png"])
        let bicubic = source.pixels.resized(width: 160, height: 120).samples.map(source.header.intensity.quantized)
        #expect(result.pixels.samples == bicubic)
        #expect(abs(result.header.geometry.spacing!.column - 0.125) < 1e-4)
    }

    @Test("labels are repeated whatever the model, which the line and the JSON say, and no metric scores them")
    func codes() throws {
        let folder = try TemporaryFolder()
        let labels: [Float] = [0, 2, 17, 53]
        let image = Image(
            header: ImageHeader(
                width: 16, height: 12, intensity: Intensity(sampleType: .int16), meaning: .codes(statement: "a test")),
            pixels: Pixels(width: 16, height: 12, samples: (0..<192).map { labels[$0 / 5 % 4] }))
        try ImageFile.write(image, to: folder["labels.nii"])
        for model in ["auto", "bicubic", "fovea-mri-x2"] {
            let outcome = try Fovea.run(
                "upscale", "labels.nii", "-o", "large.nii", "--scale", "2", "--model", model, "--json", "--overwrite",
                in: folder.url)
            #expect(outcome.code == 0)
            #expect(outcome.output.contains("codes kept (NIfTI intent LABEL)"))
            #expect(outcome.error.contains("nearest") && outcome.error.contains("codes kept"))
            let result = try ImageFile.read(folder["large.nii"])
            #expect(Set(result.pixels.samples) == Set(labels))
            #expect(result.header.meaning == .codes(statement: "NIfTI intent LABEL"))
        }
        let metrics = try Fovea.run("metrics", "labels.nii", "labels.nii", in: folder.url)
        #expect(metrics.code == 1 && metrics.errorLines.count == 1)
        let noisy = try Fovea.run("degrade", "labels.nii", "--noise", "5", in: folder.url)
        #expect(noisy.code == 1 && noisy.errorLines.count == 1 && noisy.error.contains("labels.nii"))
    }

    @Test("NaN stays NaN and is left out of metrics")
    func noData() throws {
        let folder = try TemporaryFolder()
        let samples = (0..<192).map { $0 % 16 < 5 ? Float.nan : 100 + Float($0 / 16) }
        let image = Image(
            header: ImageHeader(width: 16, height: 12, intensity: Intensity(sampleType: .float32)),
            pixels: Pixels(width: 16, height: 12, samples: samples))
        try ImageFile.write(image, to: folder["map.nii"])
        let outcome = try Fovea.run(
            "upscale", "map.nii", "-o", "large.nii", "--scale", "2", "--model", "bicubic", in: folder.url)
        #expect(outcome.code == 0 && outcome.output.contains("NaN (31 % of the samples) kept"))
        let result = try ImageFile.read(folder["large.nii"])
        for (index, sample) in result.pixels.samples.enumerated() {
            #expect(sample.isNaN == (index % 32 < 10))
            if !sample.isNaN { #expect((99...112).contains(sample)) }
        }
        let metrics = try Fovea.run("metrics", "map.nii", "map.nii", "--range", "0,200", in: folder.url)
        #expect(metrics.code == 0 && metrics.output.contains("31.2 % of the samples hold no data"))
        let info = try Fovea.run("info", "map.nii", in: folder.url)
        #expect(info.output.contains("found 100 to 111") && info.output.contains("NaN (31 %"))
    }

    @Test("nothing is overwritten unless asked for")
    func overwriting() throws {
        let folder = try TemporaryFolder()
        try folder.add("scan.png")
        try Data("mine".utf8).write(to: folder["scan_x4.png"])
        let refused = try Fovea.run("upscale", "scan.png", "--model", "bicubic", in: folder.url)
        #expect(refused.code == 1)
        #expect(refused.errorLines.count == 1)
        #expect(refused.error.contains("--overwrite"))
        #expect(try Data(contentsOf: folder["scan_x4.png"]) == Data("mine".utf8))
        let replaced = try Fovea.run("upscale", "scan.png", "--model", "bicubic", "--overwrite", in: folder.url)
        #expect(replaced.code == 0)
        #expect(try ImageFile.read(folder["scan_x4.png"]).header.width == 160)
    }

    @Test("a missing file is one line and exit code 1")
    func missingFile() throws {
        let folder = try TemporaryFolder()
        let outcome = try Fovea.run("upscale", "nowhere.dcm", in: folder.url)
        #expect(outcome.code == 1)
        #expect(outcome.error == "Error: nowhere.dcm: no such file\n")
        #expect(outcome.output == "")
    }

    #if arch(x86_64)
        // Of the processor that runs this, which must be newer, the variable leaves SSE4.1 alone.
        @Test("a processor that is kept from what a network needs is one line and exit code 1, and others still run")
        func limitedProcessor() throws {
            let folder = try TemporaryFolder()
            try folder.add("scan.png")
            let limit = ["ONEDNN_MAX_CPU_ISA": "SSE41"]
            let refused = try Fovea.run(
                "upscale", "scan.png", "--model", "sr3-mri-x4", in: folder.url, environment: limit)
            #expect(refused.code == 1)
            #expect(refused.errorLines.count == 1)
            #expect(refused.error.contains("ONEDNN_MAX_CPU_ISA=SSE41") && refused.error.contains("unset it"))
            #expect(!FileManager.default.fileExists(atPath: folder["scan_x4.png"].path))
            func upscaled(to name: String, environment: [String: String]) throws -> [Float] {
                let outcome = try Fovea.run(
                    "upscale", "scan.png", "-o", name, "--model", "fovea-general-x4", in: folder.url,
                    environment: environment)
                #expect(outcome.code == 0)
                return try ImageFile.read(folder[name]).pixels.samples
            }
            let new = try upscaled(to: "new.png", environment: [:])
            let old = try upscaled(to: "old.png", environment: limit)
            // Sums in another order may round one gray level the other way.
            #expect(zip(new, old).allSatisfy { abs($0 - $1) <= 1 })
        }
    #endif

    @Test("a bad file does not stop the others, and the summary names it")
    func badFile() throws {
        let folder = try TemporaryFolder()
        try folder.add("in/a.png")
        try folder.add("in/deep/er/b.tif", type: .uint16)
        let whole = try Data(contentsOf: folder["in/a.png"])
        try whole.prefix(whole.count / 2).write(to: folder["in/broken.png"])
        try Data("notes".utf8).write(to: folder["in/notes.txt"])
        let outcome = try Fovea.run("upscale", "in", "-o", "out", "--model", "bicubic", "--scale", "2", in: folder.url)
        #expect(outcome.code == 1)
        #expect(outcome.output.split(separator: "\n").count == 2)
        #expect(outcome.errorLines.count == 2)
        #expect(outcome.errorLines[0].hasPrefix("Error: ") && outcome.errorLines[0].contains("broken.png"))
        #expect(
            outcome.errorLines[1]
                == "2 enlarged, 1 failed: in/broken.png; 1 file is no image and left out")
        #expect(
            folder.files.filter { $0.hasPrefix("out") } == ["out/a_x2.png", "out/deep/er/b_x2.tif", "out/fovea.jsonl"])
    }

    @Test("a folder without -o goes to a folder beside it, and again there")
    func defaultFolder() throws {
        let folder = try TemporaryFolder()
        try folder.add("series/a.png")
        for _ in 0..<2 {
            let outcome = try Fovea.run(
                "upscale", "series", "--model", "bicubic", "--overwrite", "--scale", "1.5", in: folder.url)
            #expect(outcome.code == 0)
        }
        #expect(folder.files == ["series/a.png", "series_x1.5/a_x1.5.png", "series_x1.5/fovea.jsonl"])
    }

    @Test("what is written into the folder that is read is not read again")
    func outputInsideInput() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.png")
        for _ in 0..<2 {
            _ = try Fovea.run("upscale", ".", "-o", "out", "--model", "bicubic", "--overwrite", in: folder.url)
        }
        #expect(folder.files == ["a.png", "out/a_x4.png", "out/fovea.jsonl"])
    }

    @Test("two inputs of one name do not replace each other")
    func sameNames() throws {
        let folder = try TemporaryFolder()
        try folder.add("a/scan.png")
        try folder.add("b/scan.png")
        let outcome = try Fovea.run(
            "upscale", "a/scan.png", "b/scan.png", "-o", "out", "--overwrite", "--model", "bicubic", in: folder.url)
        #expect(outcome.code == 1)
        #expect(outcome.error.contains("b/scan.png"))
    }

    @Test("JPEG becomes PNG, unless its name is asked for")
    func jpeg() throws {
        let folder = try TemporaryFolder()
        try folder.add("photo.jpg", color: .rgb)
        #expect(try Fovea.run("upscale", "photo.jpg", "--model", "bicubic", in: folder.url).code == 0)
        #expect(try ImageFile.format(of: folder["photo_x4.png"]) == .png)
        #expect(
            try Fovea.run("upscale", "photo.jpg", "-o", "large.jpg", "--model", "bicubic", in: folder.url).code == 0)
        #expect(try ImageFile.format(of: folder["large.jpg"]) == .jpeg)
    }

    @Test("the JSON lists every input with its result or error")
    func json() throws {
        let folder = try TemporaryFolder()
        try folder.add("volume.nii.gz", slices: 3, type: .int16)
        let outcome = try Fovea.run(
            "upscale", "volume.nii.gz", "gone.png", "-o", "out/", "--model", undescribed, "--channels", "1", "--scale",
            "2",
            "--value-range", "0,1", "--json", in: folder.url)
        #expect(outcome.code == 1)
        let json = try outcome.json()
        #expect(json["succeeded"] as? Int == 1 && json["failed"] as? Int == 1)
        let inputs = try #require(json["inputs"] as? [[String: Any]])
        let done = try #require(inputs.first { $0["input"] as? String == "volume.nii.gz" })
        #expect(done["output"] as? String == "out/volume_x2.nii.gz")
        #expect(done["model"] as? String == "undescribed-x2")
        #expect((done["modelHash"] as? String)?.count == 64)
        #expect(done["precision"] as? String == "float32")
        #expect(done["slices"] as? Int == 3 && done["width"] as? Int == 80 && done["scale"] as? Int == 2)
        #expect(done["seconds"] is Double)
        let failed = try #require(inputs.first { $0["input"] as? String == "gone.png" })
        #expect(failed["error"] as? String == "gone.png: no such file")
        #expect(try ImageFile.read(folder["out/volume_x2.nii.gz"]).header.slices == 3)
    }

    @Test("a consistent result says how far it is from its input")
    func consistent() throws {
        let folder = try TemporaryFolder()
        // Away from the ends of the range: where samples cannot go below zero, no image may agree exactly.
        try folder.add("scan.png", type: .uint16, offset: 1000)
        let outcome = try Fovea.run(
            "upscale", "scan.png", "--model", undescribed, "--channels", "1", "--scale", "2", "--consistent", "--json",
            in: folder.url)
        #expect(outcome.code == 0)
        let input = try #require((try outcome.json()["inputs"] as? [[String: Any]])?.first)
        #expect(try #require(input["largestDeviation"] as? Double) <= 1)
    }

    @Test("quiet says nothing")
    func quiet() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.png")
        try folder.add("b.png")
        let outcome = try Fovea.run(
            "upscale", "a.png", "b.png", "-o", "out/", "--model", "bicubic", "--quiet", in: folder.url)
        #expect(outcome.code == 0 && outcome.output == "" && outcome.error == "")
    }

    @Test("an unknown model is an error that names what there is")
    func unknownModel() throws {
        let folder = try TemporaryFolder()
        try folder.add("a.png")
        let outcome = try Fovea.run("upscale", "a.png", "--model", "nonesuch", in: folder.url)
        #expect(outcome.code == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.error.contains("nonesuch: no such model"))
    }

    @Test("a run that is ended leaves no half file")
    func termination() throws {
        let folder = try TemporaryFolder()
        try folder.add("large.png", width: 1500, height: 1500)
        let process = Fovea.process(["upscale", "large.png", "--scale", "16", "--model", "bicubic"], in: folder.url)
        process.standardError = FileHandle.nullDevice
        try process.run()
        while folder.files.count < 2 && process.isRunning { usleep(1000) }
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 128 + SIGTERM)
        #expect(folder.files == ["large.png"])
    }

    @Test("installed, it finds its models from any folder")
    func installed() throws {
        let folder = try TemporaryFolder()
        for name in ["bin", "share/fovea/Models"] {
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(at: Fovea.executable, to: folder["bin/fovea"])
        try FileManager.default.copyItem(
            at: URL(fileURLWithPath: undescribed), to: folder["share/fovea/Models/test-x2.onnx"])
        try Data(#"{"scale": 2, "channels": 1, "modalities": ["general"], "name": "test-x2"}"#.utf8).write(
            to: folder["share/fovea/Models/test-x2.json"])
        try folder.add("a.png")
        let fovea = folder["bin/fovea"]
        let outcome = try Fovea.run("upscale", "a.png", "--scale", "2", in: folder.url, executable: fovea)
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("test-x2"))
        #expect(try Fovea.run("models", in: folder.url, executable: fovea).output.contains("test-x2"))
    }
}
