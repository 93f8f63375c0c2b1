import DataSets
import Evaluation
import Foundation
import ImageQuality
import Imaging
import Networks
import Torch
import TorchNN
import Upscaling

/// The comparison of Ahmad, Ali, Shah & Azmat, "A new generative adversarial network for medical images super resolution",
/// Scientific Reports 12:9533, 2022: bicubic, SRGAN and the multi-scale GAN at ×4, each also as it is after its stage on
/// pixels. The paper's code, settings and split are not public, so that there is nothing to stand beside these numbers.
public struct AhmadReproduction: Sendable {
    public var comparison: Comparison
    /// Steps of the stage on pixels, and of the adversarial one after it.
    public var pixelSteps = 20_000
    public var adversarialSteps = 4_000
    /// Peak learning rate of the stage on pixels; it falls to nothing along a cosine. The paper's 1e-4 is meant for a
    /// training many times as long.
    public var learningRate = 5e-4
    public var batchSize = 16
    /// Side of the low-resolution crops.
    public var cropSize = 24
    public var vgg19: String?

    public static let metrics: [Metric] = [.psnr, .ssim, .sharpness]

    public init(_ comparison: Comparison) { self.comparison = comparison }

    /// - Parameters:
    ///   - folder: receives the runs and the split.
    ///   - device: what the systems are trained on.
    /// - Throws: ``TrainingError/configuration(_:)``, `DataSetError`, `ImageFileError`.
    public func reproduction(in folder: URL, device: Device) throws -> Reproduction {
        let divided = try DividedDataSet(comparison, in: folder)
        return Reproduction(
            paper: "ahmad", systems: systems(channels: divided.colorChannels, divided.training, in: folder),
            evaluation: Evaluator(
                scale: 4, metrics: Self.metrics, seed: comparison.seed, reduction: comparison.dataSet.reduction,
                sliceLimit: comparison.sliceLimit),
            testFiles: divided.testFiles,
            choices: [
                """
                training: \(divided.trainingCount) images of \(comparison.dataSet.layout.title), batches of \(batchSize) crops of \
                \(cropSize)² input pixels, \(pixelSteps) steps on pixels from a learning rate of \(learningRate), then \
                \(adversarialSteps) adversarial, seed \(comparison.seed)
                """,
                "split: \(divided.rule)",
                vgg19 == nil
                    ? "content loss: the discriminator's features, since VGG-19's weights were not given"
                    : "content loss: VGG-19's φ5,4",
                "the paper's numbers, code and settings are not public; these are ours alone",
            ], folder: folder, device: device)
    }

    private func systems(channels: Int, _ data: TrainingFolder, in folder: URL) -> [Reproduction.System] {
        let size = cropSize * 4
        return [
            (
                "SRGAN", Architecture.srresnet(.init(scale: 4, channels: channels)),
                DiscriminatorArchitecture.srgan(.init(channels: channels, size: size)), 0.0
            ),
            (
                "multi-scale GAN", .ahmad(.init(channels: channels)), .ahmad(.init(channels: channels, size: size)), 1.0
            ),
        ].flatMap { name, architecture, discriminator, pixelWeight in
            var configuration = TrainingConfiguration(
                architecture: architecture, scale: 4, data: [data], reductions: [1], batchSize: batchSize,
                cropSize: cropSize, steps: pixelSteps, learningRate: learningRate, loss: .mse,
                precision: comparison.precision, seed: comparison.seed, validationInterval: 1_000,
                checkpointInterval: 500)
            let onPixels = Reproduction.System(name: "\(name), on pixels", configuration: configuration)
            configuration.steps = adversarialSteps
            configuration.learningRate = 1e-4
            configuration.schedule = .constant
            var full = Reproduction.System(name: name, configuration: configuration)
            full.configuration.initialWeights =
                Reproduction.checkpoint(of: onPixels, in: folder).path
            full.configuration.objective = .adversarial(
                AdversarialObjective(
                    discriminator: discriminator, pixelSteps: 0,
                    content: .vgg19(.phi54, .squared, scale: VGG19.srganScale), pixelWeight: pixelWeight
                ).resolving(vgg19: vgg19))
            return [onPixels, full]
        }
    }
}
