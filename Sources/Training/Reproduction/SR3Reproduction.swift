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
    public var dataSet: DataSet
    public var root: URL
    /// What the images show, where the data set does not tell.
    public var modality: Modality?
    public var scale = 4
    /// Training steps of each of the two.
    public var steps = 12_000
    public var precision = TrainingPrecision.bfloat16
    public var seed: UInt64 = 1
    /// Share of the images that is judged where the owner has no split.
    public var testShare = 0.2
    public var limit: Int?
    /// Of each volume at most so many slices are judged.
    public var sliceLimit: Int? = 4
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

    public init(dataSet: DataSet, root: URL) {
        self.dataSet = dataSet
        self.root = root
    }

    /// - Parameter folder: receives the runs and the split.
    /// - Throws: ``TrainingError/configuration(_:)``, ``DataSetError``, `ImageFileError`.
    public func reproduction(in folder: URL, device: Device) throws -> Reproduction {
        let divided = try DividedDataSet(
            dataSet, root: root, modality: modality, limit: limit, testShare: testShare, seed: seed, in: folder)
        var regression = Preset.sr3TinyMRIRegression.configuration(scale: scale, data: [divided.training])
        regression.steps = steps
        regression.seed = seed
        regression.precision = precision
        let deviation = try residualDeviation(regression)
        var diffusion = regression
        diffusion.loss = .mse
        diffusion.diffusion = .residual(deviation: deviation)
        return Reproduction(
            paper: "sr3",
            systems: [
                .init(name: "Regression", configuration: regression),
                .init(name: "SR3", configuration: diffusion, uses: Self.uses),
            ],
            evaluation: Evaluation(
                scale: scale, metrics: Self.metrics, seed: seed, reduction: dataSet.reduction, sliceLimit: sliceLimit,
                measuresConsistency: true),
            testFiles: divided.testFiles, published: [.sr3Faces, .sr3Natural], features: features,
            choices: [
                """
                training: \(divided.trainingCount) images of \(dataSet.layout.title), \(steps) steps of batches of \
                \(regression.batchSize), seed \(seed); \(try parameterCount(regression)) weights
                """,
                "split: \(divided.rule)",
                "the network diffuses the residual to bicubic interpolation, of deviation \(deviation) of the range",
                "SR3: 100 ancestral steps; DDIM and DPM-Solver++: 20 steps; one sample an image",
            ], folder: folder, device: device)
    }

    /// Of the truth from bicubic interpolation, so that the residual has about the noise's.
    private func residualDeviation(_ configuration: TrainingConfiguration) throws -> Double {
        let residuals = try TrainingImages(configuration).load().flatMap(\.training).map(\.target)
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
