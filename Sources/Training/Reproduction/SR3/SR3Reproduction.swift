import DataSets
import Evaluation
import Foundation
import ImageQuality
import Imaging
import Torch
import Upscaling

/// What Saharia et al., "Image Super-Resolution via Iterative Refinement", 2021, and the review of it compare: bicubic
/// interpolation, the network trained by regression, SR3, and the systems that it is compared with, by PSNR, SSIM, sharpness,
/// consistency and, with the user's networks, LPIPS and FID. With networks small enough for a processor and on medical images,
/// so that the papers' numbers stand beside ours only as those of other data. FSRGAN takes part where there are masks, and
/// PULSE where images are whole and lie alike, as faces do.
public struct SR3Reproduction: Sendable {
    public var comparison: Comparison
    public var scale = 4
    /// Training steps of SR3 and of its regression twin; the others' follow from it.
    public var steps = 12_000
    /// VGG-19's weights for the adversarial systems.
    public var vgg19: String?
    /// For FID.
    public var features: FeatureNetwork?
    public var perceptualDistance: LPIPS?

    public static let metrics: [Metric] = [.psnr, .ssim, .sharpness]

    public init(_ comparison: Comparison) { self.comparison = comparison }

    /// - Parameters:
    ///   - folder: receives the runs, the split and the pictures.
    ///   - device: what the systems are trained on.
    /// - Throws: ``TrainingError/configuration(_:)``, `DataSetError`, `ImageFileError`.
    public func reproduction(in folder: URL, device: Device) throws -> Reproduction {
        let divided = try DividedDataSet(comparison, in: folder)
        var setting = ComparisonSetting(
            data: divided.training, scale: scale, steps: steps, seed: comparison.seed,
            precision: comparison.precision, deviation: 1, vgg19: vgg19, priors: comparison.priors?.path,
            side: comparison.side, folder: folder)
        setting.deviation = try residualDeviation(setting.regression)
        let compared = ComparedSystem.allCases.filter { $0.serves(setting) }
        let systems = compared.flatMap { $0.systems(in: setting) }
        let evaluation = Evaluator(
            scale: scale, metrics: Self.metrics, seed: comparison.seed, reduction: divided.testReduction,
            sliceLimit: comparison.sliceLimit, measuresConsistency: true, perceptualDistance: perceptualDistance)
        let figures = SR3Figures(evaluation: evaluation, image: divided.testFiles[0].url, folder: folder)
        let artist: Reproduction.Artist = { try figures.draw($0, $1) }
        return Reproduction(
            paper: "sr3", systems: systems, evaluation: evaluation, testFiles: divided.testFiles,
            published: [.sr3Faces, .sr3Natural, .photographs], features: features, artist: artist,
            choices: choices(of: systems, setting, divided), folder: folder, device: device)
    }

    /// What was decided where the papers are silent, or otherwise than they do.
    private func choices(
        of systems: [Reproduction.System], _ setting: ComparisonSetting, _ divided: DividedDataSet
    ) -> [String] {
        let training = """
            training: \(divided.trainingCount) images of \(comparison.dataSet.layout.title), seed \(comparison.seed), crops \
            of \(ComparisonSetting.cropSize)² pixels
            """
        let whole = setting.side.map { "whole images, reduced to \($0)² pixels" }
        let masks = setting.priors.map { _ in
            "FSRNet and FSRGAN learn from masks; \(divided.maskless) images without one are learned from by no system"
        }
        let steps = systems.map {
            "\($0.name): \($0.configuration.steps) steps of batches of \($0.configuration.batchSize)"
        }
        let content =
            vgg19 == nil
            ? "the discriminator's features and pixels in place of VGG-19's features, whose weights were not given"
            : "VGG-19's features, as published"
        return [training] + [whole, masks].compactMap { $0 } + steps + [
            "split: \(divided.rule)",
            "SR3 diffuses the residual to bicubic interpolation, of deviation \(setting.deviation) of the range",
            "SR3: 100 ancestral steps; DDIM and DPM-Solver++: 20 steps; one sample an image",
            "SRFlow: of what Foveola, its enlarging network, leaves; temperature 0.8 where none is named",
            "EnhanceNet, ESRGAN and FSRGAN: \(content)",
        ]
    }

    /// Of the truth from bicubic interpolation, so that the residual has about the noise's.
    private func residualDeviation(_ configuration: TrainingConfiguration) throws -> Double {
        let residuals = try TrainingImages(configuration).load().flatMap(\.training).map {
            configuration.pair(of: $0).target
        }
        let squares = residuals.reduce(0.0) { sum, residual in
            sum + residual.samples.reduce(0.0) { $0 + Double($1) * Double($1) }
        }
        let deviation = (squares / Double(residuals.reduce(0) { $0 + $1.samples.count })).squareRoot()
        return max((deviation * 1000).rounded() / 1000, 0.001)
    }
}
