import Networks
import TorchNN
import Upscaling

/// Training runs by name: what a person starts from and overrides.
public enum Preset: String, CaseIterable, Sendable {
    case foveola
    case vdsr
    case srresnet

    /// One line for a list.
    public var summary: String {
        switch self {
        case .foveola: "Fovea's default: fast residual network, L1, Adam with cosine"
        case .vdsr: "VDSR as published: momentum, clipped gradients, rate ÷ 10 four times"
        case .srresnet: "SRGAN's generator trained on pixels: MSE, Adam 1e-4"
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
        }
    }
}
