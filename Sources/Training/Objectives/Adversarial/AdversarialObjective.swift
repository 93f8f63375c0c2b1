import Networks
import Torch
import TorchNN
import Upscaling

/// What a generator's image is compared by, beside the discriminator's judgement.
public enum ContentLoss: Codable, Sendable, Equatable {
    /// Mean squared error of pixels in the units that the network gives, -1…1 for SRGAN: SRGAN-MSE.
    case pixels
    /// Distance of VGG-19's features at a place, after multiplying them by `scale`. Needs the user's weights.
    case vgg19(VGG19.Feature, VGG19.Distance, scale: Double)
    /// EnhanceNet's perceptual and texture losses on VGG-19's features.
    case enhanceNet
    /// Mean absolute distance of the discriminator's own features: the substitute where VGG-19's weights are missing.
    case discriminatorFeatures

    public var needsVGG19: Bool {
        switch self {
        case .vgg19, .enhanceNet: true
        case .pixels, .discriminatorFeatures: false
        }
    }

    /// The least side of the crops that it can compare.
    var smallestImage: Int {
        switch self {
        case .pixels, .discriminatorFeatures: 1
        case .vgg19(let place, _, _): place.smallestImage
        // The texture loss takes patches of 16 × 16 where the image is quartered.
        case .enhanceNet: 64
        }
    }

    func validate() throws(ConfigurationError) {
        guard case .vgg19(let place, _, let scale) = self else { return }
        guard place.exists else { throw ConfigurationError("vgg19", "names \(place), which VGG-19 has not") }
        guard scale > 0, scale <= 1e6 else {
            throw ConfigurationError("vgg19.scale", "is \(scale); it must be above 0 and at most a million")
        }
    }
}

/// The adversarial part of a training run: after `pixelSteps` on pixels alone, the generator also plays against a
/// discriminator.
public struct AdversarialObjective: Codable, Sendable, Equatable {
    public var discriminator: DiscriminatorArchitecture
    /// Steps of the first stage, counted in the run's steps.
    public var pixelSteps: Int
    public var loss: AdversarialLoss
    public var content: ContentLoss
    public var contentWeight: Double
    public var adversarialWeight: Double
    /// Weight of the run's pixel loss in the second stage: Ahmad's extra term, ESRGAN's 1e-2 · L1.
    public var pixelWeight: Double
    /// Peak learning rate of both networks in the second stage.
    public var learningRate: Double
    /// VGG-19's weights as safetensors, made by `Tools/convert_vgg19.py`.
    public var vgg19: String?

    public init(
        discriminator: DiscriminatorArchitecture, pixelSteps: Int, loss: AdversarialLoss = .vanilla,
        content: ContentLoss = .pixels, contentWeight: Double = 1, adversarialWeight: Double = 1e-3,
        pixelWeight: Double = 0, learningRate: Double = 1e-4, vgg19: String? = nil
    ) {
        self.discriminator = discriminator
        self.pixelSteps = pixelSteps
        self.loss = loss
        self.content = content
        self.contentWeight = contentWeight
        self.adversarialWeight = adversarialWeight
        self.pixelWeight = pixelWeight
        self.learningRate = learningRate
        self.vgg19 = vgg19
    }

    private func validateValues() throws(ConfigurationError) {
        try within("discriminator", discriminator.validate)
        try Requirement.within(0...1_000_000_000, "pixelSteps", pixelSteps)
        try within("content", content.validate)
        for (key, weight) in [
            ("contentWeight", contentWeight), ("adversarialWeight", adversarialWeight), ("pixelWeight", pixelWeight),
        ] { try Requirement.within(0...1e6, key, weight) }
        guard learningRate > 0, learningRate <= 100 else {
            throw ConfigurationError("learningRate", "is \(learningRate); it must be above 0 and at most 100")
        }
    }

    /// The same with VGG-19's features where its weights are given and a named substitute where they are not.
    ///
    /// - Parameter path: VGG-19's weights; `nil` takes ``vgg19``.
    public func resolving(vgg19 path: String?) -> AdversarialObjective {
        var result = self
        result.vgg19 = path ?? vgg19
        if result.vgg19 == nil, content.needsVGG19 { result.content = .discriminatorFeatures }
        return result
    }
}

extension AdversarialObjective: LearningObjective {
    public static let key: String? = "adversarial"

    public func validate(in configuration: TrainingConfiguration) throws(ConfigurationError) {
        try validateValues()
        let architecture = configuration.architecture
        let crop = configuration.cropSize * configuration.targetScale
        guard discriminator.size == crop else {
            throw ConfigurationError("discriminator", "judges \(discriminator.size)² pixels, but a crop has \(crop)²")
        }
        guard discriminator.channels == architecture.channels else {
            throw ConfigurationError(
                "discriminator",
                "takes \(discriminator.channels) channels, but the network gives \(architecture.channels)")
        }
        guard vgg19 != nil || !content.needsVGG19 else {
            throw ConfigurationError("content", "compares VGG-19's features; give its weights with --vgg19 FILE")
        }
        guard crop >= content.smallestImage else {
            throw ConfigurationError(
                "content", "needs crops of \(content.smallestImage)² pixels or more, not \(crop)²")
        }
        guard configuration.optimizer == .adam else {
            throw ConfigurationError("discriminator", "is trained with Adam, so the run's optimizer must be adam")
        }
        guard pixelSteps < configuration.steps else {
            throw ConfigurationError(
                "pixelSteps",
                "is \(pixelSteps), but the run ends after \(configuration.steps) steps and would never meet its "
                    + "discriminator; raise --steps, or set adversarial: {pixelSteps: …} lower in a --config file")
        }
    }

    public func makeTrainee(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]?, on device: Device
    ) throws -> any Trainee {
        try AdversarialTrainee(configuration, self, initialWeights: initialWeights, on: device)
    }

    public func describe(_ metadata: inout ModelMetadata, of configuration: TrainingConfiguration) {
        metadata.objective = meetsDiscriminator(configuration) ? .perception : .fidelity
    }

    public func cardRow(of configuration: TrainingConfiguration) -> (title: String, text: String)? {
        guard meetsDiscriminator(configuration) else { return nil }
        let compared =
            switch content {
            case .pixels: "pixels"
            case .vgg19: "VGG-19's features"
            case .enhanceNet: "VGG-19's features and textures"
            case .discriminatorFeatures: "the discriminator's features, in place of VGG-19's"
            }
        let parts = [
            (compared, contentWeight), ("discriminator", adversarialWeight), ("pixels", pixelWeight),
        ].filter { $0.1 > 0 }.map { "\($0.0) × \($0.1)" }
        return (
            "Adversarial",
            """
            the last \(configuration.steps - pixelSteps) steps, against \(discriminator.author)'s discriminator from \
            \(discriminator.configuration.features) channels, loss \(loss.rawValue): \(parts.joined(separator: " + "))
            """
        )
    }

    /// Whether the weights at the end of a run were judged by more than pixels.
    private func meetsDiscriminator(_ configuration: TrainingConfiguration) -> Bool {
        configuration.steps > pixelSteps
    }
}
