import Imaging
import Networks
import Torch
import TorchNN

/// Trains a generator of images against a discriminator: non-saturating loss, R1 now and then, augmented images (Karras et
/// al. 2020; Mescheder et al. 2018; Zhao et al. 2020).
public final class GenerationTrainee: Trainee {
    private let configuration: TrainingConfiguration
    private let objective: GenerationObjective
    private let device: Device
    private let generator: StyleGenerator
    private let weights: TrainedWeights
    private let discriminator: TrainedDiscriminator

    /// - Parameters:
    ///   - configuration: gives the seed, the learning rate of both networks and the precision.
    ///   - network: the generator to make.
    ///   - objective: against what, and how.
    ///   - initialWeights: the start of every weight whose name and shape agree; the others are drawn.
    ///   - device: what the networks and their training run on.
    /// - Throws: `TorchError`.
    public init(
        _ configuration: TrainingConfiguration, _ network: StyleGenerator.Configuration,
        _ objective: GenerationObjective, initialWeights: [String: Tensor]? = nil, on device: Device = .cpu
    ) throws {
        self.configuration = configuration
        self.objective = objective
        self.device = device
        let parameters = Parameters(seed: configuration.seed, on: device)
        generator = try StyleGenerator(parameters.root, network)
        // Without momentum, which two networks that chase each other would overshoot by.
        weights = TrainedWeights(
            parameters, configuration, initialWeights: initialWeights,
            optimizer: Adam(parameters, learningRate: configuration.learningRate, beta1: 0, beta2: 0.99))
        discriminator = try TrainedDiscriminator(objective.discriminator, using: parameters.generator) {
            Adam($0, learningRate: configuration.learningRate, beta1: 0, beta2: 0.99)
        }
    }

    /// - Parameters:
    ///   - batch: its targets are the real images, (B, C, size, size) in 0…1.
    ///   - step: counted from 0; with the seed it decides augmentations and mixing.
    public func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)] {
        var draws = SeededGenerator(seed: configuration.seed, stream: UInt64(step))
        let real = batch.target
        let made = cast { images(count: real.shape[0], using: &draws) }.to(type: .float32)
        let rate = configuration.learningRate * configuration.schedule.factor(step: step, of: configuration.steps)

        let penalty = step % objective.penaltyInterval == 0 && objective.penaltyWeight > 0
        let judged = trainDiscriminator(
            real: real, made: made.detached, penalised: penalty, learningRate: rate, using: &draws)
        // What the generator learns from, the discriminator does not.
        setDiscriminator(learns: false)
        let loss = AdversarialLoss.vanilla.generator(real: real, made: judge(augmented(made, using: &draws)))
        setDiscriminator(learns: true)
        weights.descend(loss, learningRate: rate, step: step)
        return [("discriminator", judged.loss), ("generator", loss.item), ("gradient", judged.gradient)]
    }

    private func cast<Result>(_ body: () throws -> Result) rethrows -> Result {
        try TorchRuntime.autocast(to: configuration.precision.scalarType(on: device), on: device, body)
    }

    /// New images in 0…1, of noise of their own and of one latent or two.
    private func images(count: Int, using draws: inout SeededGenerator) -> Tensor {
        let (network, random) = (generator.configuration, weights.parameters.generator)
        let mixes = draws.uniform() < objective.mixing
        let change = 1 + Int(draws.next() % UInt64(network.latentCount - 1))
        let coarse = generator.mapping(random.normal([count, network.latentSize]))
        let fine = mixes ? generator.mapping(random.normal([count, network.latentSize])) : coarse
        let latents = (0..<network.latentCount).map { $0 < change ? coarse : fine }
        let noise = network.noiseSides.map { random.normal([count, 1, $0, $0]) }
        return (generator.synthesis(latents, noise: noise) + 1) / 2
    }

    private func augmented(_ images: Tensor, using draws: inout SeededGenerator) -> Tensor {
        let (count, side) = (images.shape[0], images.shape[2])
        return objective.augmentation.drawn(count: count, side: side, using: &draws)(images)
    }

    private func judge(_ images: Tensor) -> Tensor { cast { discriminator.network(images) }.to(type: .float32) }

    /// - Returns: its loss without the penalty, and the squared norm of its gradient where it was asked for, else 0.
    private func trainDiscriminator(
        real: Tensor, made: Tensor, penalised: Bool, learningRate: Double, using draws: inout SeededGenerator
    ) -> (loss: Float, gradient: Float) {
        let shownReal = augmented(real, using: &draws)
        let loss = AdversarialLoss.vanilla.discriminator(
            real: judge(shownReal), made: judge(augmented(made, using: &draws)))
        loss.backward()
        var norm: Float = 0
        if penalised {
            let leaf = shownReal.detached
            leaf.requiresGradient = true
            // In Float32: a gradient's gradient has no digits to lose.
            let gradient = discriminator.network(leaf).sum().differentiableGradient(for: leaf)
            // Images in −1…1 change half as much a unit as those in 0…1.
            let square = (gradient / 2).square.sum([1, 2, 3]).mean()
            (square * (objective.penaltyWeight / 2 * Double(objective.penaltyInterval))).backward()
            norm = square.item
        }
        discriminator.step(learningRate: learningRate)
        return (loss.item, norm)
    }

    private func setDiscriminator(learns: Bool) {
        for tensor in discriminator.parameters.tensors { tensor.requiresGradient = learns }
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
