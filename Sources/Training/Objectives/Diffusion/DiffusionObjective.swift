import Imaging
import Networks
import Torch
import TorchNN
import Upscaling

/// How a denoiser is trained.
public struct DiffusionObjective: Codable, Sendable, Equatable {
    public var process: DiffusionProcess
    /// The condition is blurred by a Gaussian of a deviation drawn from 0 to this, in pixels of the enlarged image: a later
    /// stage of a cascade then forgives what the stage before it got wrong (SR3, section 4.5; Ho et al., "Cascaded
    /// Diffusion Models", 2022). 0 for a denoiser that works alone.
    public var largestBlur: Double

    public init(process: DiffusionProcess, largestBlur: Double = 0) {
        self.process = process
        self.largestBlur = largestBlur
    }

    /// The small networks': the residual to bicubic interpolation, which has `deviation` of the range, by its velocity.
    ///
    /// - Parameter deviation: standard deviation of the residual, as a share of the range.
    public static func residual(deviation: Double) -> DiffusionObjective {
        DiffusionObjective(
            process: DiffusionProcess(
                schedule: .cosine(steps: 1000), target: .velocity, subject: .residual(deviation: deviation)))
    }

    /// One sample for an enlarged image in 0…1, as quickly as is fair to judge by: the first that whoever uses the model
    /// gets of this seed in as many steps.
    public func sample(_ denoiser: some Denoiser, enlarged: Pixels, seed: UInt64) throws -> Pixels {
        var generator = SeededGenerator(seed: seed, stream: 0)
        let sampler = Sampler.dpmSolver
        var condition = enlarged
        for index in condition.samples.indices { condition.samples[index] = 2 * enlarged.samples[index] - 1 }
        var result = try sampler(
            denoiser, schedule: process.schedule.spaced(10, by: sampler.spacing), condition: condition,
            using: &generator, correct: process.subject.correction(condition: condition))
        let (gain, offset, share) = (
            Float(process.subject.gain), Float(process.subject.offset), Float(process.subject.baseShare)
        )
        for index in result.samples.indices {
            result.samples[index] = (result.samples[index] - offset) / gain + share * enlarged.samples[index]
        }
        return result
    }
}

extension DiffusionObjective: LearningObjective {
    public static let key: String? = "diffusion"

    public func validate(in configuration: TrainingConfiguration) throws(ConfigurationError) {
        _ = try configuration.denoiser
        try Requirement.within(0...32, "largestBlur", largestBlur)
        if case .residual(let deviation) = process.subject {
            try Requirement.within(1e-6...1e6, "process.subject.residual.deviation", deviation)
        }
    }

    public func makeTrainee(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]?, on device: Device
    ) throws -> any Trainee {
        try DiffusionTrainee(
            configuration, configuration.denoiser, self, initialWeights: initialWeights, on: device)
    }

    public func makeRestorer(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], on device: Device
    ) throws -> Restorer {
        let denoiser = try SR3Denoiser(
            configuration.denoiser, target: process.target, weights: weights, on: device)
        return { pair, _ in try sample(denoiser, enlarged: pair.input, seed: configuration.seed) }
    }

    public func cardRow(of configuration: TrainingConfiguration) -> (title: String, text: String)? {
        let subject =
            switch process.subject {
            case .image: "the image"
            case .residual(let deviation): "the residual to bicubic, divided by \(deviation)"
            }
        return (
            "Diffusion",
            "of \(subject); \(process.schedule.steps) noise levels; predicts the \(process.target.rawValue)"
        )
    }
}

/// What one training step draws, in the order of the batch.
struct DiffusionDraws {
    /// γ.
    var levels: [Double]
    /// Deviation of the condition's blur, in pixels.
    var blurs: [Double]

    /// Of a seed and a step alone, so that a resumed run draws what the uninterrupted one would have.
    init(_ objective: DiffusionObjective, count: Int, seed: UInt64, step: Int) {
        var generator = SeededGenerator(seed: seed, stream: UInt64(step))
        levels = (0..<count).map { _ in objective.process.schedule.randomLevel(using: &generator) }
        blurs =
            objective.largestBlur > 0
            ? (0..<count).map { _ in generator.uniform(in: 0...objective.largestBlur) } : []
    }
}
