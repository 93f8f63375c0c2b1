import ArgumentParser
import Foundation
import Networks
import Torch
import TorchNN
import Training
import Upscaling

/// For `make bench`, and for `Tools/bench/training.py`, which times PyTorch on the same step.
struct TimeStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time training steps of a preset's network on random crops.", shouldDisplay: false)

    @Option(help: "Whose network and batch.")
    var preset: Preset = .foveola

    @Option(help: "Magnification.")
    var scale = 4

    @Option(help: "Steps timed, after five that are not.")
    var steps = 20

    @Option(help: "Threads.")
    var threads = 2

    func validate() throws {
        if !(2...16).contains(scale) { throw ValidationError("--scale takes a whole number from 2 to 16.") }
        if !(1...100_000).contains(steps) || !(1...1024).contains(threads) {
            throw ValidationError("--steps takes 1 to 100000, --threads 1 to 1024.")
        }
        if !preset.configuration(scale: scale, data: []).architecture.takesImages {
            throw ValidationError("--preset \(preset.rawValue) takes no image; time it by training it.")
        }
    }

    func run() throws {
        TorchRuntime.keepFreedMemory()
        TorchRuntime.threadCount = threads
        let configuration = preset.configuration(scale: scale, data: [])
        try configuration.architecture.validate()
        let trainee = try RegressionTrainee(configuration, initialWeights: nil, on: .cpu)
        let architecture = configuration.architecture
        let ratio = architecture.input == .lowResolution ? scale : 1
        let (batch, crop) = (configuration.batchSize, configuration.cropSize)
        let generator = Generator(seed: 1)
        let crops = Batch(
            input: generator.uniform([batch, architecture.channels, crop, crop]).channelsLast,
            target: generator.uniform([batch, architecture.channels, crop * ratio, crop * ratio]).channelsLast,
            bicubic: nil)
        var seconds: [Double] = []
        for step in 0..<steps + 5 {
            let start = ContinuousClock.now
            _ = try trainee.step(crops, step: step)
            let duration = (ContinuousClock.now - start).components
            if step >= 5 { seconds.append(Double(duration.seconds) + Double(duration.attoseconds) * 1e-18) }
        }
        print(seconds.sorted()[seconds.count / 2])
    }
}
