import Torch
import TorchNN
import Upscaling

/// ESRGAN's generator RRDBNet: Wang et al., "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", ECCV
/// Workshops 2018, figures 3 and 4.
///
/// 23 residual-in-residual dense blocks without normalisation, nearest-neighbour enlargement by 2 before a convolution,
/// leaky ReLU 0.2. 16.7 M parameters at ×4 with three channels. Weights have the names that the authors' code gives them.
///
/// Input (B, C, H, W) in 0…1; output (B, C, s·H, s·W) in 0…1.
public struct RRDBNet: Layer {
    public struct Configuration: Codable, Sendable, Equatable {
        /// 2, 4 or 8.
        public var scale: Int
        public var channels: Int
        public var features: Int
        public var blocks: Int
        /// Channels that each convolution of a dense block adds.
        public var growth: Int

        public init(scale: Int = 4, channels: Int = 1, features: Int = 64, blocks: Int = 23, growth: Int = 32) {
            self.scale = scale
            self.channels = channels
            self.features = features
            self.blocks = blocks
            self.growth = growth
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.oneOf([2, 4, 8], "scale", scale)
            try Requirement.channels(channels)
            try Requirement.features(features)
            try Requirement.count(blocks, "blocks")
            try Requirement.features(growth, "growth")
        }
    }

    /// Five densely connected convolutions; their result is added at a fifth of its strength.
    private struct DenseBlock: Layer {
        let convolutions: [Conv2d]

        init(_ path: ParameterPath, _ features: Int, growth: Int) throws {
            convolutions = try (0..<5).map { index in
                let inputs = features + index * growth
                // A tenth of He's spread keeps deep residual stacks near the identity at first (section 3.3).
                return try Conv2d(
                    path / "conv\(index + 1)", inputs, index == 4 ? features : growth,
                    initializer: .he(fanIn: 9 * inputs, gain: 0.1))
            }
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            var features = x
            for convolution in convolutions.dropLast() {
                features = .concatenate([features, convolution(features).leakyRelu(slope: 0.2)], dimension: 1)
            }
            return x + convolutions[4](features) * 0.2
        }
    }

    private let head: Conv2d
    private let body: [[DenseBlock]]
    private let trunk: Conv2d
    private let upsampling: [Conv2d]
    private let last: (first: Conv2d, second: Conv2d)

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        try configuration.validate()
        let features = configuration.features
        head = try Conv2d(path / "conv_first", configuration.channels, features)
        body = try (0..<configuration.blocks).map { block in
            try (1...3).map {
                try DenseBlock(path / "body" / block / "rdb\($0)", features, growth: configuration.growth)
            }
        }
        trunk = try Conv2d(path / "conv_body", features, features)
        upsampling = try (1...configuration.scale.trailingZeroBitCount).map {
            try Conv2d(path / "conv_up\($0)", features, features)
        }
        last = (
            try Conv2d(path / "conv_hr", features, features),
            try Conv2d(path / "conv_last", features, configuration.channels)
        )
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let shallow = head(x)
        let deep = body.reduce(shallow) { features, block in features + block.reduce(features) { $1($0) } * 0.2 }
        let enlarged = upsampling.reduce(shallow + trunk(deep)) { features, convolution in
            convolution(features.upsampleNearest(2)).leakyRelu(slope: 0.2)
        }
        return last.second(last.first(enlarged).leakyRelu(slope: 0.2))
    }
}

/// ESRGAN's discriminator, VGG-style: pairs of a 3 × 3 convolution and a 4 × 4 one of stride 2, from 64 to 512 channels,
/// with batch normalisation in all but the first, leaky ReLU 0.2; dense 100 and 1. As in the authors' code, with its names.
///
/// Input (B, C, size, size) in 0…1; logits (B, 1), for `AdversarialLoss/relativisticAverage`.
public struct ESRGANDiscriminator: Discriminator {
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels: Int
        /// Side of the high-resolution crops that it judges; at least 32.
        public var size: Int
        public var features: Int

        public init(channels: Int = 1, size: Int = 128, features: Int = 64) {
            self.channels = channels
            self.size = size
            self.features = features
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.channels(channels)
            // It halves its input five times.
            try Requirement.within(32...4096, "size", size)
            try Requirement.within(1...512, "features", features)
        }
    }

    private struct Stage: Layer {
        let first: Conv2d
        let firstNorm: BatchNorm2d?
        let second: Conv2d
        let secondNorm: BatchNorm2d

        init(_ path: ParameterPath, index: Int, _ inputChannels: Int, _ outputChannels: Int) throws {
            first = try Conv2d(path / "conv\(index)_0", inputChannels, outputChannels, bias: index == 0)
            firstNorm = index == 0 ? nil : try BatchNorm2d(path / "bn\(index)_0", outputChannels)
            second = try Conv2d(
                path / "conv\(index)_1", outputChannels, outputChannels, kernel: 4, stride: 2, padding: 1, bias: false)
            secondNorm = try BatchNorm2d(path / "bn\(index)_1", outputChannels)
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            let features = first(x)
            return secondNorm(second((firstNorm?(features) ?? features).leakyRelu(slope: 0.2))).leakyRelu(slope: 0.2)
        }
    }

    private let stages: [Stage]
    private let hidden: Linear
    private let last: Linear
    private let flatCount: Int

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        try configuration.validate()
        let widths = [1, 2, 4, 8, 8].map { $0 * configuration.features }
        stages = try widths.indices.map { index in
            try Stage(path, index: index, index == 0 ? configuration.channels : widths[index - 1], widths[index])
        }
        let side = configuration.size >> 5
        flatCount = widths[4] * side * side
        hidden = try Linear(path / "linear1", flatCount, 100)
        last = try Linear(path / "linear2", 100, 1)
    }

    public func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor]) {
        var features: [Tensor] = []
        for stage in stages { features.append(stage(features.last ?? image)) }
        let flat = features.last!.reshape([image.shape[0], flatCount])
        return (last(hidden(flat).leakyRelu(slope: 0.2)), features)
    }
}

extension RRDBNet.Configuration: NetworkConfiguration {
    public static let name = "rrdb"
    public var magnification: Int? { scale }
    public var input: NetworkInput { .lowResolution }
    public var output: NetworkOutput { .image }
    // Fifteen convolutions a block.
    public var receptiveField: Int? { 2 + 15 * blocks + 2 }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try RRDBNet(path, self) }
}

extension Architecture {
    /// Wang et al. 2018.
    public static func rrdb(_ configuration: RRDBNet.Configuration) -> Architecture { Architecture(configuration) }
}

extension ESRGANDiscriminator.Configuration: DiscriminatorConfiguration {
    public static let name = "esrgan"
    public static let author = "ESRGAN"

    public func makeDiscriminator(_ path: ParameterPath) throws -> any Discriminator {
        try ESRGANDiscriminator(path, self)
    }
}

extension DiscriminatorArchitecture {
    /// Wang et al. 2018.
    ///
    /// - Parameter configuration: the numbers that make it.
    public static func esrgan(_ configuration: ESRGANDiscriminator.Configuration) -> DiscriminatorArchitecture {
        DiscriminatorArchitecture(configuration)
    }
}
