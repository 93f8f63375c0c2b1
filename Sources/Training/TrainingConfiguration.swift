import Evaluation
import Foundation
import Imaging
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
    /// Ways in which low-resolution images of this folder come about besides the run's.
    public var degradations: [TrainingDegradation]?
    /// A folder of masks, one for each image by the same name: not 0 where what the network estimates beside its image is.
    public var priors: String?

    public init(
        folder: String, modality: Modality, weight: Double = 1, reduction: Int = 1, name: String? = nil,
        licence: String? = nil, split: String? = nil, degradations: [TrainingDegradation]? = nil, priors: String? = nil
    ) {
        self.folder = folder
        self.modality = modality
        self.weight = weight
        self.reduction = reduction
        self.name = name
        self.licence = licence
        self.split = split
        self.degradations = degradations
        self.priors = priors
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
            split: try values.decodeIfPresent(String.self, forKey: .split),
            degradations: try values.decodeIfPresent([TrainingDegradation].self, forKey: .degradations),
            priors: try values.decodeIfPresent(String.self, forKey: .priors))
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
    public var objective: Objective
    /// Magnification that is trained.
    public var scale: Int
    public var data: [TrainingFolder]
    /// Each image is also used reduced by these factors: detail of every coarseness, and more of it.
    public var reductions: [Int]
    /// How low-resolution images come about; one way is drawn for each crop.
    public var degradations: [TrainingDegradation]
    /// What the network is told of each crop, as many as its architecture takes.
    public var conditions: [LearnedCondition]
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

    public init(
        architecture: Architecture, objective: Objective = .regression, scale: Int, data: [TrainingFolder],
        reductions: [Int] = [1, 2, 3, 4], degradations: [TrainingDegradation] = [TrainingDegradation("bicubic")],
        conditions: [LearnedCondition] = [], validationShare: Double = 0.1, batchSize: Int = 16, cropSize: Int = 24,
        steps: Int = 20_000,
        learningRate: Double = 5e-4, schedule: LearningRateSchedule = .cosine(warmup: 100, floor: 0.002),
        optimizer: OptimizerKind = .adam, loss: PixelLoss = .l1, averageDecay: Double = 0.999,
        precision: TrainingPrecision = .auto, seed: UInt64 = 1, initialWeights: String? = nil,
        validationInterval: Int = 2_000, checkpointInterval: Int = 1_000
    ) {
        self.architecture = architecture
        self.objective = objective
        self.scale = scale
        self.data = data
        self.reductions = reductions
        self.degradations = degradations
        self.conditions = conditions
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
    }

    /// Runs from before low-resolution images were made in several ways do not name them.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            architecture: try values.decode(Architecture.self, forKey: .architecture),
            objective: try Objective(from: decoder),
            scale: try values.decode(Int.self, forKey: .scale),
            data: try values.decode([TrainingFolder].self, forKey: .data),
            reductions: try values.decode([Int].self, forKey: .reductions),
            degradations: try values.decodeIfPresent([TrainingDegradation].self, forKey: .degradations)
                ?? [TrainingDegradation("bicubic")],
            conditions: try values.decodeIfPresent([LearnedCondition].self, forKey: .conditions) ?? [],
            validationShare: try values.decode(Double.self, forKey: .validationShare),
            batchSize: try values.decode(Int.self, forKey: .batchSize),
            cropSize: try values.decode(Int.self, forKey: .cropSize),
            steps: try values.decode(Int.self, forKey: .steps),
            learningRate: try values.decode(Double.self, forKey: .learningRate),
            schedule: try values.decode(LearningRateSchedule.self, forKey: .schedule),
            optimizer: try values.decode(OptimizerKind.self, forKey: .optimizer),
            loss: try values.decode(PixelLoss.self, forKey: .loss),
            averageDecay: try values.decode(Double.self, forKey: .averageDecay),
            precision: try values.decode(TrainingPrecision.self, forKey: .precision),
            seed: try values.decode(UInt64.self, forKey: .seed),
            initialWeights: try values.decodeIfPresent(String.self, forKey: .initialWeights),
            validationInterval: try values.decode(Int.self, forKey: .validationInterval),
            checkpointInterval: try values.decode(Int.self, forKey: .checkpointInterval))
    }

    /// The objective's key stands among the run's own.
    public func encode(to encoder: any Encoder) throws {
        try objective.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(architecture, forKey: .architecture)
        try values.encode(scale, forKey: .scale)
        try values.encode(data, forKey: .data)
        try values.encode(reductions, forKey: .reductions)
        try values.encode(degradations, forKey: .degradations)
        try values.encode(conditions, forKey: .conditions)
        try values.encode(validationShare, forKey: .validationShare)
        try values.encode(batchSize, forKey: .batchSize)
        try values.encode(cropSize, forKey: .cropSize)
        try values.encode(steps, forKey: .steps)
        try values.encode(learningRate, forKey: .learningRate)
        try values.encode(schedule, forKey: .schedule)
        try values.encode(optimizer, forKey: .optimizer)
        try values.encode(loss, forKey: .loss)
        try values.encode(averageDecay, forKey: .averageDecay)
        try values.encode(precision, forKey: .precision)
        try values.encode(seed, forKey: .seed)
        try values.encodeIfPresent(initialWeights, forKey: .initialWeights)
        try values.encode(validationInterval, forKey: .validationInterval)
        try values.encode(checkpointInterval, forKey: .checkpointInterval)
    }

    private enum CodingKeys: String, CodingKey {
        case architecture, scale, data, reductions, degradations, conditions, validationShare, batchSize, cropSize,
            steps
        case learningRate, schedule, optimizer, loss, averageDecay, precision, seed, initialWeights, validationInterval
        case checkpointInterval
    }

    /// - Throws: ``TrainingError/invalid(_:)`` with the first value that cannot be or contradicts another.
    public func validate() throws {
        do {
            try validateNetwork()
            try validateData()
            try validateSteps()
            try validateObjective()
        } catch {
            throw TrainingError.invalid(error)
        }
    }

    /// Where this and another configuration differ, as "steps 5000, not 9000", by their keys.
    public func differences(from other: TrainingConfiguration) throws -> [String] {
        Self.differences(try JSONValue(encoding: self), try JSONValue(encoding: other), at: "")
    }

    private static func differences(_ mine: JSONValue?, _ other: JSONValue?, at key: String) -> [String] {
        if mine == other { return [] }
        if case .object(let mine)? = mine, case .object(let other)? = other {
            return Set(mine.keys).union(other.keys).sorted().flatMap { name in
                differences(mine[name], other[name], at: key.isEmpty ? name : "\(key).\(name)")
            }
        }
        func text(_ value: JSONValue?) -> String {
            guard let value, let data = try? JSONEncoder.fovea.encode([value]) else { return "nothing" }
            return String(decoding: data, as: UTF8.self).filter { !$0.isNewline }
                .replacingOccurrences(of: "  ", with: "").dropFirst().dropLast().description
        }
        return ["\(key) \(text(mine)), not \(text(other))"]
    }

    private func validateNetwork() throws(ConfigurationError) {
        try Requirement.within(2...16, "scale", scale)
        try within("architecture", architecture.validate)
        guard [0, PriorMaps.count].contains(architecture.estimatedMaps) else {
            throw ConfigurationError(
                "architecture", "estimates \(architecture.estimatedMaps) maps; a mask gives \(PriorMaps.count)")
        }
        if let fixed = architecture.scale, fixed != scale {
            throw ConfigurationError("scale", "is \(scale); this architecture magnifies by \(fixed)")
        }
        guard conditions.count == architecture.conditions else {
            throw ConfigurationError(
                "conditions",
                "names \(conditions.count), but the network is told \(architecture.conditions); give it as many in 'architecture'"
            )
        }
        if let wrong = conditions.first(where: { !($0.upTo > 0 && $0.upTo.isFinite) }) {
            throw ConfigurationError("conditions", "has \(wrong.condition) up to \(wrong.upTo); it must be above 0")
        }
        try Requirement.within(8...4096, "cropSize", cropSize)
        let multiple = architecture.paddingMultiple
        guard cropSize % multiple == 0 else {
            throw ConfigurationError("cropSize", "is \(cropSize); this network needs a multiple of \(multiple)")
        }
    }

    private func validateObjective() throws(ConfigurationError) {
        let learning = objective.learning
        guard architecture.takesImages || learning is GenerationObjective else {
            throw ConfigurationError(
                "architecture", "is \(architecture.name), which takes no image; train it by generation: {…}")
        }
        guard !architecture.doubts || learning is DoubtObjective else {
            throw ConfigurationError(
                "architecture", "has a head that doubts it, which only doubt: {…} trains; take it away, or add that")
        }
        func validate() throws(ConfigurationError) { try learning.validate(in: self) }
        if let key = type(of: learning).key { try within(key, validate) } else { try validate() }
    }

    private func validateData() throws(ConfigurationError) {
        guard !data.isEmpty else {
            throw ConfigurationError(
                "data", "names no folder of images; give --data MODALITY:FOLDER, or 'data' in the file")
        }
        for (index, folder) in data.enumerated() {
            try within("data.\(index)", folder.validate)
            guard (folder.priors != nil) == (architecture.estimatedMaps > 0) else {
                throw ConfigurationError(
                    "data.\(index).priors",
                    folder.priors == nil
                        ? "is missing; \(architecture.name) learns from masks: name a folder that has one for each image"
                        : "names masks, but \(architecture.name) estimates nothing beside its image")
            }
        }
        guard !reductions.isEmpty, reductions.allSatisfy({ (1...64).contains($0) }) else {
            throw ConfigurationError("reductions", "is \(reductions); it must be whole numbers from 1 to 64")
        }
        try validate(degradations, at: "degradations")
        for (index, folder) in data.enumerated() {
            if let own = folder.degradations { try validate(own, at: "data.\(index).degradations") }
        }
        try Requirement.within(0...0.9, "validationShare", validationShare)
    }

    private func validate(_ degradations: [TrainingDegradation], at key: String) throws(ConfigurationError) {
        guard !degradations.isEmpty else {
            throw ConfigurationError(key, "names no way to make images smaller")
        }
        for (index, degradation) in degradations.enumerated() {
            try within("\(key).\(index)") { () throws(ConfigurationError) in try degradation.validate(scale: scale) }
        }
    }

    /// How low-resolution images of a folder come about.
    func degradations(of folder: TrainingFolder) -> [TrainingDegradation] {
        degradations + (folder.degradations ?? [])
    }

    /// For a model's card: the ways of all images, then those that a kind of image has besides.
    var degradationSummary: String {
        let own = data.compactMap { folder -> String? in
            let more = (folder.degradations ?? []).filter { !degradations.contains($0) }
            return more.isEmpty ? nil : "\(folder.modality.rawValue) also \(more.map(\.steps).joined(separator: ", "))"
        }
        return ([degradations.summary] + own.reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
            .joined(separator: "; ")
    }

    private func validateSteps() throws(ConfigurationError) {
        try Requirement.within(1...65_536, "batchSize", batchSize)
        let side = cropSize * (architecture.input == .lowResolution ? scale : 1)
        // What a batch holds is also the count of a buffer.
        guard batchSize * side * side * architecture.channels <= 1 << 30 else {
            throw ConfigurationError(
                "batchSize", "is \(batchSize); that many crops of \(side)² pixels are more than 2³⁰ numbers")
        }
        try Requirement.within(1...1_000_000_000, "steps", steps)
        guard learningRate > 0, learningRate <= 100 else {
            throw ConfigurationError("learningRate", "is \(learningRate); it must be above 0 and at most 100")
        }
        guard (0..<1).contains(averageDecay) else {
            throw ConfigurationError("averageDecay", "is \(averageDecay); it must be a number from 0 to below 1")
        }
        try within("schedule", schedule.validate)
        try Requirement.within(1...1_000_000_000, "validationInterval", validationInterval)
        try Requirement.within(1...1_000_000_000, "checkpointInterval", checkpointInterval)
    }
}

extension TrainingFolder {
    func validate() throws(ConfigurationError) {
        guard !folder.isEmpty else { throw ConfigurationError("folder", "is empty; name a folder of images") }
        guard weight > 0, weight <= 1e6 else {
            throw ConfigurationError("weight", "is \(weight); it must be above 0 and at most a million")
        }
        try Requirement.within(1...64, "reduction", reduction)
    }
}

extension LearningRateSchedule {
    func validate() throws(ConfigurationError) {
        let whole = 1...1_000_000_000
        switch self {
        case .constant: break
        case .cosine(let warmup, let floor):
            try Requirement.within(0...1_000_000_000, "cosine.warmup", warmup)
            try Requirement.within(0...1, "cosine.floor", floor)
        case .steps(let interval, let factor):
            try Requirement.within(whole, "steps.interval", interval)
            try Requirement.within(0...1, "steps.factor", factor)
        case .warmup(let steps): try Requirement.within(whole, "warmup.steps", steps)
        }
    }
}
