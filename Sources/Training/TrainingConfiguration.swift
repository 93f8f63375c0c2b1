import Networks
import TorchNN
import Upscaling

/// A folder of high-resolution images and how often they are drawn.
public struct TrainingFolder: Codable, Sendable, Equatable {
    public var folder: String
    public var modality: Modality
    /// Relative share of the crops.
    public var weight: Double
    /// Reduces each image by this factor, antialiased, before it counts as high resolution: 2 for photographs whose
    /// JPEG traces would otherwise be learned.
    public var reduction: Int
    /// The set's name and terms, for the card of what learns from it.
    public var name: String?
    public var licence: String?
    /// A `DataSplit` in a file, which images are trained on and which validate; others are not touched. Without it a
    /// share of neighbouring names is kept aside.
    public var split: String?

    public init(
        folder: String, modality: Modality, weight: Double = 1, reduction: Int = 1, name: String? = nil,
        licence: String? = nil, split: String? = nil
    ) {
        self.folder = folder
        self.modality = modality
        self.weight = weight
        self.reduction = reduction
        self.name = name
        self.licence = licence
        self.split = split
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            folder: try values.decode(String.self, forKey: .folder),
            modality: try values.decode(Modality.self, forKey: .modality),
            weight: try values.decodeIfPresent(Double.self, forKey: .weight) ?? 1,
            reduction: try values.decodeIfPresent(Int.self, forKey: .reduction) ?? 1,
            name: try values.decodeIfPresent(String.self, forKey: .name),
            licence: try values.decodeIfPresent(String.self, forKey: .licence),
            split: try values.decodeIfPresent(String.self, forKey: .split))
    }
}

/// Distance between prediction and truth, pixel by pixel.
public enum PixelLoss: String, Codable, Sendable {
    case l1, mse, charbonnier
}

/// How weights are moved.
public enum OptimizerKind: String, Codable, Sendable {
    case adam
    /// Momentum 0.9, weight decay 1e-4, the norm of gradients clipped to 0.04 / learning rate: VDSR's.
    case momentum
}

/// The type that convolutions are computed in while training; weights stay Float32.
public enum TrainingPrecision: String, Codable, Sendable {
    /// The faster of the two where the run starts; the run then keeps it.
    case auto
    case float32, bfloat16
}

/// All that a training run depends on, next to the images: written beside it, and enough to repeat it.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
    public var architecture: Architecture
    /// Trains `sr3` as the denoiser of a diffusion model; `nil` trains any network by regression.
    public var diffusion: DiffusionObjective?
    /// Magnification that is trained.
    public var scale: Int
    public var data: [TrainingFolder]
    /// Each image is also used reduced by these factors: detail of every coarseness, and more of it.
    public var reductions: [Int]
    /// Share of each folder, in blocks of neighbouring names, that is kept for validation.
    public var validationShare: Double
    public var batchSize: Int
    /// Side of a crop, in pixels of the network's input.
    public var cropSize: Int
    public var steps: Int
    public var learningRate: Double
    public var schedule: LearningRateSchedule
    public var optimizer: OptimizerKind
    public var loss: PixelLoss
    /// Decay of the moving average of the weights, which is what is validated and exported.
    public var averageDecay: Double
    public var precision: TrainingPrecision
    public var seed: UInt64
    /// A checkpoint whose weights are the start; those whose names and shapes agree are taken, the others are drawn.
    public var initialWeights: String?
    public var validationInterval: Int
    public var checkpointInterval: Int
    /// Set for a run against a discriminator.
    public var adversarial: AdversarialConfiguration?

    public init(
        architecture: Architecture, diffusion: DiffusionObjective? = nil, scale: Int, data: [TrainingFolder],
        reductions: [Int] = [1, 2, 3, 4],
        validationShare: Double = 0.1, batchSize: Int = 16, cropSize: Int = 24, steps: Int = 20_000,
        learningRate: Double = 5e-4, schedule: LearningRateSchedule = .cosine(warmup: 100, floor: 0.002),
        optimizer: OptimizerKind = .adam, loss: PixelLoss = .l1, averageDecay: Double = 0.999,
        precision: TrainingPrecision = .auto, seed: UInt64 = 1, initialWeights: String? = nil,
        validationInterval: Int = 2_000, checkpointInterval: Int = 1_000,
        adversarial: AdversarialConfiguration? = nil
    ) {
        self.architecture = architecture
        self.diffusion = diffusion
        self.scale = scale
        self.data = data
        self.reductions = reductions
        self.validationShare = validationShare
        self.batchSize = batchSize
        self.cropSize = cropSize
        self.steps = steps
        self.learningRate = learningRate
        self.schedule = schedule
        self.optimizer = optimizer
        self.loss = loss
        self.averageDecay = averageDecay
        self.precision = precision
        self.seed = seed
        self.initialWeights = initialWeights
        self.validationInterval = validationInterval
        self.checkpointInterval = checkpointInterval
        self.adversarial = adversarial
    }

    /// - Throws: ``TrainingError/configuration(_:)`` with the first contradiction found.
    public func validate() throws {
        func require(_ condition: Bool, _ problem: String) throws {
            if !condition { throw TrainingError.configuration(problem) }
        }
        try require(!data.isEmpty, "no folder of images is named; give --data FOLDER or 'data' in the file")
        try require(scale >= 2, "scale is \(scale); it must be 2 or more")
        if let fixed = architecture.scale {
            try require(fixed == scale, "the architecture magnifies by \(fixed), the run by \(scale)")
        }
        if case .sr3(let network) = architecture {
            let multiple = network.network.multiple
            try require(
                cropSize % multiple == 0, "cropSize is \(cropSize); this network needs a multiple of \(multiple)")
        } else {
            try require(diffusion == nil, "only the architecture sr3 has a diffusion objective")
        }
        try require(batchSize >= 1 && cropSize >= 8, "batchSize must be at least 1 and cropSize at least 8")
        try require(steps >= 1 && learningRate > 0, "steps and learningRate must be positive")
        try require((0..<0.9).contains(validationShare), "validationShare must be between 0 and 0.9")
        try require(
            validationInterval >= 1 && checkpointInterval >= 1, "validationInterval and checkpointInterval start at 1")
        if let adversarial {
            let crop = cropSize * (architecture.input == .lowResolution ? scale : 1)
            try require(
                adversarial.discriminator.size == crop,
                "the discriminator judges \(adversarial.discriminator.size)² pixels, a crop has \(crop)²")
            try require(
                adversarial.discriminator.channels == architecture.channels,
                """
                the discriminator takes \(adversarial.discriminator.channels) channels, the network gives \
                \(architecture.channels)
                """)
            try require(
                adversarial.vgg19 != nil || !adversarial.content.needsVGG19,
                "the content loss compares VGG-19's features; give its weights with --vgg19 FILE")
            try require(optimizer == .adam, "an adversarial run is trained with Adam")
        }
        try require(reductions.allSatisfy { $0 >= 1 } && !reductions.isEmpty, "reductions are whole numbers from 1")
    }
}

/// What goes wrong in training because of what a person gave.
public enum TrainingError: Error, CustomStringConvertible {
    case configuration(String)
    case unknownKey(String, file: String)
    case noImages(folder: String, firstFailure: String?)
    case badCheckpoint(path: String, reason: String)
    case runExists(path: String)
    case diverged(step: Int)

    public var description: String {
        switch self {
        case .configuration(let problem): "configuration: \(problem)"
        case .unknownKey(let key, let file):
            "\(file): unknown key '\(key)'; see `fovea train --show` for the known ones"
        case .noImages(let folder, let failure):
            "\(folder): holds no image that is large enough to train on" + (failure.map { " (\($0))" } ?? "")
        case .badCheckpoint(let path, let reason): "\(path): \(reason)"
        case .runExists(let path): "\(path): holds another run; continue it with --resume or choose another folder"
        case .diverged(let step): "the loss stopped being a number at step \(step); lower the learning rate"
        }
    }
}
