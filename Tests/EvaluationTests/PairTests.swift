import Evaluation
import Foundation
import ImageQuality
import Imaging
import TestSupport
import Testing

@Suite("Real pairs")
struct PairTests {
    private func write(_ image: Image, _ url: URL) throws {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try ImageFile.write(image, to: url)
    }

    private func pairs(_ truths: URL, _ inputs: URL, _ marks: ImagePairs.Marks? = nil) throws -> ImagePairs {
        ImagePairs(truths: try ImageFolder(truths), inputs: try ImageFolder(inputs), marks: marks)
    }

    /// Bells of every size, so that every frequency is there.
    private static let bells = {
        var generator = SeededGenerator(seed: 11)
        return (0..<400).map { _ in
            (
                x: generator.uniform(in: -5...135), y: generator.uniform(in: -5...120),
                width: generator.uniform(in: 1.5...5), height: generator.uniform(in: -45...45)
            )
        }
    }()

    /// The bells at a place and in intensities of one's choice.
    private func picture(
        _ width: Int = 128, _ height: Int = 112, right: Double = 0, down: Double = 0, slope: Double = 1,
        intercept: Double = 0
    ) -> Image {
        let samples = (0..<width * height).map { index -> Float in
            let (x, y) = (Double(index % width) - right, Double(index / width) - down)
            let value = Self.bells.reduce(120.0) { sum, bell in
                let square = (pow(x - bell.x, 2) + pow(y - bell.y, 2)) / (bell.width * bell.width)
                return square < 60 ? sum + bell.height * exp(-square / 2) : sum
            }
            return Float(min(max((slope * min(max(value, 5), 250) + intercept).rounded(), 0), 255))
        }
        return Image(
            header: ImageHeader(width: width, height: height, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: width, height: height, samples: samples))
    }

    @Test("names that are the same without their endings are pairs, below folders too, and all else is named")
    func names() throws {
        let folder = try TemporaryFolder()
        for name in ["t/a.png", "t/sub/b.png", "t/alone.png", "n/a.tif", "n/sub/b.png", "n/b.png"] {
            try write(Phantom.gray(), folder[name])
        }
        let pairs = try pairs(folder["t"], folder["n"])
        #expect(pairs.truths.map(\.name) == ["a.png", "sub/b.png"])
        #expect(pairs.input(of: pairs.truths[0].url)?.lastPathComponent == "a.tif")
        #expect(pairs.failures.map(\.file) == ["alone.png", "b.png"])
    }

    @Test("names that differ by their kind are pairs in one folder, and what is of no kind is named")
    func marks() throws {
        let folder = try TemporaryFolder()
        for name in ["L1_full.png", "L1_quarter.png", "L2_full.png", "L3_quarter.png", "other.png"] {
            try write(Phantom.gray(), folder[name])
        }
        let pairs = try pairs(folder.url, folder.url, .init(truth: "full", input: "quarter"))
        #expect(pairs.truths.map(\.name) == ["L1_full.png"])
        #expect(pairs.input(of: pairs.truths[0].url)?.lastPathComponent == "L1_quarter.png")
        #expect(pairs.failures.map(\.file).sorted() == ["L2_full.png", "L3_quarter.png", "other.png"])
    }

    @Test("two inputs of one name are no pair")
    func ambiguous() throws {
        let folder = try TemporaryFolder()
        for name in ["t/a.png", "n/a.png", "n/a.tif"] { try write(Phantom.gray(), folder[name]) }
        let pairs = try pairs(folder["t"], folder["n"])
        #expect(pairs.truths.isEmpty)
        #expect(pairs.failures.map(\.file) == ["a.png"])
    }

    @Test("an input of the truth's size is degraded, a smaller one is taken as it is")
    func sizes() throws {
        let folder = try TemporaryFolder()
        let (truth, input) = (picture(), picture(slope: 0.9))
        try write(truth, folder["t/a.png"])
        try write(truth, folder["t/b.png"])
        try write(truth, folder["t/c.png"])
        try write(input, folder["n/a.png"])
        let small = Image(
            header: input.header.resized(width: 32, height: 28),
            pixels: Pixels(width: 32, height: 28, samples: (0..<32 * 28).map { Float($0 % 251) }))
        try write(small, folder["n/b.png"])
        try write(picture(100, 112), folder["n/c.png"])
        let seen = Seen()
        let spy = EvaluatedMethod(name: "spy") { image, scale in
            seen.images.append(image.pixels)
            return try EvaluatedMethod.bicubic.enlarge(image, scale)
        }
        var evaluation = Evaluator(scale: 4)
        evaluation.pairs = try pairs(folder["t"], folder["n"])
        let files = try evaluation.files(in: folder["t"])
        let result = try evaluation.run(files: files, methods: [spy])
        // The first image is enlarged twice, to warm up.
        try #require(seen.images.count == 3 && result.failures.count == 1)
        #expect(seen.images[1] == input.pixels.resized(width: 32, height: 28).mapped { $0.rounded() })
        #expect(seen.images[2] == small.pixels)
        #expect(result.failures.map(\.file) == ["c.png"])
        #expect(result.failures[0].error.contains("c.png is 100 × 112 pixels; it must be 128 × 112"))
    }

    @Test("a pair that lies apart and is brighter is laid onto its truth, and both scores are kept")
    func registered() throws {
        let folder = try TemporaryFolder()
        try write(picture(), folder["t/a.png"])
        try write(picture(right: 1.7, down: -0.6, slope: 0.8, intercept: 20), folder["n/a.png"])
        let evaluation = Evaluator(scale: 2, pairs: try pairs(folder["t"], folder["n"]), registers: true)
        let result = try evaluation.run(files: try evaluation.files(in: folder["t"]), methods: [.bicubic])
        let score = try #require(result.rows[0].perImage.first)
        let registration = try #require(score.registration)
        #expect(abs(registration.shift.columns + 1.7) < 0.05)
        #expect(abs(registration.shift.rows - 0.6) < 0.05)
        #expect(abs(registration.slope - 0.8) < 0.01)
        #expect(abs(registration.intercept - 20) < 1.5)
        #expect(score.metrics[.psnr]! > 40)
        #expect(score.metrics[Measure(.psnr).unregistered]! < 30)
        let again = try JSONDecoder.fovea.decode(EvaluationResult.self, from: result.json)
        #expect(again.rows[0].perImage[0].registration == registration)
        let moved = String(format: "a.png: moved by %+.2f columns", registration.shift.columns)
        #expect(result.table(metrics: [.psnr]).contains(moved))
    }

    @Test("a pair of different things is not scored, and named")
    func unregistered() throws {
        let folder = try TemporaryFolder()
        try write(picture(), folder["t/a.png"])
        var noise = picture()
        var generator = SeededGenerator(seed: 1)
        for index in noise.pixels.samples.indices {
            noise.pixels.samples[index] = Float(min(max(128 + 40 * generator.normal(), 0), 255).rounded())
        }
        try write(noise, folder["n/a.png"])
        let evaluation = Evaluator(scale: 2, pairs: try pairs(folder["t"], folder["n"]), registers: true)
        let result = try evaluation.run(files: try evaluation.files(in: folder["t"]), methods: [.bicubic])
        #expect(result.rows[0].images == 0)
        #expect(result.failures.map(\.file) == ["a.png"])
    }

    /// Used by one thread.
    private final class Seen: @unchecked Sendable {
        var images: [Pixels] = []
    }
}

extension Pixels {
    fileprivate func mapped(_ transform: (Float) -> Float) -> Pixels {
        var result = self
        result.samples = samples.map(transform)
        return result
    }
}
