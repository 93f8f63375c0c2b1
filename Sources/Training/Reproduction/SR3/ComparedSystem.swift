import Evaluation
import Foundation
import Networks
import TorchNN
import Upscaling

/// A system that SR3 is compared with, or SR3 itself, in the order of the table: a new one joins here, with what it is trained
/// by.
enum ComparedSystem: CaseIterable {
    case regression, sr3, enhanceNet, esrgan, srflow

    /// What all of them share.
    struct Setting {
        var data: TrainingFolder
        var scale: Int
        /// Training steps of SR3 and of its regression twin; the others' follow from it.
        var steps: Int
        var seed: UInt64
        var precision: TrainingPrecision
        /// Standard deviation of the truth from bicubic interpolation, as a share of the range.
        var deviation: Double
        /// VGG-19's weights; `nil` takes the discriminator's features in place of VGG-19's.
        var vgg19: String?
        /// Receives the runs.
        var folder: URL
    }

    /// Whether it can enlarge so many times.
    func serves(scale: Int) -> Bool {
        switch self {
        case .regression, .sr3: true
        case .enhanceNet, .esrgan, .srflow: [2, 4, 8].contains(scale)
        }
    }

    /// What is trained for it, one after the other.
    func systems(in setting: Setting) -> [Reproduction.System] {
        switch self {
        case .regression: [.init(name: "Regression", configuration: setting.regression)]
        case .sr3: [.init(name: "SR3", configuration: setting.diffusion, uses: Self.samplers)]
        case .enhanceNet:
            [
                .init(
                    name: "EnhanceNet",
                    configuration: setting.adversarial(
                        .enhanceNet(.init(scale: setting.scale, features: 32)),
                        .init(
                            discriminator: .enhanceNet(.init(size: Setting.cropSize, features: 16)),
                            pixelSteps: setting.pixelSteps, content: .enhanceNet, adversarialWeight: 2)))
            ]
        case .esrgan:
            [
                .init(
                    name: "ESRGAN",
                    configuration: setting.adversarial(
                        .rrdb(.init(scale: setting.scale, features: 32, blocks: 4, growth: 16)),
                        .init(
                            discriminator: .esrgan(.init(size: Setting.cropSize, features: 16)),
                            pixelSteps: setting.pixelSteps, loss: .relativisticAverage,
                            content: .vgg19(.conv54, .absolute, scale: 1), adversarialWeight: 5e-3, pixelWeight: 1e-2)))
            ]
        case .srflow:
            [
                .init(name: Self.encoderName, configuration: setting.encoder),
                .init(name: "SRFlow", configuration: setting.flow, uses: Self.temperatures),
            ]
        }
    }

    fileprivate static let encoderName = "Foveola"

    /// The paper's sampler with the number of steps that it names for speed, and two that need fewer.
    private static let samplers: [Reproduction.Use] = [
        .init(label: "", sampling: SamplingOptions(sampler: .ancestral(variance: .forward), steps: 100)),
        .init(label: ", DDIM", sampling: SamplingOptions(sampler: .ddim(eta: 0), steps: 20)),
        .init(label: ", DPM-Solver++", sampling: SamplingOptions(sampler: .dpmSolver, steps: 20)),
        .init(
            label: ", DPM-Solver++, consistent", sampling: SamplingOptions(sampler: .dpmSolver, steps: 20),
            isConsistent: true),
    ]

    private static let temperatures: [Reproduction.Use] = [
        .init(), .init(label: ", temperature 0", sampling: SamplingOptions(temperature: 0)),
        .init(label: ", consistent", isConsistent: true),
    ]
}

extension ComparedSystem.Setting {
    /// Side of the high-resolution crops of every system.
    static let cropSize = 64

    /// Steps of adversarial systems before they meet their discriminator.
    var pixelSteps: Int { steps * 3 / 5 }

    var regression: TrainingConfiguration {
        var configuration = Preset.sr3TinyMRIRegression.configuration(scale: scale, data: [data])
        configuration.steps = steps
        configuration.seed = seed
        configuration.precision = precision
        return configuration
    }

    fileprivate var diffusion: TrainingConfiguration {
        var configuration = regression
        configuration.loss = .mse
        configuration.objective = .diffusion(.residual(deviation: deviation))
        return configuration
    }

    /// A network of the low-resolution image, on pixels alone.
    private func lowResolution(_ architecture: Architecture, batchSize: Int) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: architecture, scale: scale, data: [data], reductions: [1, 2], batchSize: batchSize,
            cropSize: Self.cropSize / scale, steps: steps, learningRate: 5e-4,
            schedule: .cosine(warmup: 100, floor: 0.02), precision: precision, seed: seed, validationInterval: 4_000,
            checkpointInterval: 500)
    }

    /// - Parameter published: the losses with VGG-19's features. Without them the substitute gets the weights that a small
    ///   GAN was found to stay near the truth with (docs/decisions/0012).
    fileprivate func adversarial(
        _ architecture: Architecture, _ published: AdversarialObjective
    ) -> TrainingConfiguration {
        var objective = published.resolving(vgg19: vgg19)
        objective.learningRate = 2e-4
        if objective.vgg19 == nil {
            (objective.contentWeight, objective.adversarialWeight, objective.pixelWeight) = (0.05, 0.01, 1)
        }
        var configuration = lowResolution(architecture, batchSize: 8)
        configuration.objective = .adversarial(objective)
        return configuration
    }

    /// SRFlow's enlarging network: of the same images as all, so that none that is judged was ever learned from.
    fileprivate var encoder: TrainingConfiguration {
        lowResolution(.foveola(encoderNetwork), batchSize: 16)
    }

    private var encoderNetwork: Foveola.Configuration { .init(scale: scale, features: 48, blocks: 4) }

    /// Its steps cost twice those of SR3, so it takes half as many.
    fileprivate var flow: TrainingConfiguration {
        var configuration = Preset.srflowTinyMRI.configuration(scale: scale, data: [data])
        configuration.architecture = .srflow(.init(encoder: encoderNetwork, deviation: deviation))
        configuration.cropSize = Self.cropSize / scale
        configuration.steps = max(1, steps / 2)
        configuration.seed = seed
        let system = Reproduction.System(name: ComparedSystem.encoderName, configuration: encoder)
        configuration.initialWeights = Reproduction.checkpoint(of: system, in: folder).path
        return configuration
    }
}
