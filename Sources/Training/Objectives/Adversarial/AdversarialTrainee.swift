import Foundation
import Networks
import Torch
import TorchNN
import Upscaling

/// Trains a generator first on pixels, then also against a discriminator (Goodfellow et al. 2014; Ledig et al. 2017).
public final class AdversarialTrainee: Trainee {
    private let configuration: TrainingConfiguration
    private let adversarial: AdversarialObjective
    private let device: Device
    private let generator: any Layer
    private let weights: TrainedWeights
    private let discriminator: TrainedDiscriminator
    private let vgg19: VGG19?

    public init(
        _ configuration: TrainingConfiguration, _ adversarial: AdversarialObjective,
        initialWeights: [String: Tensor]? = nil, on device: Device = .cpu
    ) throws {
        self.configuration = configuration
        self.adversarial = adversarial
        self.device = device
        let parameters = Parameters(seed: configuration.seed, on: device)
        generator = try configuration.architecture.makeNetwork(parameters)
        weights = TrainedWeights(parameters, configuration, initialWeights: initialWeights)
        discriminator = try TrainedDiscriminator(adversarial.discriminator, using: parameters.generator) {
            Adam($0, learningRate: adversarial.learningRate)
        }
        vgg19 = try adversarial.vgg19.map { try VGG19(contentsOf: URL(fileURLWithPath: $0), on: device) }
    }

    public func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)] {
        weights.parameters.isTraining = true
        let attempt = configuration.attempt(batch, by: generator, on: device)
        let (made, target, pixel) = (attempt.image, attempt.target, attempt.loss)
        guard step >= adversarial.pixelSteps else {
            let factor = configuration.schedule.factor(step: step, of: adversarial.pixelSteps)
            weights.descend(pixel, learningRate: configuration.learningRate * factor, step: step)
            return [("pixel", pixel.item), ("content", 0), ("adversarial", 0), ("discriminator", 0)]
        }
        let rate =
            adversarial.learningRate
            * configuration.schedule.factor(
                step: step - adversarial.pixelSteps, of: configuration.steps - adversarial.pixelSteps)
        let (fake, real) = images(made, batch)
        let discriminatorLoss = trainDiscriminator(real: real, fake: fake.detached, learningRate: rate)
        let (content, judgement) = generatorLosses(real: real, fake: fake) { Loss.mse(made, target) }
        let total =
            content * adversarial.contentWeight + judgement * adversarial.adversarialWeight
            + pixel * adversarial.pixelWeight
        weights.descend(total, learningRate: rate, step: step)
        // What the generator's loss left in the discriminator's gradients is not its own.
        for tensor in discriminator.parameters.tensors { tensor.clearGradient() }
        return [
            ("pixel", pixel.item), ("content", content.item), ("adversarial", judgement.item),
            ("discriminator", discriminatorLoss),
        ]
    }

    private func cast<Result>(_ body: () throws -> Result) rethrows -> Result {
        try TorchRuntime.autocast(to: configuration.precision.scalarType(on: device), on: device, body)
    }

    /// Both images in 0…1, whatever the architecture gives.
    private func images(_ made: Tensor, _ batch: Batch) -> (fake: Tensor, real: Tensor) {
        switch configuration.architecture.output {
        case .residual:
            guard let bicubic = batch.bicubic else { preconditionFailure("a residual needs what it is added to") }
            return (made + bicubic, batch.target + bicubic)
        case .image:
            let range = configuration.architecture.outputRange
            return ((made - range.lowerBound) / (range.upperBound - range.lowerBound), batch.target)
        }
    }

    private func trainDiscriminator(real: Tensor, fake: Tensor, learningRate: Double) -> Float {
        discriminator.parameters.isTraining = true
        let (onReal, onFake) = cast {
            (discriminator.network(real).to(type: .float32), discriminator.network(fake).to(type: .float32))
        }
        let loss = adversarial.loss.discriminator(real: onReal, made: onFake)
        loss.backward()
        discriminator.step(learningRate: learningRate)
        return loss.item
    }

    /// - Parameter pixels: the squared error in the units that the network gives.
    private func generatorLosses(
        real: Tensor, fake: Tensor, pixels: () -> Tensor
    ) -> (content: Tensor, adversarial: Tensor) {
        let onFake = cast { discriminator.network.judge(fake) }
        let logits = onFake.logits.to(type: .float32)
        let needsReal = adversarial.loss == .relativisticAverage || adversarial.content == .discriminatorFeatures
        let onReal = needsReal ? TorchRuntime.withoutGradients { cast { discriminator.network.judge(real) } } : nil
        let judgement = adversarial.loss.generator(real: onReal!.logits.to(type: .float32), made: logits)
        let content: Tensor
        switch adversarial.content {
        case .pixels: content = pixels()
        case .vgg19(let place, let distance, let scale):
            content = cast { vgg19!.distance(fake, real, at: place, distance, scale: scale) }.to(type: .float32)
        case .enhanceNet:
            content = vgg19!.enhanceNetPerceptualLoss(fake, real) + vgg19!.enhanceNetTextureLoss(fake, real)
        case .discriminatorFeatures:
            let pairs = zip(onFake.features, onReal!.features)
            let sum = pairs.map { Loss.l1($0.to(type: .float32), $1.to(type: .float32)) }.reduce(nil) {
                (sum: Tensor?, loss) in sum.map { $0 + loss } ?? loss
            }
            content = sum! / Double(onFake.features.count)
        }
        return (content, judgement)
    }

    public var state: [String: Tensor] {
        weights.state.merging(discriminator.state) { $1 }
    }

    public func restore(_ state: [String: Tensor]) throws {
        try weights.restore(state)
        try discriminator.restore(state)
    }

    public var finalWeights: [String: Tensor] { weights.averaged }
}
