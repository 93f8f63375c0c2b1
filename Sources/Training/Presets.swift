import Networks
import TorchNN
import Upscaling

/// Training runs by name: what a person starts from and overrides.
public enum Preset: String, CaseIterable, Sendable {
    case foveola
    case vdsr
    case srresnet
    case srgan
    case saeedi
    case ahmad
    case esrgan
    case enhanceNet = "enhancenet"
    case sr3TinyMRI = "sr3-tiny-mri"
    case sr3TinyMRIRegression = "sr3-tiny-mri-regression"
    case sr3TinyChest = "sr3-tiny-chest"
    case sr3TinyChestRegression = "sr3-tiny-chest-regression"
    case sr3
    case pulseGeneratorChest = "pulse-generator-chest"
    case fsrnet
    case fsrgan
    case srflowTinyMRI = "srflow-tiny-mri"
    case foveolaDoubt = "foveola-doubt"

    /// One line for a list.
    public var summary: String {
        switch self {
        case .foveola: "Fovea's default: fast residual network, L1, Adam with cosine"
        case .vdsr: "VDSR as published: momentum, clipped gradients, rate ÷ 10 four times"
        case .srresnet: "SRGAN's generator trained on pixels: MSE, Adam 1e-4"
        case .srgan: "SRGAN: SRResNet on pixels, then VGG-19 features and a discriminator, 1e-3"
        case .saeedi: "Saeedi's hybrid of SRGAN and VDSR for chest radiographs, ×4"
        case .ahmad: "Ahmad's multi-scale medical GAN, ×4"
        case .esrgan: "ESRGAN: RRDB on L1, then a relativistic discriminator"
        case .enhanceNet: "EnhanceNet-PAT: perceptual, adversarial and texture losses"
        case .sr3TinyMRI: "a small SR3 for brain MRI, diffusing the residual to bicubic"
        case .sr3TinyMRIRegression: "the same network in one step, without noise"
        case .sr3TinyChest: "a small SR3 for chest X-rays, diffusing the residual to bicubic"
        case .sr3TinyChestRegression: "the same network in one step, without noise"
        case .sr3: "SR3 as published for 64 to 256 pixels, 617 million parameters; needs a large GPU"
        case .pulseGeneratorChest: "PULSE's generator: a small StyleGAN2 for whole chest X-rays of 64 × 64 pixels"
        case .fsrnet: "a small FSRNet, which learns from masks beside the images too; made for ×8"
        case .fsrgan: "the same, then features and a discriminator"
        case .srflowTinyMRI: "a small SRFlow for brain MRI, of what --from fovea-mri-x4.onnx leaves"
        case .foveolaDoubt: "a head that says where the foveola of --from errs, which stays as it is"
        }
    }

    public func configuration(scale: Int, data: [TrainingFolder]) -> TrainingConfiguration {
        switch self {
        case .foveola:
            TrainingConfiguration(architecture: .foveola(.init(scale: scale)), scale: scale, data: data)
        case .vdsr:
            TrainingConfiguration(
                architecture: .vdsr(.init()), scale: scale, data: data, batchSize: 64, cropSize: 41, steps: 40_000,
                learningRate: 0.1, schedule: .steps(interval: 10_000, factor: 0.1), optimizer: .momentum, loss: .mse)
        case .srresnet:
            TrainingConfiguration(
                architecture: .srresnet(.init(scale: scale)), scale: scale, data: data, steps: 100_000,
                learningRate: 1e-4, schedule: .constant, loss: .mse)
        case .srgan:
            Self.srgan(.srresnet(.init(scale: scale)), discriminator: .srgan(.init(size: 24 * scale)), scale, data)
        case .saeedi:
            Self.srgan(.saeedi(.init()), discriminator: .srgan(.init(channels: 3, size: 96)), scale, data)
        case .ahmad:
            // The paper's extra term against large errors is not given; the mean squared error of pixels is the natural
            // reading (docs/decisions/0007).
            Self.srgan(
                .ahmad(.init()), discriminator: .ahmad(.init(size: 24 * scale)), scale, data, pixelWeight: 1)
        case .esrgan:
            TrainingConfiguration(
                architecture: .rrdb(.init(scale: scale)),
                objective: .adversarial(
                    .init(
                        discriminator: .esrgan(.init(size: 128)), pixelSteps: 1_000_000, loss: .relativisticAverage,
                        content: .vgg19(.conv54, .absolute, scale: 1), adversarialWeight: 5e-3, pixelWeight: 1e-2)),
                scale: scale, data: data, cropSize: 128 / scale, steps: 1_400_000, learningRate: 2e-4,
                schedule: .steps(interval: 200_000, factor: 0.5), loss: .l1)
        case .enhanceNet:
            TrainingConfiguration(
                architecture: .enhanceNet(.init(scale: scale)),
                objective: .adversarial(
                    .init(
                        discriminator: .enhanceNet(.init(size: 128, features: 32)), pixelSteps: 100_000,
                        content: .enhanceNet, adversarialWeight: 2)),
                scale: scale, data: data, cropSize: 128 / scale, steps: 200_000, learningRate: 1e-4,
                schedule: .constant, loss: .mse)
        case .sr3TinyMRI: Self.tiny(deviation: 0.05, scale: scale, data: data)
        case .sr3TinyChest: Self.tiny(deviation: 0.02, scale: scale, data: data)
        case .sr3TinyMRIRegression, .sr3TinyChestRegression: Self.tiny(deviation: nil, scale: scale, data: data)
        case .sr3:
            TrainingConfiguration(
                architecture: .sr3(.natural64to256), objective: .diffusion(.init(process: .sr3)), scale: scale,
                data: data, batchSize: 256, cropSize: 256, steps: 1_000_000, learningRate: 1e-4,
                schedule: .warmup(steps: 10_000), averageDecay: 0.9999, validationInterval: 10_000)
        case .pulseGeneratorChest:
            TrainingConfiguration(
                architecture: .stylegan2(.init()),
                objective: .generation(.init(discriminator: .stylegan2(.init()))), scale: scale, data: data,
                reductions: [1], validationShare: 0.05, batchSize: 8, cropSize: 64 / scale, steps: 10_000,
                learningRate: 2e-3, schedule: .constant, averageDecay: 0.999, validationInterval: 10_000,
                checkpointInterval: 500)
        case .fsrnet: Self.fsrnet(.regression, steps: 10_000, scale: scale, data: data)
        case .fsrgan:
            Self.fsrnet(.adversarial(Self.fsrgan(pixelSteps: 10_000)), steps: 15_000, scale: scale, data: data)
        case .srflowTinyMRI:
            TrainingConfiguration(
                architecture: .srflow(.init(encoder: .init(scale: scale))),
                // Half of the published noise: what is left of MRI's dark background after learning stays below a gray level.
                objective: .flow(.init(frozenShare: 1, noise: 1.0 / 64, temperature: 0.8)),
                scale: scale, data: data, reductions: [1, 2], batchSize: 16, cropSize: 16, steps: 15_000,
                learningRate: 5e-4, schedule: .cosine(warmup: 300, floor: 0.02), averageDecay: 0.999,
                precision: .float32, validationInterval: 3_000, checkpointInterval: 500)
        case .foveolaDoubt:
            TrainingConfiguration(
                architecture: .foveola(.init(scale: scale, doubt: 32)), objective: .doubt(.init()), scale: scale,
                data: data, reductions: [1, 2], batchSize: 8, cropSize: 36, steps: 4_000, learningRate: 1e-3,
                averageDecay: 0.995, precision: .float32, validationInterval: 4_000, checkpointInterval: 500)
        }
    }

    /// The paper's weights; its discriminator is not described, so that SRGAN's judges.
    static func fsrgan(pixelSteps: Int) -> AdversarialObjective {
        AdversarialObjective(
            discriminator: .srgan(.init(size: 64, features: 32)), pixelSteps: pixelSteps,
            content: .vgg19(.phi54, .squared, scale: VGG19.srganScale), contentWeight: 0.1, pixelWeight: 1,
            learningRate: 1e-4)
    }

    /// The paper's rate with Adam in place of RMSprop, and crops in place of whole faces.
    private static func fsrnet(
        _ objective: Objective, steps: Int, scale: Int, data: [TrainingFolder]
    ) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: .fsrnet(.small), objective: objective, scale: scale, data: data, reductions: [1],
            batchSize: 8, cropSize: 64, steps: steps, learningRate: 2.5e-4, loss: .mse, averageDecay: 0.999,
            validationInterval: 5_000, checkpointInterval: 500)
    }

    /// SRGAN's schedule and losses: pixels for a million steps, then φ5,4 and the discriminator for 200,000.
    private static func srgan(
        _ architecture: Architecture, discriminator: DiscriminatorArchitecture, _ scale: Int, _ data: [TrainingFolder],
        pixelWeight: Double = 0
    ) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: architecture,
            objective: .adversarial(
                .init(
                    discriminator: discriminator, pixelSteps: 1_000_000,
                    content: .vgg19(.phi54, .squared, scale: VGG19.srganScale), pixelWeight: pixelWeight)),
            scale: scale, data: data, steps: 1_200_000, learningRate: 1e-4, schedule: .constant, loss: .mse)
    }

    /// - Parameter deviation: of the residual to bicubic; `nil` for the regression twin.
    private static func tiny(deviation: Double?, scale: Int, data: [TrainingFolder]) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: .sr3(.tiny),
            objective: deviation.map { .diffusion(.residual(deviation: $0)) } ?? .regression,
            scale: scale, data: data, reductions: [1, 2], batchSize: 16, cropSize: 64, steps: 12_000,
            learningRate: 5e-4, schedule: .cosine(warmup: 300, floor: 0.02), loss: deviation == nil ? .l1 : .mse,
            averageDecay: 0.999, validationInterval: 4_000, checkpointInterval: 500)
    }
}
