import Evaluation
import Foundation
import Networks
import TorchNN
import Upscaling

/// A system that SR3 is compared with, or SR3 itself, in the order of the table: a new one joins here, with what it is trained
/// by.
enum ComparedSystem: CaseIterable {
    case regression, sr3, enhanceNet, esrgan, srflow, fsrgan, pulse

    /// Whether it can be compared there: at that magnification, with masks or without, on whole images or not.
    func serves(_ setting: ComparisonSetting) -> Bool {
        let doubles = [2, 4, 8].contains(setting.scale)
        return switch self {
        case .regression, .sr3: true
        case .enhanceNet, .esrgan, .srflow: doubles
        case .fsrgan: setting.priors != nil
        case .pulse: doubles && setting.side != nil
        }
    }

    /// What is trained for it, one after the other.
    func systems(in setting: ComparisonSetting) -> [Reproduction.System] {
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
                            discriminator: .enhanceNet(.init(size: ComparisonSetting.cropSize, features: 16)),
                            pixelSteps: setting.pixelSteps, content: .enhanceNet, adversarialWeight: 2)))
            ]
        case .esrgan:
            [
                .init(
                    name: "ESRGAN",
                    configuration: setting.adversarial(
                        .rrdb(.init(scale: setting.scale, features: 32, blocks: 4, growth: 16)),
                        .init(
                            discriminator: .esrgan(.init(size: ComparisonSetting.cropSize, features: 16)),
                            pixelSteps: setting.pixelSteps, loss: .relativisticAverage,
                            content: .vgg19(.conv54, .absolute, scale: 1), adversarialWeight: 5e-3, pixelWeight: 1e-2)))
            ]
        case .srflow:
            [
                .init(name: ComparisonSetting.encoderName, configuration: setting.encoder),
                .init(name: "SRFlow", configuration: setting.flow, uses: Self.temperatures),
            ]
        case .fsrgan:
            [
                .init(name: ComparisonSetting.priorName, configuration: setting.prior),
                .init(name: "FSRGAN", configuration: setting.adversarialPrior),
            ]
        case .pulse: [.init(name: "PULSE", configuration: setting.generator)]
        }
    }

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
