import Torch
import TorchNN
import Upscaling

/// EnhanceNet's generator: Sajjadi, Schölkopf & Hirsch, "EnhanceNet: Single Image Super-Resolution Through Automated
/// Texture Synthesis", ICCV 2017, table 1.
///
/// Convolution; ten residual blocks without normalisation; nearest-neighbour enlargement by 2 before a convolution, once
/// for each factor of 2; two convolutions. What it gives is added to the bicubic enlargement.
///
/// Input (B, C, H, W) in 0…1; output (B, C, s·H, s·W), a residual in the same units.
public struct EnhanceNet: Layer {
    public struct Configuration: Codable, Sendable, Equatable {
        /// 2, 4 or 8; 4 as published.
        public var scale: Int
        public var channels: Int
        public var features: Int
        public var blocks: Int

        public init(scale: Int = 4, channels: Int = 1, features: Int = 64, blocks: Int = 10) {
            self.scale = scale
            self.channels = channels
            self.features = features
            self.blocks = blocks
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.oneOf([2, 4, 8], "scale", scale)
            try Requirement.channels(channels)
            try Requirement.features(features)
            try Requirement.count(blocks, "blocks")
        }
    }

    private let head: Conv2d
    private let blocks: [(first: Conv2d, second: Conv2d)]
    private let upsampling: [Conv2d]
    private let last: (first: Conv2d, second: Conv2d)

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        try configuration.validate()
        let features = configuration.features
        head = try Conv2d(path / "head", configuration.channels, features)
        blocks = try (0..<configuration.blocks).map { block in
            let path = path / "blocks" / block
            return (try Conv2d(path / "first", features, features), try Conv2d(path / "second", features, features))
        }
        upsampling = try (0..<configuration.scale.trailingZeroBitCount).map {
            try Conv2d(path / "upsampling" / $0, features, features)
        }
        last = (
            try Conv2d(path / "last" / 0, features, features),
            try Conv2d(path / "last" / 1, features, configuration.channels)
        )
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let deep = blocks.reduce(head(x).relu) { features, block in
            features + block.second(block.first(features).relu)
        }
        let enlarged = upsampling.reduce(deep) { features, convolution in
            convolution(features.upsampleNearest(2)).relu
        }
        return last.second(last.first(enlarged).relu)
    }
}

/// EnhanceNet's discriminator: Sajjadi et al. 2017, supplement. Five pairs of 3 × 3 convolutions of 32 to 512 channels,
/// the second of each with stride 2, leaky ReLU 0.2, no normalisation; dense 1024 and 1.
///
/// Input (B, C, size, size) in 0…1; logits (B, 1).
public struct EnhanceNetDiscriminator: SRGANPatterned {
    public typealias Configuration = SRGANPattern<EnhanceNetDiscriminator>

    public static let name = "enhanceNet"
    public static let author = "EnhanceNet"

    private let layers: PairedConvolutions

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        layers = try PairedConvolutions(path, configuration, pairs: 5, hasNorms: false)
    }

    public func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor]) { layers.judge(image) }
}

extension EnhanceNet.Configuration: NetworkConfiguration {
    public static let name = "enhanceNet"
    public var magnification: Int? { scale }
    public var input: NetworkInput { .lowResolution }
    public var output: NetworkOutput { .residual }
    public var receptiveField: Int? { 1 + 2 * blocks + 2 }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try EnhanceNet(path, self) }
}

extension Architecture {
    /// Sajjadi et al. 2017.
    public static func enhanceNet(_ configuration: EnhanceNet.Configuration) -> Architecture {
        Architecture(configuration)
    }
}

extension DiscriminatorArchitecture {
    /// Sajjadi et al. 2017.
    ///
    /// - Parameter configuration: the numbers that make it.
    public static func enhanceNet(_ configuration: EnhanceNetDiscriminator.Configuration) -> DiscriminatorArchitecture {
        DiscriminatorArchitecture(configuration)
    }
}
