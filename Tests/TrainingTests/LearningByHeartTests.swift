import Foundation
import Imaging
import Networks
import TestSupport
import Testing
import Torch
import TorchNN
import Training
import Upscaling

/// Four small crops are so few that a network which is wired and trained as it should be gives them back: to better than
/// 45 dB.
@Suite("Learning four crops by heart", .serialized) struct LearningByHeartTests {
    /// Networks this small lose more to waiting for other threads than they gain.
    init() { TorchRuntime.threadCount = 1 }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var architecture: Architecture
        var steps = 500
        var learningRate = 3e-3
    }

    static let cases = [
        Case(
            testDescription: "FSRNet",
            architecture: .fsrnet(
                .init(channels: 1, features: 32, encoderBlocks: 2, hourglasses: 1, addsInput: true)), steps: 1200),
        Case(
            testDescription: "SRResNet",
            architecture: .srresnet(.init(scale: 2, features: 24, blocks: 2, tanhOutput: false))),
        Case(testDescription: "EnhanceNet", architecture: .enhanceNet(.init(scale: 2, features: 24, blocks: 2))),
        // Its residuals begin at a fifth of a tenth, so that it takes longer to start.
        Case(
            testDescription: "RRDB", architecture: .rrdb(.init(scale: 2, features: 32, blocks: 1, growth: 16)),
            steps: 1600, learningRate: 4e-3),
        Case(testDescription: "Foveola", architecture: .foveola(.init(scale: 2, features: 24, blocks: 2))),
        Case(
            testDescription: "SR3's network in one step",
            architecture: .sr3(.init(channels: 1, network: .init(features: 16, multipliers: [1, 2], blocks: 1)))),
    ]

    @Test("gives them back to better than 45 dB", arguments: cases)
    func overfits(name: Case) throws {
        let folder = try TemporaryFolder()
        for number in 1...4 {
            let large = Phantom.image(number, width: 48, height: 48)
            let image = Image(
                header: large.header.resized(width: 16, height: 16), pixels: large.pixels.resized(width: 16, height: 16)
            )
            try ImageFile.write(image, to: folder["a\(number).png"])
        }
        let isEstimating = name.architecture.estimatedMaps > 0
        let configuration = TrainingConfiguration(
            architecture: name.architecture, scale: 2,
            data: [
                // Any image is a mask.
                TrainingFolder(folder: folder.path, modality: .chestXRay, priors: isEstimating ? folder.path : nil)
            ], reductions: [1], validationShare: 0, batchSize: 4,
            cropSize: name.architecture.input == .lowResolution ? 8 : 16, steps: name.steps,
            learningRate: name.learningRate, schedule: .cosine(warmup: 20, floor: 0.01), loss: .mse,
            averageDecay: 0.9, precision: .float32)
        try configuration.validate()
        var sampler = try BatchSampler(TrainingImages(configuration).load(), configuration: configuration)
        let batch = sampler.next(on: .cpu)
        let trainee = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        var error: Float = 1
        for step in 0..<name.steps {
            let values = try trainee.step(batch, step: step)
            // FSRNet's loss is of what it estimates on the way too.
            error = values.first { $0.name == "image" }?.value ?? values[0].value
        }
        #expect(-10 * log10(error) > 45, "\(-10 * log10(error)) dB")
    }
}
