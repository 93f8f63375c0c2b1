import Foundation
import Imaging
import TestSupport
import Testing

/// What a person can type wrong, or point a command at, each told in one line that says what to do. Every row once ended
/// the process, was passed over in silence, or was told in several lines.
@Suite struct MistakeTests {
    struct Mistake: CustomTestStringConvertible {
        var arguments: [String]
        var code: Int32
        /// What the line must say.
        var mention: String

        init(_ command: String, _ code: Int32, _ mention: String) {
            arguments = command.split(separator: " ", omittingEmptySubsequences: false)
                .map { $0 == "''" ? "" : $0.replacingOccurrences(of: "␣", with: " ") }
            self.code = code
            self.mention = mention
        }

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let use: [Mistake] = [
        Mistake("nonsense", 64, "nonsense"), Mistake("upscale", 64, "<inputs>"),
        // Models.
        Mistake("evaluate images --models ''", 64, "--models"), Mistake("evaluate images --models ,", 64, "--models"),
        Mistake("evaluate images --models bicubic,,auto", 64, "lacks a name"),
        Mistake("compare a.png --enlarge --models ''", 64, "--models"),
        Mistake("upscale a.png --model ''", 64, "name is missing"),
        Mistake("upscale a.png --model +", 64, "name is missing"),
        Mistake("upscale a.png --model sr3-mri-x4+", 64, "name is missing"),
        Mistake("upscale a.png --model nonesuch", 1, "no such model"),
        Mistake("upscale a.png --model empty.onnx", 1, "empty.onnx"), Mistake("models nonesuch", 1, "no such model"),
        Mistake("models ''", 64, "empty"),
        // Options that would be passed over.
        Mistake("upscale a.png --steps 5", 64, "diffusion"), Mistake("upscale a.png --sampler ddim", 64, "diffusion"),
        Mistake("upscale a.png --sample-seed 1", 64, "draw samples"),
        Mistake("upscale a.png --samples 2", 64, "a model that draws them"),
        Mistake("upscale a.png --temperature 0.5", 64, "for flows"),
        Mistake("upscale a.png --model sr3-mri-x4 --temperature 0.5", 64, "for flows"),
        Mistake("upscale a.png --temperature 1.5", 64, "from 0 to 1"),
        Mistake("upscale a.png --channels 1", 64, "from elsewhere"),
        Mistake("upscale a.png --model bicubic --value-range 0,255", 64, "from elsewhere"),
        Mistake("upscale a.png --model bicubic --color perChannel", 64, "--color"),
        Mistake("upscale a.png --model sr3-mri-x4 --color perChannel", 64, "--color"),
        Mistake("upscale a.png --model bicubic --grain 0.5", 64, "--grain"),
        Mistake("upscale a.png --model sr3-mri-x4 --noise 3", 64, "--noise"),
        Mistake("upscale a.png --grain 1.5", 64, "0 to 1"), Mistake("upscale a.png --noise loud", 64, "noise"),
        Mistake("field --scale 1", 64, "--scale"), Mistake("field --seeds 0", 64, "--seeds"),
        Mistake("evaluate images --models bicubic --steps 5", 64, "diffusion"),
        // Archives.
        Mistake("upscale dicomweb://", 1, "dicomweb://HOST"),
        Mistake("upscale dicomweb://localhost/dicom-web", 1, "names no study"),
        Mistake("upscale dicomweb://u:p@localhost/studies/1.2", 1, "--credentials"),
        Mistake("upscale dicomweb://localhost:1/studies/1.2 --credentials nonesuch", 1, "cannot be read"),
        Mistake("upscale dicomweb://localhost:1/studies/1.2 a.png", 64, "stands alone"),
        Mistake("upscale dicomweb://localhost:1/studies/1.2 --resume", 64, "second run"),
        Mistake("upscale dicomweb://localhost:1/studies/1.2 -o a/ --send-to dicomweb://localhost", 64, "choose one"),
        Mistake("upscale dicomweb://localhost:1/studies/1.2 --send-credentials a", 64, "--send-to"),
        Mistake("upscale a.png --send-to dicomweb://localhost", 64, "address of an archive"),
        Mistake("serve --allow-origin localhost", 64, "--allow-origin"), Mistake("serve --store ''", 64, "--store"),
        // Numbers.
        Mistake("upscale a.png --scale nan", 64, "--scale"), Mistake("upscale a.png --scale 0", 64, "1 to 16"),
        Mistake("upscale a.png --samples 1", 64, "2 to 64"), Mistake("upscale a.png --channels 2", 64, "1 (gray) or 3"),
        Mistake("upscale a.png --value-range 1,0", 64, "--value-range"),
        Mistake("upscale a.png --model-scale 1", 64, "2 to 16"), Mistake("upscale a.png --precision int8", 64, "int8"),
        Mistake("upscale a.png --model sr3-mri-x4 --steps 0", 64, "1 to 10000"),
        Mistake("evaluate images --seed -1", 64, "--seed"), Mistake("evaluate images --limit 0", 64, "--limit"),
        Mistake("evaluate images --reduce 1000000000000000000", 64, "--reduce"),
        Mistake("evaluate one --models bicubic --reduce 20", 1, "smaller than 80 × 80"),
        Mistake("evaluate images --metrics ''", 64, "--metrics"),
        Mistake("evaluate images --metrics psnr,psnr", 64, "twice"),
        Mistake("metrics a.png a.png --border 9223372036854775807", 64, "--border"),
        Mistake("metrics small.png small.png --border 20 --lpips \(lpips)", 1, "leaves nothing"),
        Mistake("compare a.png --detail 9223372036854775807,0,1", 64, "--detail"),
        Mistake("compare a.png --detail 1,2,3,x", 64, "--detail"), Mistake("compare a.png --slice 5", 1, "no slice 5"),
        Mistake("compare small.png --models bicubic", 1, "inside a border"),
        Mistake("degrade a.png --degradation blur:1e9,bicubic", 64, "zero to 1000"),
        Mistake("degrade a.png --degradation blur:900:2:1,bicubic", 64, "zero to 50"),
        Mistake("degrade a.png --degradation xray:1e308:1e308", 64, "1e308"),
        Mistake("degrade small.png --scale 64", 1, "too few"),
        Mistake("upscale a.png --compress zip", 64, "jpeg2000"),
        Mistake("upscale a.png --model bicubic -o large.bmp", 1, "end it in .dcm"),
        // Files.
        Mistake("info ''", 1, "empty"), Mistake("upscale ''", 64, "empty"), Mistake("evaluate ''", 64, "empty"),
        Mistake("upscale nowhere.png", 1, "no such file"), Mistake("degrade nowhere.png", 1, "no such file"),
        Mistake("info empty.png", 1, "empty"), Mistake("info images", 1, "is a folder"),
        Mistake("info text.txt", 1, "not a DICOM"), Mistake("info pipe.png", 1, "pipe"),
        Mistake("upscale pipe.png", 1, "pipe"), Mistake("degrade nothing", 1, "no image in this folder"),
        Mistake("upscale nothing", 1, "no image in this folder"), Mistake("evaluate nothing", 1, "no image"),
        Mistake("evaluate a.png", 1, "name the folder"), Mistake("upscale images -o large.dcm", 1, "end it in /"),
        Mistake("upscale a.png -o ''", 64, "-o"), Mistake("upscale dangling", 1, "annex"),
        Mistake("evaluate dangling --models bicubic", 1, "annex"),
        Mistake("evaluate one --models bicubic --quiet --json images", 1, "it is a folder"),
        Mistake("evaluate one --models bicubic --quiet --report a.png", 1, "a.png"),
    ]

    static let make: [Mistake] = [
        Mistake(
            "train --preset srresnet --scale 3 --data general:images --run run", 1, "scale is 3; it must be 2 or 4"),
        Mistake("train --preset enhancenet --scale 3 --data general:images --run run", 1, "2, 4 or 8"),
        Mistake("train --preset esrgan --scale 3 --data general:images --run run", 1, "2, 4 or 8"),
        Mistake("train --preset saeedi --scale 2 --data general:images --run run", 1, "magnifies by 4"),
        Mistake("train --preset esrgan --scale 0 --data general:images --run run", 64, "2 to 16"),
        Mistake("train --preset srgan --steps 500 --data general:images --run run --quiet", 1, "pixelSteps is 1000000"),
        Mistake("train --run run", 1, "no folder of images"), Mistake("train --data general:images", 64, "--run"),
        Mistake("train --data general:images --run run --threads 0", 64, "--threads"),
        Mistake("train --data general:images --run run --threads 99999999999", 64, "--threads"),
        Mistake("train --data general:images --run run --seed -1", 64, "--seed"),
        Mistake("train --data general:images --run run --device cuda:99999999999", 64, "device"),
        Mistake("reproduce saeedi --train images --test images --epochs 9000000000000000000", 64, "--epochs"),
        Mistake("reproduce sr3 --dataset folder images --features-range x,0,1", 64, "--features-range"),
        Mistake("train --data general:images --run run --steps 0", 64, "--steps"),
        Mistake("train --data general:images --run run --vgg19 x.safetensors", 64, "compare no features"),
        Mistake("train --data general:images:inf --run run", 64, "WEIGHT"),
        Mistake("train --data general: --run run", 64, "MODALITY:FOLDER"),
        Mistake("train --data general:nothing --run run", 1, "nothing"),
        Mistake("train --data general:nowhere --run run", 1, "no such folder"),
        Mistake("train --run run --resume", 64, "no run to resume"),
        Mistake("train --data general:images --run run --config nowhere.yaml", 1, "no such file"),
        Mistake("train --data general:images --run run --config empty.png", 1, "nothing to change"),
        Mistake("export run --name x -o x.onnx", 1, "run"),
        Mistake("export run --name x -o x.onnx --share 0.3", 64, "--faithful"),
        Mistake("reproduce ahmad --dataset drive nowhere", 1, "nowhere"),
    ]

    /// Configurations, with the line and the words that tell what is wrong.
    static let configurations: [(yaml: String, place: String, mention: String)] = [
        ("step: 77", ":1:", "unknown key 'step'"),
        ("steps: 5\nlearningRat: 1", ":2:", "learningRat"),
        ("data:\n  - folder: images\n    modality: skin\n    splt: s.json", ":4:", "data.0.splt"),
        ("architecture:\n  foveola: {blocks: -1}", ":2:", "blocks is -1"),
        ("architecture: {foveola: {features: 0}}", ":1:", "features is 0"),
        ("architecture: {vdsr: {depth: 3, features: 8, channels: 1, wide: 1}}", ":1:", "architecture.vdsr.wide"),
        ("schedule: {steps: {interval: 0, factor: 0.5}}", ":1:", "interval is 0"),
        ("schedule: {cosine: {warmup: 5, flor: 0.1}}", ":1:", "schedule.cosine.flor"),
        ("steps: many", ":1:", "a whole number"), ("steps: null", ":1:", "steps"), ("steps: 1\nsteps: 2", ":", "twice"),
        ("steps: [", ":", "not YAML"), ("- steps", ":", "nothing to change"),
        ("learningRate: .nan", ":1:", "no number"),
        ("seed: 9007199254740993", ":1:", "2^53"), ("batchSize: 99999999999", ":1:", "batchSize"),
        ("seed: 99999999999999999999", ":1:", "seed"),
        ("cropSize: 4", ":1:", "cropSize is 4"), ("averageDecay: 1", ":1:", "averageDecay"),
        ("adversarial: null", ":1:", "no value to take away"), ("validationShare: 2", ":1:", "validationShare"),
        ("diffusion: {process: {}}", ":1:", "missing"),
    ]

    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.add("a.png")
        try folder.add("small.png", width: 8, height: 8)
        try folder.add("images/a.png", width: 64, height: 64)
        try folder.add("images/b.png", width: 64, height: 64)
        try folder.add("one/a.png")
        for name in ["empty.png", "empty.onnx"] { try Data().write(to: folder[name]) }
        try Data("text\n".utf8).write(to: folder["text.txt"])
        for name in ["nothing", "dangling"] {
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder["dangling/a.png"].path, withDestinationPath: "../.git/annex/objects/gone.png")
        mkfifo(folder["pipe.png"].path, 0o600)
        return folder
    }

    /// A made-up LPIPS network of the evaluation's tests.
    static let lpips: String = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("EvaluationTests/Golden/lpips-alexnet.onnx").path

    private func check(_ outcome: Fovea.Outcome, _ code: Int32, _ mention: String) {
        #expect(outcome.code == code)
        #expect(outcome.errorLines.count == 1, "\(outcome.error)")
        #expect(outcome.error.hasPrefix("Error: ") && outcome.error.hasSuffix("\n"))
        #expect(outcome.error.contains(mention), "\(outcome.error)")
        #expect(outcome.output == "")
    }

    @Test("a mistake is one line", arguments: MistakeTests.use)
    func using(mistake: Mistake) throws {
        let folder = try folder()
        check(try Fovea.run(mistake.arguments, in: folder.url), mistake.code, mistake.mention)
    }

    @Test("a mistake in making models is one line", arguments: MistakeTests.make)
    func making(mistake: Mistake) throws {
        let folder = try folder()
        check(try Fovea.run(mistake.arguments, in: folder.url), mistake.code, mistake.mention)
        #expect(!folder.files.contains { $0.hasPrefix("run") || $0.hasPrefix("x.") })
    }

    @Test("a mistake in a configuration names its line", arguments: MistakeTests.configurations)
    func configuration(yaml: String, place: String, mention: String) throws {
        let folder = try folder()
        try Data(yaml.utf8).write(to: folder["c.yaml"])
        let outcome = try Fovea.run(
            ["train", "--data", "general:images", "--config", "c.yaml", "--run", "run"], in: folder.url)
        check(outcome, 1, mention)
        #expect(outcome.error.contains("c.yaml\(place)"), "\(outcome.error)")
    }

    @Test("what fovea hands to fovea-lab is answered under fovea's name")
    func names() throws {
        let outcome = try Fovea.run("train", "--nope")
        #expect(outcome.code == 64 && outcome.error.contains("'fovea train --help'"))
        #expect(!outcome.error.contains("fovea-lab"))
    }

    @Test("an image in a folder closed to us is named, and the others are worked on", .enabled(if: geteuid() != 0))
    func closedFolder() throws {
        let folder = try TemporaryFolder()
        try folder.add("in/a.png")
        try folder.add("in/closed/b.png")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder["in/closed"].path)
        defer {
            try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder["in/closed"].path)
        }
        let outcome = try Fovea.run("upscale", "in", "--model", "bicubic", in: folder.url)
        #expect(outcome.code == 1)
        #expect(outcome.error.contains("in/closed: cannot be read: Permission denied"))
        #expect(outcome.output.contains("in_x4/a_x4.png"))
    }
}
