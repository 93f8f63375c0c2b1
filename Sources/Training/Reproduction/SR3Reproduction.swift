import Evaluation
import Foundation
import ImageQuality
import Imaging
import Networks
import Torch
import Upscaling

/// What Saharia et al., "Image Super-Resolution via Iterative Refinement", 2021, measure: bicubic interpolation, the
/// network trained by regression, and SR3, by PSNR, SSIM, consistency and FID. With a network small enough for a processor
/// and on medical images, so that the paper's numbers stand beside ours only as those of other data.
public struct SR3Reproduction: Sendable {
    public var comparison: Comparison
    public var scale = 4
    /// Training steps of each of the two.
    public var steps = 12_000
    /// For FID.
    public var features: FeatureNetwork?

    public static let metrics: [Metric] = [.psnr, .ssim, .sharpness]

    /// The paper's sampler with the number of steps that it names for speed, and two that need fewer.
    static let uses: [Reproduction.Use] = [
        .init(label: "", sampling: SamplingOptions(sampler: .ancestral(variance: .forward), steps: 100)),
        .init(label: ", DDIM", sampling: SamplingOptions(sampler: .ddim(eta: 0), steps: 20)),
        .init(label: ", DPM-Solver++", sampling: SamplingOptions(sampler: .dpmSolver, steps: 20)),
        .init(
            label: ", DPM-Solver++, consistent", sampling: SamplingOptions(sampler: .dpmSolver, steps: 20),
            isConsistent: true),
    ]

    public init(_ comparison: Comparison) { self.comparison = comparison }

    /// - Parameters:
    ///   - folder: receives the runs and the split.
    ///   - device: what the systems are trained on.
    /// - Throws: ``TrainingError/configuration(_:)``, `DataSetError`, `ImageFileError`.
    public func reproduction(in folder: URL, device: Device) throws -> Reproduction {
        let divided = try DividedDataSet(comparison, in: folder)
        var regression = Preset.sr3TinyMRIRegression.configuration(scale: scale, data: [divided.training])
        regression.steps = steps
        regression.seed = comparison.seed
        regression.precision = comparison.precision
        let deviation = try residualDeviation(regression)
        var diffusion = regression
        diffusion.loss = .mse
        diffusion.objective = .diffusion(.residual(deviation: deviation))
        return Reproduction(
            paper: "sr3",
            systems: [
                .init(name: "Regression", configuration: regression),
                .init(name: "SR3", configuration: diffusion, uses: Self.uses),
            ],
            evaluation: Evaluation(
                scale: scale, metrics: Self.metrics, seed: comparison.seed, reduction: comparison.dataSet.reduction,
                sliceLimit: comparison.sliceLimit, measuresConsistency: true),
            testFiles: divided.testFiles, published: [.sr3Faces, .sr3Natural], features: features,
            choices: [
                """
                training: \(divided.trainingCount) images of \(comparison.dataSet.layout.title), \(steps) steps of batches of \
                \(regression.batchSize), seed \(comparison.seed); \(try parameterCount(regression)) weights
                """,
                "split: \(divided.rule)",
                "the network diffuses the residual to bicubic interpolation, of deviation \(deviation) of the range",
                "SR3: 100 ancestral steps; DDIM and DPM-Solver++: 20 steps; one sample an image",
            ], folder: folder, device: device)
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

    private func parameterCount(_ configuration: TrainingConfiguration) throws -> Int {
        try configuration.makeTrainee(initialWeights: nil, on: .cpu).finalWeights.values.reduce(0) { $0 + $1.count }
    }
}
