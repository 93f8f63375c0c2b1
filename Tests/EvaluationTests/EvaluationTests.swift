import Evaluation
import Foundation
import ImageQuality
import Imaging
import TestSupport
import Testing

@Suite struct EvaluationTests {
    private struct Golden: Decodable {
        struct Scores: Decodable {
            var psnr: Double
            var ssim: Double
        }
        var gray: Scores
        var color: Scores
        var volume: [String: Scores]
        var range: Double

        init() throws {
            let url = Bundle.module.url(forResource: "evaluation", withExtension: "json", subdirectory: "Golden")!
            self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
        }
    }

    private func expect(_ score: ImageScore, _ golden: Golden.Scores, _ location: SourceLocation = #_sourceLocation) {
        #expect(abs(score.metrics[.psnr]! - golden.psnr) < 2e-3, sourceLocation: location)
        #expect(abs(score.metrics[.ssim]! - golden.ssim) < 2e-5, sourceLocation: location)
    }

    @Test("bicubic scores what scikit-image finds by the same conventions")
    func bicubicScores() throws {
        let golden = try Golden()
        let folder = try TemporaryFolder()
        try ImageFile.write(Phantom.gray(), to: folder["a-gray.png"])
        try ImageFile.write(Phantom.color(), to: folder["b-color.png"])
        try ImageFile.write(Phantom.volume(), to: folder["c-volume.nii"])
        let result = try Evaluator(scale: 4).run(folder: folder.url, methods: [.bicubic])
        #expect(result.failures == [])
        let row = result.rows[0]
        #expect(row.images == 4)
        #expect(row.perImage.map(\.file) == ["a-gray.png", "b-color.png", "c-volume.nii", "c-volume.nii"])
        #expect(row.perImage.map(\.slice) == [nil, nil, 0, 2])
        expect(row.perImage[0], golden.gray)
        expect(row.perImage[1], golden.color)
        expect(row.perImage[2], golden.volume["0"]!)
        expect(row.perImage[3], golden.volume["2"]!)
        #expect(abs(row.perImage[2].dataRange - golden.range) < 0.01)
        let mean = row.perImage.reduce(0) { $0 + $1.metrics[.psnr]! } / 4
        #expect(abs(row.metrics[.psnr]! - mean) < 1e-12)
    }

    @Test("the JSON has the keys that others rely on")
    func jsonKeys() throws {
        let folder = try TemporaryFolder()
        try ImageFile.write(Phantom.gray(), to: folder["a.png"])
        let result = try Evaluator(scale: 2).run(folder: folder.url, methods: [.bicubic])
        let json = try #require(try JSONSerialization.jsonObject(with: result.json) as? [String: Any])
        #expect(json["scale"] as? Int == 2)
        #expect(json["degradation"] as? String == "bicubic/2")
        #expect((json["conventions"] as? [String: Any])?["border"] as? Int == 2)
        let row = try #require((json["rows"] as? [[String: Any]])?.first)
        #expect(row["model"] as? String == "bicubic")
        #expect(row["images"] as? Int == 1)
        #expect((row["metrics"] as? [String: Double])?.keys.sorted() == ["psnr", "ssim"])
        #expect(row["secondsPerImage"] is Double)
        let image = try #require((row["perImage"] as? [[String: Any]])?.first)
        #expect(image["file"] as? String == "a.png")
        #expect(image["psnr"] is Double && image["ssim"] is Double)
        let again = try JSONDecoder.fovea.decode(EvaluationResult.self, from: result.json)
        #expect(again.rows[0].perImage[0].metrics == result.rows[0].perImage[0].metrics)
    }

    @Test("a restoration without error has an infinite PSNR, and JSON keeps it")
    func infinitePSNR() throws {
        let folder = try TemporaryFolder()
        let truth = Phantom.gray(width: 64, height: 52)
        try ImageFile.write(truth, to: folder["a.png"])
        let oracle = EvaluatedMethod(name: "oracle") { _, _ in truth }
        let result = try Evaluator(scale: 4).run(folder: folder.url, methods: [oracle])
        #expect(result.rows[0].metrics[.psnr] == .infinity)
        #expect(result.rows[0].metrics[.ssim] == 1)
        let again = try JSONDecoder.fovea.decode(EvaluationResult.self, from: result.json)
        #expect(again.rows[0].metrics[.psnr] == .infinity)
    }

    @Test("a file that cannot be scored is named and counts in no row")
    func unscorableFile() throws {
        let folder = try TemporaryFolder()
        try ImageFile.write(Phantom.gray(), to: folder["good.png"])
        try ImageFile.write(Phantom.gray(width: 12, height: 12), to: folder["small.png"])
        try Data("no image".utf8).write(to: folder["bad.png"])
        try Data("notes".utf8).write(to: folder["notes.txt"])
        let result = try Evaluator(scale: 4).run(folder: folder.url, methods: [.bicubic, .bicubic])
        #expect(result.failures.map(\.file) == ["bad.png", "small.png"])
        #expect(result.rows.map(\.images) == [1, 1])
    }

    @Test("what one method fails on counts for none")
    func failingMethod() throws {
        let folder = try TemporaryFolder()
        try ImageFile.write(Phantom.gray(), to: folder["a.png"])
        try ImageFile.write(Phantom.color(), to: folder["b.png"])
        struct Refusal: Error {}
        let picky = EvaluatedMethod(name: "picky") { image, scale in
            if image.header.colorModel == .rgb { throw Refusal() }
            return try EvaluatedMethod.bicubic.enlarge(image, scale)
        }
        let result = try Evaluator(scale: 4).run(folder: folder.url, methods: [.bicubic, picky])
        #expect(result.rows.map(\.images) == [1, 1])
        #expect(result.failures.map(\.file) == ["b.png"])
    }

    @Test("an 8-bit image reaches the method in whole numbers, a volume does not")
    func whatTheMethodSees() throws {
        let seen = Seen()
        let spy = EvaluatedMethod(name: "spy") { image, scale in
            seen.images.append(image)
            return try EvaluatedMethod.bicubic.enlarge(image, scale)
        }
        let evaluation = Evaluator(scale: 4)
        _ = try evaluation.compare(Phantom.gray(), methods: [spy])
        _ = try evaluation.compare(Phantom.volume(), methods: [spy])
        #expect(seen.images[0].pixels.samples.allSatisfy { $0 == $0.rounded() && $0 >= 0 && $0 <= 255 })
        #expect(seen.images[0].header.width == 16)
        #expect(!seen.images[1].pixels.samples.allSatisfy { $0 == $0.rounded() })
        #expect(seen.images[1].header.slices == 2)
    }

    /// Used by one thread.
    private final class Seen: @unchecked Sendable {
        var images: [Image] = []
    }

    @Test("noise is the same for the same seed and another for another")
    func seededNoise() throws {
        func score(_ seed: UInt64) throws -> Double {
            let evaluation = Evaluator(
                scale: 4, degradation: try Degradation("bicubic,noise:10", scale: 4), seed: seed)
            return try evaluation.compare(Phantom.gray(), methods: [.bicubic]).restored[0].metrics[.psnr]!
        }
        let (first, again, other) = (try score(1), try score(1), try score(2))
        #expect(first == again)
        #expect(first != other)
    }

    @Test("a limit takes files evenly spread")
    func limit() throws {
        let folder = try TemporaryFolder()
        for number in 0..<9 { try ImageFile.write(Phantom.gray(), to: folder["\(number).png"]) }
        let result = try Evaluator(scale: 4, limit: 3).run(folder: folder.url, methods: [.bicubic])
        #expect(result.rows[0].perImage.map(\.file) == ["1.png", "4.png", "7.png"])
    }

    @Test("a folder without images is an error that names it")
    func emptyFolder() throws {
        let folder = try TemporaryFolder()
        #expect(throws: EvaluationError.noImages(path: folder.url.path)) {
            try Evaluator(scale: 4).run(folder: folder.url, methods: [.bicubic])
        }
    }

    @Test("the table aligns its columns")
    func table() {
        let table = TextTable(header: ["model", "psnr"], rows: [["a", "30.1"], ["longer", "3.1"]])
        #expect(table.lines == ["model   psnr", "──────  ────", "a       30.1", "longer   3.1"])
    }
}
