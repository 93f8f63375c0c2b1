import Imaging
import Networks
import ONNX
import Torch
import TorchNN
import Upscaling

/// Images of nothing that a discriminator cannot tell from those of the folder: what a latent search needs. It learns from
/// whole images that lie alike, such as chest films, and turns none of them.
public struct GenerationObjective: Codable, Sendable, Equatable {
    public var discriminator: DiscriminatorArchitecture
    /// γ of the penalty on the discriminator's gradient at real images, R1 (Mescheder et al. 2018, equation 9), for images
    /// in −1…1.
    public var penaltyWeight: Double
    /// Steps from one penalty to the next, which then counts as many times (Karras et al. 2020, "lazy regularization").
    public var penaltyInterval: Int
    /// Share of the steps whose images are made of two latents each, one for the coarse layers and one for the others.
    public var mixing: Double
    /// What the discriminator sees of every image, real or made.
    public var augmentation: DifferentiableAugmentation

    public init(
        discriminator: DiscriminatorArchitecture, penaltyWeight: Double = 0.1, penaltyInterval: Int = 16,
        mixing: Double = 0.9, augmentation: DifferentiableAugmentation = .slight
    ) {
        self.discriminator = discriminator
        self.penaltyWeight = penaltyWeight
        self.penaltyInterval = penaltyInterval
        self.mixing = mixing
        self.augmentation = augmentation
    }
}

extension GenerationObjective: LearningObjective {
    public static let key: String? = "generation"
    public var learnsFromWholeImages: Bool { true }

    public func validate(in configuration: TrainingConfiguration) throws(ConfigurationError) {
        let generator = try configuration.generator
        try within("discriminator", discriminator.validate)
        guard discriminator.size == generator.size, discriminator.channels == generator.channels else {
            throw ConfigurationError(
                "discriminator",
                "judges \(discriminator.size)² pixels of \(discriminator.channels) channels, but the generator makes \(generator.size)² of \(generator.channels)"
            )
        }
        guard configuration.cropSize * configuration.scale == generator.size else {
            throw ConfigurationError(
                "generator",
                "makes \(generator.size)² pixels, but cropSize \(configuration.cropSize) at scale \(configuration.scale) is \(configuration.cropSize * configuration.scale)²"
            )
        }
        guard configuration.reductions == [1] else {
            throw ConfigurationError(
                "generator", "learns from whole images of one size, so the run's reductions must be [1]")
        }
        guard configuration.optimizer == .adam else {
            throw ConfigurationError("generator", "is trained with Adam, so the run's optimizer must be adam")
        }
        try Requirement.within(0...1e6, "penaltyWeight", penaltyWeight)
        try Requirement.within(1...1_000_000, "penaltyInterval", penaltyInterval)
        try Requirement.within(0...1, "mixing", mixing)
        try within("augmentation", augmentation.validate)
    }

    public func makeTrainee(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]?, on device: Device
    ) throws -> any Trainee {
        try GenerationTrainee(
            configuration, configuration.generator, self, initialWeights: initialWeights, on: device)
    }

    /// By latent search, and where nothing is found the nearest image that was seen.
    public func makeRestorer(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], on device: Device
    ) throws -> Restorer {
        let search = try LatentSearch(configuration.generator, weights: weights, on: device)
        let settings = LatentSearch.Settings(seed: configuration.seed)
        return { pair, _ in try search(pair.input, settings: settings).image }
    }

    public func makeModel(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], metadata: ModelMetadata
    ) throws -> ModelProto {
        throw ExportError.makesNoMap
    }

    public func describe(_ metadata: inout ModelMetadata, of configuration: TrainingConfiguration) throws {
        throw ExportError.makesNoMap
    }
}

extension TrainingConfiguration {
    /// The network of a run for ``GenerationObjective``.
    var generator: StyleGenerator.Configuration {
        get throws(ConfigurationError) {
            guard let generator = architecture.configuration as? StyleGenerator.Configuration else {
                throw ConfigurationError(
                    "discriminator", "is for the architecture stylegan2 alone, not \(architecture.name)")
            }
            return generator
        }
    }
}
