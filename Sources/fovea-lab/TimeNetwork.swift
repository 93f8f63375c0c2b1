import ArgumentParser
import Foundation
import Imaging
import Torch
import Training
import Upscaling

/// For `make bench`: Fovea's whole path beside libtorch's bare network, turn by turn in one process, so that whatever else
/// the machine does is done to both.
struct TimeNetwork: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time a model file's network in Fovea and in libtorch.", shouldDisplay: false)

    @Argument(help: "A model file of Fovea's.", completion: .file(extensions: ["onnx"]))
    var model: String

    @Option(help: "A picture of which the middle is enlarged; at least 256 pixels along each axis.")
    var picture: String

    @Option(parsing: .upToNextOption, help: "Threads, each number in turn.")
    var threads = [1, 2]

    @Option(help: "Pairs timed, after one that is not.")
    var pairs = 9

    /// Pixels of the network's input along each axis.
    private static let side = 256
    /// Runs of a denoiser that are timed together.
    private static let steps = 8

    func validate() throws {
        if !threads.allSatisfy((1...1024).contains) || !(3...10_000).contains(pairs) {
            throw ValidationError("--threads takes numbers from 1 to 1024, --pairs one from 3 to 10000.")
        }
    }

    func run() throws {
        // The peer at its best: without it, each result's pages are asked of the system anew.
        TorchRuntime.keepFreedMemory()
        let file = try ModelFile(contentsOf: URL(fileURLWithPath: model))
        let network = try StoredNetwork(file)
        let precisions: [Precision] =
            Precision.automatic(for: [file]) == .bfloat16 ? [.float32, .bfloat16] : [.float32]
        for precision in precisions {
            for threads in threads {
                let fovea = try fovea(file, precision, threads: threads)
                TorchRuntime.threadCount = threads
                let inputs = network.randomInputs(side: Self.side)
                let type: ScalarType = precision == .float32 ? .float32 : .bfloat16
                // A sampler's first step costs more than the others.
                let repetitions = file.metadata.diffusion == nil ? 1 : Self.steps
                let times = try PairedTimes(pairs: pairs, repetitions: repetitions, fovea) {
                    for _ in 0..<repetitions { _ = network(inputs, computedIn: type) }
                }
                let name = "\(file.metadata.name), \(precision.rawValue), \(threads)"
                print(name.padding(toLength: 38, withPad: " ", startingAt: 0) + times.text)
            }
        }
    }

    /// All that a person waits for but files, from an image to its enlargement.
    private func fovea(_ file: ModelFile, _ precision: Precision, threads: Int) throws -> () throws -> Void {
        let scale = file.metadata.scale
        guard !file.metadata.drawsSamples else {
            let cascade = Cascade([try file.drawing(precision: precision, threads: threads)])
            // A diffusion model sees the enlarged image, a flow the image.
            let image = try picture(side: file.metadata.diffusion == nil ? Self.side : Self.side / scale)
            return { _ = try cascade.sample(image, scale: Double(scale), options: SamplingOptions(steps: Self.steps)) }
        }
        let upscaler = try Upscaler(models: [file], precision: precision, threads: threads)
        let image = try picture(side: Self.side)
        return { _ = try upscaler.upscale(image, scale: Double(scale)) }
    }

    private func picture(side: Int) throws -> Image {
        var image = try ImageFile.read(URL(fileURLWithPath: picture))
        let (left, top) = ((image.header.width - side) / 2, (image.header.height - side) / 2)
        guard left >= 0, top >= 0 else {
            throw ValidationError("\(picture): has not \(side) pixels along each axis")
        }
        image.pixels = image.pixels.slice(0).cropped(columns: left..<left + side, rows: top..<top + side)
        image.header = ImageHeader(
            width: side, height: side, colorModel: image.header.colorModel, intensity: image.header.intensity)
        return image
    }
}

/// Two ways to do the same, timed in turn.
private struct PairedTimes {
    /// In milliseconds, run by run.
    private var fovea: [Double] = []
    private var peer: [Double] = []

    /// - Parameter repetitions: that `first` and `second` consist of; times are of one.
    init(pairs: Int, repetitions: Int, _ first: () throws -> Void, _ second: () throws -> Void) throws {
        func time(_ work: () throws -> Void) rethrows -> Double {
            let duration = try ContinuousClock().measure(work).components
            return (Double(duration.seconds) * 1e3 + Double(duration.attoseconds) * 1e-15) / Double(repetitions)
        }
        try first()
        try second()
        for pair in 0..<pairs {
            // Whoever goes second finds the caches full of the other's numbers.
            if pair % 2 == 0 {
                fovea.append(try time(first))
                peer.append(try time(second))
            } else {
                peer.append(try time(second))
                fovea.append(try time(first))
            }
        }
    }

    /// Medians, with quartiles in parentheses; the ratio is the median of the pairs' ratios.
    var text: String {
        func text(_ values: [Double], _ format: String) -> String {
            let sorted = values.sorted()
            let quartiles = [1, 2, 3].map { sorted[(sorted.count - 1) * $0 / 4] }
            return String(format: "\(format) (\(format)–\(format))", quartiles[1], quartiles[0], quartiles[2])
        }
        let ratios = zip(fovea, peer).map { $0 / $1 }
        return "\(text(fovea, "%.1f")) ms, libtorch \(text(peer, "%.1f")) ms, ratio \(text(ratios, "%.2f"))"
    }
}
