import Networks
import TorchNN

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
public struct AdversarialConfiguration: Codable, Sendable, Equatable {
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

    func validate() throws(ConfigurationError) {
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
    public func resolving(vgg19 path: String?) -> AdversarialConfiguration {
        var result = self
        result.vgg19 = path ?? vgg19
        if result.vgg19 == nil, content.needsVGG19 { result.content = .discriminatorFeatures }
        return result
    }
}
