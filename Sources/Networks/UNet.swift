import Torch
import TorchNN

/// The U-Net of diffusion models: Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models", 2020, with the residual
/// blocks of BigGAN, which also change the resolution, and sums rescaled by 1/√2, as SR3 has it (Saharia et al. 2021,
/// section 2.3, after Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations", 2021).
///
/// Input (B, inputChannels, H, W), sides multiples of ``Configuration/multiple``; output (B, outputChannels, H, W).
public struct UNet {
    public struct Configuration: Codable, Sendable, Equatable {
        /// Channels at the full resolution.
        public var features: Int
        /// Channels at each level as multiples of ``features``; each level has half the resolution of the one before.
        public var multipliers: [Int]
        /// Residual blocks a level on the way down; one more on the way up.
        public var blocks: Int
        /// Levels, counted from 0, whose blocks are each followed by self-attention. It costs the square of the pixels.
        public var attentionLevels: [Int]
        /// Self-attention between the two blocks at the bottom.
        public var hasMiddleAttention: Bool
        public var resampling: Resampling
        /// Only while training.
        public var dropout: Double
        /// Side of the square of pixels that the first convolution takes to one place and the last one makes of it. 1 as
        /// published; 2 lets all else run at half the resolution, which costs a quarter.
        public var patch: Int

        public init(
            features: Int, multipliers: [Int], blocks: Int, attentionLevels: [Int] = [],
            hasMiddleAttention: Bool = false, resampling: Resampling = .residualBlock, dropout: Double = 0,
            patch: Int = 1
        ) {
            self.features = features
            self.multipliers = multipliers
            self.blocks = blocks
            self.attentionLevels = attentionLevels
            self.hasMiddleAttention = hasMiddleAttention
            self.resampling = resampling
            self.dropout = dropout
            self.patch = patch
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.within(4...2048, "features", features)
            // The noise level is told by as many sines as cosines.
            guard features % 2 == 0 else { throw ConfigurationError("features", "is \(features); it must be even") }
            guard (1...10).contains(multipliers.count), multipliers.allSatisfy({ (1...64).contains($0) }) else {
                throw ConfigurationError("multipliers", "is \(multipliers); it must be one to ten numbers from 1 to 64")
            }
            try Requirement.within(1...64, "blocks", blocks)
            guard attentionLevels.allSatisfy(multipliers.indices.contains) else {
                throw ConfigurationError(
                    "attentionLevels", "is \(attentionLevels); it must be of the levels 0 to \(multipliers.count - 1)")
            }
            guard (0..<1).contains(dropout) else {
                throw ConfigurationError("dropout", "is \(dropout); it must be a number from 0 to below 1")
            }
            try Requirement.oneOf([1, 2, 4], "patch", patch)
        }

        /// What changes the resolution between levels.
        public enum Resampling: String, Codable, Sendable, CaseIterable {
            /// A residual block, as BigGAN and Song et al.
            case residualBlock
            /// A convolution, of stride 2 on the way down, after nearest enlargement on the way up, as Ho et al.; at half
            /// the cost.
            case convolution
        }

        /// What width and height must be multiples of.
        public var multiple: Int { patch << (multipliers.count - 1) }
    }

    private let head: Conv2d
    private let embedding: (first: Linear, second: Linear)?
    private let down: [[Stage]]
    private let reductions: [Resampler]
    private let middle: (first: ResampledResidualBlock, attention: SelfAttention?, second: ResampledResidualBlock)
    /// The deepest level first.
    private let up: [[Stage]]
    private let enlargements: [Resampler]
    private let norm: GroupNorm
    private let tail: Conv2d
    private let patch: Int

    /// What lies between two levels.
    private enum Resampler {
        case residualBlock(ResampledResidualBlock)
        case reduction(Conv2d)
        case enlargement(Conv2d)

        func callAsFunction(_ x: Tensor, _ embedding: Tensor?) -> Tensor {
            switch self {
            case .residualBlock(let block): block(x, embedding)
            case .reduction(let convolution): convolution(x)
            case .enlargement(let convolution): convolution(x.upsampleNearest(2))
            }
        }
    }

    /// A residual block and the attention after it.
    private struct Stage {
        let block: ResampledResidualBlock
        let attention: SelfAttention?

        func callAsFunction(_ x: Tensor, _ embedding: Tensor?) -> Tensor {
            let features = block(x, embedding)
            return attention?(features) ?? features
        }
    }

    /// - Parameters:
    ///   - path: where its parameters are kept.
    ///   - configuration: at least one level of one block; a patch of 1, 2 or 4.
    ///   - inputChannels: of the image it takes.
    ///   - outputChannels: of the image it gives.
    ///   - isConditioned: takes a vector of `features` numbers with each image, SR3's noise level.
    public init(
        _ path: ParameterPath, _ configuration: Configuration, inputChannels: Int, outputChannels: Int,
        isConditioned: Bool
    ) throws {
        let widths = configuration.multipliers.map { $0 * configuration.features }
        let levels = widths.indices
        try configuration.validate()
        let embeddingCount = isConditioned ? 4 * configuration.features : nil
        patch = configuration.patch

        func block(
            _ path: ParameterPath, _ inputs: Int, _ outputs: Int,
            _ resampling: ResampledResidualBlock.Resampling = .none
        ) throws -> ResampledResidualBlock {
            try ResampledResidualBlock(
                path, inputs, outputs, embedding: embeddingCount, resampling: resampling,
                dropout: configuration.dropout)
        }
        func stage(_ path: ParameterPath, _ inputs: Int, level: Int) throws -> Stage {
            Stage(
                block: try block(path / "block", inputs, widths[level]),
                attention: configuration.attentionLevels.contains(level)
                    ? try SelfAttention(path / "attention", widths[level]) : nil)
        }

        if let embeddingCount {
            embedding = (
                try Linear(path / "embedding" / 0, configuration.features, embeddingCount),
                try Linear(path / "embedding" / 1, embeddingCount, embeddingCount)
            )
        } else {
            embedding = nil
        }
        head = try Conv2d(
            path / "head", inputChannels, configuration.features, kernel: patch == 1 ? 3 : 2 * patch, stride: patch,
            padding: patch == 1 ? 1 : patch / 2)

        var width = configuration.features
        var skips = [width]
        var down: [[Stage]] = []
        var reductions: [Resampler] = []
        for level in levels {
            let path = path / "down" / level
            down.append(
                try (0..<configuration.blocks).map { index in
                    let stage = try stage(path / index, width, level: level)
                    width = widths[level]
                    skips.append(width)
                    return stage
                })
            if level + 1 < widths.count {
                let path = path / "reduction"
                reductions.append(
                    configuration.resampling == .residualBlock
                        ? .residualBlock(try block(path, width, width, .half))
                        : .reduction(try Conv2d(path, width, width, stride: 2)))
                skips.append(width)
            }
        }
        self.down = down
        self.reductions = reductions
        middle = (
            try block(path / "middle" / 0, width, width),
            configuration.hasMiddleAttention ? try SelfAttention(path / "middle" / "attention", width) : nil,
            try block(path / "middle" / 1, width, width)
        )
        var up: [[Stage]] = []
        var enlargements: [Resampler] = []
        for level in levels.reversed() {
            let path = path / "up" / level
            up.append(
                try (0...configuration.blocks).map { index in
                    let stage = try stage(path / index, width + skips.removeLast(), level: level)
                    width = widths[level]
                    return stage
                })
            if level > 0 {
                let path = path / "enlargement"
                enlargements.append(
                    configuration.resampling == .residualBlock
                        ? .residualBlock(try block(path, width, width, .double))
                        : .enlargement(try Conv2d(path, width, width)))
            }
        }
        self.up = up
        self.enlargements = enlargements
        norm = try GroupNorm(path / "norm", groups: groupCount(width), channels: width)
        tail = try Conv2d(
            path / "tail", width, outputChannels * patch * patch, initializer: .normal(deviation: 1e-5))
    }

    /// - Parameters:
    ///   - x: (B, inputChannels, H, W), H and W multiples of ``Configuration/multiple``.
    ///   - condition: (B, features), for a conditioned network.
    public func callAsFunction(_ x: Tensor, condition: Tensor? = nil) -> Tensor {
        precondition((condition == nil) == (embedding == nil), "a conditioned U-Net takes a condition, others none")
        var vector: Tensor?
        if let embedding, let condition { vector = embedding.second(embedding.first(condition).silu).silu }

        var features = head(x)
        var skips = [features]
        for (level, stages) in down.enumerated() {
            for stage in stages {
                features = stage(features, vector)
                skips.append(features)
            }
            if level < reductions.count {
                features = reductions[level](features, vector)
                skips.append(features)
            }
        }
        features = middle.first(features, vector)
        features = middle.attention?(features) ?? features
        features = middle.second(features, vector)
        for (index, stages) in up.enumerated() {
            for stage in stages {
                features = stage(.concatenate([features, skips.removeLast()], dimension: 1), vector)
            }
            if index < enlargements.count { features = enlargements[index](features, vector) }
        }
        let result = tail(norm(features).silu)
        return patch == 1 ? result : result.pixelShuffle(patch)
    }
}

/// BigGAN's residual block (Brock, Donahue & Simonyan 2019) as Song et al. 2021 have it: norm, SiLU, change of
/// resolution, convolution, plus the embedding, norm, SiLU, dropout, convolution; sum with the input times 1/√2.
public struct ResampledResidualBlock {
    public enum Resampling: Sendable {
        case none
        /// Mean of 2 × 2.
        case half
        /// Nearest.
        case double
    }

    private let firstNorm: GroupNorm
    private let first: Conv2d
    private let projection: Linear?
    private let secondNorm: GroupNorm
    private let dropout: Dropout
    private let second: Conv2d
    private let shortcut: Conv2d?
    private let resampling: Resampling

    /// - Parameters:
    ///   - path: where its parameters are kept.
    ///   - inputChannels: of the features it takes.
    ///   - outputChannels: of the features it gives; where they differ, a 1 × 1 convolution maps the input to the sum.
    ///   - embedding: the length of the vector that is added to every place, after a linear map.
    ///   - resampling: how it changes width and height.
    ///   - dropout: the probability that a feature is zeroed before the second convolution; only while training.
    public init(
        _ path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int, embedding: Int? = nil,
        resampling: Resampling = .none, dropout: Double = 0
    ) throws {
        firstNorm = try GroupNorm(path / "first_norm", groups: groupCount(inputChannels), channels: inputChannels)
        first = try Conv2d(path / "first", inputChannels, outputChannels)
        projection = try embedding.map { try Linear(path / "projection", $0, outputChannels) }
        secondNorm = try GroupNorm(path / "second_norm", groups: groupCount(outputChannels), channels: outputChannels)
        self.dropout = Dropout(path, probability: dropout)
        // Near nothing at first, so that every block begins as its shortcut.
        second = try Conv2d(path / "second", outputChannels, outputChannels, initializer: .normal(deviation: 1e-5))
        shortcut =
            inputChannels == outputChannels
            ? nil : try Conv2d(path / "shortcut", inputChannels, outputChannels, kernel: 1)
        self.resampling = resampling
    }

    /// - Parameters:
    ///   - x: (B, inputChannels, H, W); H and W even to be halved.
    ///   - embedding: (B, count), already through its activation.
    public func callAsFunction(_ x: Tensor, _ embedding: Tensor? = nil) -> Tensor {
        var features = first(resampled(firstNorm(x).silu))
        if let projection, let embedding {
            let vector = projection(embedding)
            features = features + vector.reshape([vector.shape[0], vector.shape[1], 1, 1])
        }
        features = second(dropout(secondNorm(features).silu))
        let carried = resampled(x)
        return (features + (shortcut?(carried) ?? carried)) * 0.5.squareRoot()
    }

    private func resampled(_ x: Tensor) -> Tensor {
        switch resampling {
        case .none: x
        case .half: x.averagePool(2)
        case .double: x.upsampleNearest(2)
        }
    }
}

/// Self-attention of one head over all places (Vaswani et al. 2017, over a feature map as Ho et al. 2020), plus its input,
/// times 1/√2.
public struct SelfAttention: Layer {
    private let norm: GroupNorm
    private let query: Conv2d
    private let key: Conv2d
    private let value: Conv2d
    private let output: Conv2d

    public init(_ path: ParameterPath, _ channels: Int) throws {
        norm = try GroupNorm(path / "norm", groups: groupCount(channels), channels: channels)
        query = try Conv2d(path / "query", channels, channels, kernel: 1)
        key = try Conv2d(path / "key", channels, channels, kernel: 1)
        value = try Conv2d(path / "value", channels, channels, kernel: 1)
        output = try Conv2d(path / "output", channels, channels, kernel: 1, initializer: .normal(deviation: 1e-5))
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let shape = x.shape
        let places = shape[2] * shape[3]
        let normed = norm(x)
        func flat(_ map: Tensor) -> Tensor { map.reshape([shape[0], shape[1], places]) }
        // (B, places of the query, places of the key)
        let affinity = flat(query(normed)).permute([0, 2, 1]).matmul(flat(key(normed)))
        let weights = (affinity * (1 / Double(shape[1]).squareRoot())).softmax(dimension: 2)
        let mixed = flat(value(normed)).matmul(weights.permute([0, 2, 1])).reshape(shape)
        return (x + output(mixed)) * 0.5.squareRoot()
    }
}

/// Up to 32 groups, of at least four channels where there are so many.
private func groupCount(_ channels: Int) -> Int {
    (1...max(1, min(32, channels / 4))).last { channels % $0 == 0 }!
}
