import Foundation
import ImageQuality
import Imaging
import Upscaling

// Times of Fovea, as JSON in milliseconds; Tools/bench/run-python sets them beside Python's. Each is the best of several runs,
// since what else the machine does can only make a run slower.
//
//     fovea-bench MODEL.onnx DIFFUSION.onnx

@main
struct Bench {
    static func main() throws {
        guard CommandLine.arguments.count == 3 else {
            FileHandle.standardError.write(Data("Usage: fovea-bench MODEL.onnx DIFFUSION.onnx\n".utf8))
            exit(64)
        }
        let model = try ModelFile(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
        var times: [String: Double] = [:]

        let small = structure(256)
        for precision in Precision.allCases {
            let upscaler = try Upscaler(models: [model], precision: precision)
            times["forward 256 \(precision.rawValue)"] = try best(runs: 12) {
                _ = try upscaler.upscale(small, scale: Double(model.metadata.scale))
            }
        }

        for precision in Precision.allCases {
            times["denoise 256 \(precision.rawValue)"] = try denoisingStep(
                URL(fileURLWithPath: CommandLine.arguments[2]), precision: precision)
        }

        let image = noise(1024, 1024)
        let other = Pixels(
            width: 1024, height: 1024,
            samples: zip(image.pixels.samples, noise(1024, 1024, seed: 2).pixels.samples)
                .map { 0.9 * $0 + 0.1 * $1 })
        for size in [4096, 256] {
            times["resize 1024 to \(size)"] = best(runs: 7) {
                _ = image.pixels.resized(width: size, height: size)
            }
        }
        let convention = MetricConvention(channel: .gray, valueRange: 0...255)
        for metric in [Metric.ssim, .ssimUniform] {
            times["\(metric.rawValue) 1024"] = try best(runs: 7) {
                _ = try metric(of: other, against: image.pixels, convention: convention)
            }
        }

        times["upscale process 256"] = try process(small, model: model.url.path)
        times["upscale process 256 auto"] = try process(small, model: "auto")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(times), as: UTF8.self))
    }

    /// One step of a sampler on 256 × 256 pixels, all that is done around the network included: what 8 steps more cost.
    private static func denoisingStep(_ url: URL, precision: Precision) throws -> Double {
        let model = try ModelFile(contentsOf: url)
        let cascade = Cascade([try DiffusionUpscaler(model: model, precision: precision)])
        let image = structure(256 / model.metadata.scale)
        func sampling(steps: Int) throws -> Double {
            try best(runs: 7) {
                _ = try cascade.sample(
                    image, scale: Double(model.metadata.scale), options: SamplingOptions(steps: steps))
            }
        }
        return (try sampling(steps: 10) - sampling(steps: 2)) / 8
    }

    /// From process start to the written file.
    private static func process(_ image: Image, model: String) throws -> Double {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try ImageFile.write(image, to: folder.appendingPathComponent("in.png"))
        return try best(runs: 7) {
            let process = Process()
            process.executableURL = Bundle.main.bundleURL.appendingPathComponent("fovea")
            process.arguments = [
                "upscale", "in.png", "-o", "out.png", "--overwrite", "--quiet", "--model", model,
            ]
            process.currentDirectoryURL = folder
            try process.run()
            process.waitUntilExit()
            precondition(process.terminationStatus == 0, "fovea failed")
        }
    }

    private static func best(runs: Int, _ work: () throws -> Void) rethrows -> Double {
        try work()
        let clock = ContinuousClock()
        var least = Duration.seconds(1e6)
        for _ in 0..<runs { least = min(least, try clock.measure(work)) }
        return Double(least.components.seconds) * 1e3 + Double(least.components.attoseconds) * 1e-15
    }

    /// A picture without noise, which would be taken apart before a network sees it: work of its own.
    private static func structure(_ side: Int) -> Image {
        var image = noise(side / 8, side / 8)
        image.pixels = image.pixels.resized(width: side, height: side)
        for index in image.pixels.samples.indices {
            image.pixels.samples[index] = min(max(image.pixels.samples[index], 0), 255).rounded()
        }
        image.header = ImageHeader(width: side, height: side, intensity: image.header.intensity)
        return image
    }

    private static func noise(_ width: Int, _ height: Int, seed: UInt64 = 1) -> Image {
        var generator = SeededGenerator(seed: seed)
        return Image(
            header: ImageHeader(width: width, height: height, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(
                width: width, height: height,
                samples: (0..<width * height).map { _ in Float(generator.uniform(in: 0...255)).rounded() }))
    }
}
