import Foundation
import Networks
import TorchNN
import Upscaling

/// What the systems that SR3 is compared with share, and what each is trained by.
struct ComparisonSetting {
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
    /// A folder of masks.
    var priors: String?
    /// The side of all images where they are whole and lie alike.
    var side: Int?
    /// Receives the runs.
    var folder: URL

    static let encoderName = "Foveola"
    static let priorName = "FSRNet"
    /// Side of the high-resolution crops of every system but a generator, which learns whole images.
    static let cropSize = 64

    /// Steps of adversarial systems before they meet their discriminator.
    var pixelSteps: Int { steps * 3 / 5 }

    /// Slices of brains are seen at half their resolution too; whole images have one size.
    private var reductions: [Int] { side == nil ? [1, 2] : [1] }

    private func shared(_ configuration: TrainingConfiguration, steps: Int) -> TrainingConfiguration {
        var configuration = configuration
        configuration.steps = max(1, steps)
        configuration.seed = seed
        return configuration
    }

    private func checkpoint(of name: String, _ configuration: TrainingConfiguration) -> String {
        Reproduction.checkpoint(of: .init(name: name, configuration: configuration), in: folder).path
    }

    var regression: TrainingConfiguration {
        var configuration = shared(Preset.sr3TinyMRIRegression.configuration(scale: scale, data: [data]), steps: steps)
        configuration.reductions = reductions
        configuration.precision = precision
        return configuration
    }

    var diffusion: TrainingConfiguration {
        var configuration = regression
        configuration.loss = .mse
        configuration.objective = .diffusion(.residual(deviation: deviation))
        return configuration
    }

    /// A network of the low-resolution image, on pixels alone.
    private func lowResolution(_ architecture: Architecture, batchSize: Int) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: architecture, scale: scale, data: [data], reductions: reductions, batchSize: batchSize,
            cropSize: Self.cropSize / scale, steps: steps, learningRate: 5e-4,
            schedule: .cosine(warmup: 100, floor: 0.02), precision: precision, seed: seed, validationInterval: 4_000,
            checkpointInterval: 500)
    }

    /// - Parameter published: the losses with VGG-19's features. Without them the substitute gets the weights that a small
    ///   GAN was found to stay near the truth with (docs/decisions/0012).
    func adversarial(_ architecture: Architecture, _ published: AdversarialObjective) -> TrainingConfiguration {
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
    var encoder: TrainingConfiguration { lowResolution(.foveola(encoderNetwork), batchSize: 16) }

    private var encoderNetwork: Foveola.Configuration { .init(scale: scale, features: 48, blocks: 4) }

    /// Its steps cost twice those of SR3, so it takes half as many.
    var flow: TrainingConfiguration {
        var configuration = shared(Preset.srflowTinyMRI.configuration(scale: scale, data: [data]), steps: steps / 2)
        configuration.architecture = .srflow(.init(encoder: encoderNetwork, deviation: deviation))
        configuration.reductions = reductions
        configuration.cropSize = Self.cropSize / scale
        configuration.initialWeights = checkpoint(of: Self.encoderName, encoder)
        return configuration
    }

    /// FSRNet, at the others' rate: the paper's is meant for a training many times as long.
    var prior: TrainingConfiguration {
        var masked = data
        masked.priors = priors
        var configuration = shared(Preset.fsrnet.configuration(scale: scale, data: [masked]), steps: steps)
        configuration.learningRate = 5e-4
        configuration.precision = precision
        return configuration
    }

    /// FSRGAN, which goes on from FSRNet.
    var adversarialPrior: TrainingConfiguration {
        var configuration = shared(prior, steps: steps / 2)
        configuration.objective = .adversarial(Preset.fsrgan(pixelSteps: 0).resolving(vgg19: vgg19))
        configuration.schedule = .constant
        configuration.initialWeights = checkpoint(of: Self.priorName, prior)
        return configuration
    }

    /// PULSE's generator: a game needs more steps than a regression does, and each costs no more.
    var generator: TrainingConfiguration {
        let side = side ?? Self.cropSize
        // As many channels at each resolution as the preset's 64² have there.
        let features = (2...side.trailingZeroBitCount).map { min(128, max(8, 1024 >> $0)) }
        var configuration = shared(
            Preset.pulseGeneratorChest.configuration(scale: scale, data: [data]), steps: 2 * steps)
        configuration.architecture = .stylegan2(.init(features: features))
        configuration.objective = .generation(
            .init(discriminator: .stylegan2(.init(size: side, features: features.last!))))
        configuration.cropSize = side / scale
        configuration.precision = precision
        configuration.validationInterval = configuration.steps
        return configuration
    }
}
