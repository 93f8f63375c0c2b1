import Torch
import TorchNN
import Upscaling

/// The multi-scale generator: Ahmad, Ali, Shah & Azmat, "A new generative adversarial network for medical images super
/// resolution", Scientific Reports 12:9533, 2022.
///
/// Shallow features at kernels 3, 5 and 7 with two residual blocks each, concatenated; 16 residual blocks with a skip and
/// ×2; 3 residual blocks with a skip and ×2; a last convolution. 3.18 M parameters with three channels, where the three
/// scales are fused to 64 channels.
///
/// Input (B, C, H, W) in 0…1; output (B, C, 4·H, 4·W) in −1…1. No code was published; what the paper leaves open is
/// decided in `docs/decisions/0007-open-choices-of-the-adversarial-systems.md`.
public struct AhmadGenerator: Layer {
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels: Int
        public var features: Int
        /// One path of shallow features for each.
        public var kernels: [Int]
        public var shallowBlocks: Int
        public var deepBlocks: Int
        public var enlargedBlocks: Int
        /// Whether a 1 × 1 convolution brings the concatenated paths back to `features` channels. Without it everything
        /// after them is as wide as all paths together: 17.3 M parameters.
        public var fusesPaths: Bool

        public init(
            channels: Int = 1, features: Int = 64, kernels: [Int] = [3, 5, 7], shallowBlocks: Int = 2,
            deepBlocks: Int = 16, enlargedBlocks: Int = 3, fusesPaths: Bool = true
        ) {
            self.channels = channels
            self.features = features
            self.kernels = kernels
            self.shallowBlocks = shallowBlocks
            self.deepBlocks = deepBlocks
            self.enlargedBlocks = enlargedBlocks
            self.fusesPaths = fusesPaths
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.channels(channels)
            try Requirement.features(features)
            guard (1...8).contains(kernels.count), kernels.allSatisfy({ (1...15).contains($0) && $0 % 2 == 1 }) else {
                throw ConfigurationError("kernels", "is \(kernels); it must be one to eight odd numbers from 1 to 15")
            }
            try Requirement.count(shallowBlocks, "shallowBlocks")
            try Requirement.count(deepBlocks, "deepBlocks")
            try Requirement.count(enlargedBlocks, "enlargedBlocks")
        }
    }

    /// Convolution, PReLU and residual blocks of one kernel size.
    private struct Path: Layer {
        let convolution: Conv2d
        let activation: PReLU
        let blocks: [ResidualBlock]

        init(_ path: ParameterPath, kernel: Int, _ configuration: Configuration) throws {
            convolution = try Conv2d(
                path / "convolution", configuration.channels, configuration.features, kernel: kernel)
            activation = try PReLU(path / "activation")
            blocks = try (0..<configuration.shallowBlocks).map {
                try ResidualBlock(path / "blocks" / $0, configuration.features, kernel: kernel)
            }
        }

        func callAsFunction(_ x: Tensor) -> Tensor { blocks.reduce(activation(convolution(x))) { $1($0) } }
    }

    /// Residual blocks, convolution and normalisation around which the input skips, then ×2.
    private struct Stage: Layer {
        let blocks: [ResidualBlock]
        let trunk: Conv2d
        let norm: BatchNorm2d
        let upsampling: SubPixelBlock

        init(_ path: ParameterPath, width: Int, blocks count: Int) throws {
            blocks = try (0..<count).map { try ResidualBlock(path / "blocks" / $0, width) }
            trunk = try Conv2d(path / "trunk", width, width)
            norm = try BatchNorm2d(path / "norm", width)
            upsampling = try SubPixelBlock(path / "upsampling", width)
        }

        func callAsFunction(_ x: Tensor) -> Tensor { upsampling(norm(trunk(blocks.reduce(x) { $1($0) })) + x) }
    }

    private let paths: [Path]
    private let fusion: Conv2d?
    private let deep: Stage
    private let enlarged: Stage
    private let tail: Conv2d

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        paths = try configuration.kernels.map { try Path(path / "paths" / $0, kernel: $0, configuration) }
        let together = configuration.features * configuration.kernels.count
        let width = configuration.fusesPaths ? configuration.features : together
        fusion = configuration.fusesPaths ? try Conv2d(path / "fusion", together, width, kernel: 1) : nil
        deep = try Stage(path / "deep", width: width, blocks: configuration.deepBlocks)
        enlarged = try Stage(path / "enlarged", width: width, blocks: configuration.enlargedBlocks)
        tail = try Conv2d(path / "tail", width, configuration.channels, kernel: 9)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let shallow = Tensor.concatenate(paths.map { $0(x) }, dimension: 1)
        return tail(enlarged(deep(fusion?(shallow) ?? shallow))).tanh
    }
}

/// Ahmad's discriminator: SRGAN's, deeper, with skips.
///
/// SRGAN's eight convolutions, and one more of stride 1 after each of its four pairs, which the identity skips. The
/// number of channels changes in three pairs; a 1 × 1 convolution of stride 2 skips those ("three additional
/// convolutional layers with residual connections to be able to manipulate the number of channels").
///
/// Input (B, C, size, size) in 0…1; logits (B, 1).
public struct AhmadDiscriminator: SRGANPatterned {
    public typealias Configuration = SRGANPattern<AhmadDiscriminator>

    public static let name = "ahmad"
    public static let author = "Ahmad"

    /// Two convolutions, the second of stride 2, skipped by a projection where the width changes; then one more, skipped
    /// by the identity.
    private struct Stage: Layer {
        let first: DiscriminatorBlock
        let second: DiscriminatorBlock
        let projection: Conv2d?
        let third: DiscriminatorBlock

        init(_ path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int, isFirst: Bool) throws {
            first = try DiscriminatorBlock(path / "first", inputChannels, outputChannels, norm: !isFirst)
            second = try DiscriminatorBlock(path / "second", outputChannels, outputChannels, stride: 2)
            projection =
                isFirst
                ? nil
                : try Conv2d(path / "projection", inputChannels, outputChannels, kernel: 1, stride: 2)
            third = try DiscriminatorBlock(path / "third", outputChannels, outputChannels)
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            var features = second(first(x))
            if let projection { features = features + projection(x) }
            return features + third(features)
        }
    }

    private let stages: [Stage]
    private let head: DiscriminatorHead

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        let widths = [1, 2, 4, 8].map { $0 * configuration.features }
        stages = try widths.indices.map { index in
            try Stage(
                path / "stages" / index, index == 0 ? configuration.channels : widths[index - 1], widths[index],
                isFirst: index == 0)
        }
        let side = halved(configuration.size, times: 4)
        head = try DiscriminatorHead(path / "head", inputs: widths[3] * side * side, hidden: configuration.hidden)
    }

    public func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor]) {
        var features: [Tensor] = []
        for stage in stages { features.append(stage(features.last ?? image)) }
        return (head(features.last!), features)
    }
}

extension AhmadGenerator.Configuration: NetworkConfiguration {
    public static let name = "ahmad"
    public var magnification: Int? { 4 }
    public var input: NetworkInput { .lowResolution }
    public var output: NetworkOutput { .image }
    public var outputRange: ClosedRange<Double> { -1...1 }
    public var receptiveField: Int? {
        (kernels.max() ?? 1) / 2 * (1 + 2 * shallowBlocks) + 2 * deepBlocks + 2
            + (2 * enlargedBlocks + 2 + 1) / 2 + 1
    }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try AhmadGenerator(path, self) }
}

extension Architecture {
    /// Ahmad et al. 2022.
    public static func ahmad(_ configuration: AhmadGenerator.Configuration) -> Architecture {
        Architecture(configuration)
    }
}

extension DiscriminatorArchitecture {
    /// Ahmad et al. 2022.
    ///
    /// - Parameter configuration: the numbers that make it.
    public static func ahmad(_ configuration: AhmadDiscriminator.Configuration) -> DiscriminatorArchitecture {
        DiscriminatorArchitecture(configuration)
    }
}
