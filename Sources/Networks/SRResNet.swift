import Torch
import TorchNN
import Upscaling

/// SRResNet, which is also SRGAN's generator: Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a
/// Generative Adversarial Network", CVPR 2017, figure 4.
///
/// 9 × 9 convolution and PReLU; 16 residual blocks with batch normalisation; a convolution and the long skip; one
/// sub-pixel block for each factor of two; 9 × 9 convolution. 1.55 M parameters at ×4 with three channels.
///
/// Input (B, C, H, W) in 0…1; output (B, C, s·H, s·W) in −1…1. The output activation is not in the paper's text; tanh
/// suits the stated range and is the default here.
public struct SRResNet: Layer {
    public struct Configuration: Codable, Sendable, Equatable {
        /// 2 or 4.
        public var scale: Int
        public var channels: Int
        public var features: Int
        public var blocks: Int
        public var tanhOutput: Bool

        public init(scale: Int = 4, channels: Int = 1, features: Int = 64, blocks: Int = 16, tanhOutput: Bool = true) {
            self.scale = scale
            self.channels = channels
            self.features = features
            self.blocks = blocks
            self.tanhOutput = tanhOutput
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.oneOf([2, 4], "scale", scale)
            try Requirement.channels(channels)
            try Requirement.features(features)
            try Requirement.count(blocks, "blocks")
        }
    }

    private let head: Conv2d
    private let headActivation: PReLU
    private let blocks: [ResidualBlock]
    private let trunk: Conv2d
    private let trunkNorm: BatchNorm2d
    private let upsampling: [SubPixelBlock]
    private let tail: Conv2d
    private let tanhOutput: Bool

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        try configuration.validate()
        let features = configuration.features
        head = try Conv2d(path / "head", configuration.channels, features, kernel: 9)
        headActivation = try PReLU(path / "head_activation")
        blocks = try (0..<configuration.blocks).map { try ResidualBlock(path / "blocks" / $0, features) }
        trunk = try Conv2d(path / "trunk", features, features)
        trunkNorm = try BatchNorm2d(path / "trunk_norm", features)
        upsampling = try (0..<configuration.scale / 2).map { try SubPixelBlock(path / "upsampling" / $0, features) }
        tail = try Conv2d(path / "tail", features, configuration.channels, kernel: 9)
        tanhOutput = configuration.tanhOutput
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let shallow = headActivation(head(x))
        let deep = trunkNorm(trunk(blocks.reduce(shallow) { $1($0) })) + shallow
        let image = tail(upsampling.reduce(deep) { $1($0) })
        return tanhOutput ? image.tanh : image
    }
}

/// SRGAN's residual block: conv, BN, PReLU, conv, BN, plus identity.
public struct ResidualBlock: Layer {
    private let first: Conv2d
    private let firstNorm: BatchNorm2d
    private let activation: PReLU
    private let second: Conv2d
    private let secondNorm: BatchNorm2d

    public init(_ path: ParameterPath, _ features: Int, kernel: Int = 3) throws {
        first = try Conv2d(path / "first", features, features, kernel: kernel)
        firstNorm = try BatchNorm2d(path / "first_norm", features)
        activation = try PReLU(path / "activation")
        second = try Conv2d(path / "second", features, features, kernel: kernel)
        secondNorm = try BatchNorm2d(path / "second_norm", features)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x + secondNorm(second(activation(firstNorm(first(x)))))
    }
}

/// SRGAN's upsampling: conv to four times the channels, pixel shuffle ×2, PReLU.
public struct SubPixelBlock: Layer {
    private let convolution: Conv2d
    private let activation: PReLU

    public init(_ path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int? = nil) throws {
        convolution = try Conv2d(path / "convolution", inputChannels, 4 * (outputChannels ?? inputChannels))
        activation = try PReLU(path / "activation")
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { activation(convolution(x).pixelShuffle(2)) }
}

extension SRResNet.Configuration: NetworkConfiguration {
    public static let name = "srresnet"
    public var magnification: Int? { scale }
    public var input: NetworkInput { .lowResolution }
    public var output: NetworkOutput { .image }
    public var outputRange: ClosedRange<Double> { -1...1 }
    // 9 × 9 at either end, two convolutions a block, one after, one an upsampling; those past the first enlargement
    // reach less far in input pixels, so this is an upper bound.
    public var receptiveField: Int? { 4 + 2 * blocks + 1 + scale / 2 + 4 }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try SRResNet(path, self) }
}

extension Architecture {
    /// Ledig et al. 2017.
    public static func srresnet(_ configuration: SRResNet.Configuration) -> Architecture { Architecture(configuration) }
}
