import Networks
import TorchNN
import Upscaling

/// Training runs by name: what a person starts from and overrides.
public enum Preset: String, CaseIterable, Sendable {
    case foveola
    case vdsr
    case srresnet
    case sr3TinyMRI = "sr3-tiny-mri"
    case sr3TinyMRIRegression = "sr3-tiny-mri-regression"
    case sr3TinyChest = "sr3-tiny-chest"
    case sr3TinyChestRegression = "sr3-tiny-chest-regression"
    case sr3

    /// One line for a list.
    public var summary: String {
        switch self {
        case .foveola: "Fovea's default: fast residual network, L1, Adam with cosine"
        case .vdsr: "VDSR as published: momentum, clipped gradients, rate ÷ 10 four times"
        case .srresnet: "SRGAN's generator trained on pixels: MSE, Adam 1e-4"
        case .sr3TinyMRI: "a small SR3 for brain MRI, diffusing the residual to bicubic"
        case .sr3TinyMRIRegression: "the same network in one step, without noise"
        case .sr3TinyChest: "a small SR3 for chest X-rays, diffusing the residual to bicubic"
        case .sr3TinyChestRegression: "the same network in one step, without noise"
        case .sr3: "SR3 as published for 64 to 256 pixels, 617 million parameters; needs a large GPU"
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
        case .sr3TinyMRI: Self.tiny(deviation: 0.05, scale: scale, data: data)
        case .sr3TinyChest: Self.tiny(deviation: 0.02, scale: scale, data: data)
        case .sr3TinyMRIRegression, .sr3TinyChestRegression: Self.tiny(deviation: nil, scale: scale, data: data)
        case .sr3:
            TrainingConfiguration(
                architecture: .sr3(.natural64to256), diffusion: DiffusionObjective(process: .sr3), scale: scale,
                data: data, batchSize: 256, cropSize: 256, steps: 1_000_000, learningRate: 1e-4,
                schedule: .warmup(steps: 10_000), averageDecay: 0.9999, validationInterval: 10_000)
        }
    }

    /// - Parameter deviation: of the residual to bicubic; `nil` for the regression twin.
    private static func tiny(deviation: Double?, scale: Int, data: [TrainingFolder]) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: .sr3(.tiny),
            diffusion: deviation.map { deviation in
                DiffusionObjective(
                    process: DiffusionProcess(
                        schedule: .cosine(steps: 1000), target: .velocity, subject: .residual(deviation: deviation)))
            },
            scale: scale, data: data, reductions: [1, 2], batchSize: 16, cropSize: 64, steps: 12_000,
            learningRate: 5e-4, schedule: .cosine(warmup: 300, floor: 0.02), loss: deviation == nil ? .l1 : .mse,
            averageDecay: 0.999, validationInterval: 4_000, checkpointInterval: 500)
    }
}
