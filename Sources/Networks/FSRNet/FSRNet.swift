import Torch
import TorchNN
import Upscaling

/// FSRNet: Chen, Tai, Liu, Shen & Yang, "FSRNet: End-to-End Learning Face Super-Resolution with Facial Priors", CVPR 2018,
/// figure 2. Here for anatomy: its prior is where lungs, vessels or lesions lie.
///
/// A coarse network makes a first image. From that, an encoder takes features, and a prior network, stacked hourglasses,
/// features of another kind, from which 1 × 1 convolutions give maps; both at half the resolution. A decoder makes the image
/// of the two kinds of features together. 3.26 M parameters as published with three channels, 0.57 M as `small`.
///
/// Input (B, C, H, W): the bicubic enlargement in 0…1, whose sides are multiples of 16; output the same size in 0…1, and
/// the side outputs of ``Estimates``. The paper gives no activation at the output; none is used. Where `addsInput` is set
/// the coarse network and the decoder give what to add to the input, so that a short training is not spent on repeating it.
public struct FSRNet: EstimatingLayer {
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels: Int
        public var features: Int
        public var encoderBlocks: Int
        public var hourglasses: Int
        /// How many maps are estimated.
        public var maps: Int
        /// Whether the coarse and the last result are added to the input.
        public var addsInput: Bool

        /// The published network by default.
        ///
        /// - Parameters:
        ///   - channels: of an image: 1 or 3.
        ///   - features: channels of the coarse network, encoder and decoder, an even number; the prior network has twice
        ///     as many.
        ///   - encoderBlocks: residual blocks of the encoder, 0 to 256.
        ///   - hourglasses: in the prior network, 0 to 16.
        ///   - maps: how many are estimated, 1 to 64; two for each mask beside an image.
        ///   - addsInput: whether the coarse and the last result are added to the input.
        public init(
            channels: Int = 3, features: Int = 64, encoderBlocks: Int = 12, hourglasses: Int = 2, maps: Int = 2,
            addsInput: Bool = false
        ) {
            self.channels = channels
            self.features = features
            self.encoderBlocks = encoderBlocks
            self.hourglasses = hourglasses
            self.maps = maps
            self.addsInput = addsInput
        }

        /// A gray one that a processor can train.
        public static let small = Configuration(
            channels: 1, features: 32, encoderBlocks: 6, hourglasses: 1, addsInput: true)

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.channels(channels)
            try Requirement.features(features)
            guard features % 2 == 0 else {
                throw ConfigurationError("features", "is \(features); it must be an even number")
            }
            try Requirement.count(encoderBlocks, "encoderBlocks")
            try Requirement.within(0...16, "hourglasses", hourglasses)
            try Requirement.within(1...64, "maps", maps)
        }
    }

    /// Convolution, batch normalisation, ReLU.
    private struct NormedConvolution: Layer {
        let convolution: Conv2d
        let norm: BatchNorm2d

        init(_ path: ParameterPath, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1) throws {
            convolution = try Conv2d(
                path / "convolution", inputs, outputs, kernel: kernel, stride: stride, bias: false)
            norm = try BatchNorm2d(path / "norm", outputs)
        }

        func callAsFunction(_ x: Tensor) -> Tensor { norm(convolution(x)).relu }
    }

    /// Convolution, norm, ReLU, convolution, norm, plus identity.
    private struct Block: Layer {
        let first: NormedConvolution
        let second: Conv2d
        let norm: BatchNorm2d

        init(_ path: ParameterPath, _ features: Int) throws {
            first = try NormedConvolution(path / "first", features, features)
            second = try Conv2d(path / "second", features, features, bias: false)
            norm = try BatchNorm2d(path / "norm", features)
        }

        func callAsFunction(_ x: Tensor) -> Tensor { x + norm(second(first(x))) }
    }

    /// A convolution, blocks and a convolution: the coarse network, and with stride 2 the encoder.
    private struct BlockNetwork: Layer {
        let head: NormedConvolution
        let blocks: [Block]
        let tail: Conv2d

        init(
            _ path: ParameterPath, _ inputs: Int, _ features: Int, _ outputs: Int, blocks count: Int, stride: Int = 1
        ) throws {
            head = try NormedConvolution(path / "head", inputs, features, stride: stride)
            blocks = try (0..<count).map { try Block(path / "blocks" / $0, features) }
            tail = try Conv2d(path / "tail", features, outputs)
        }

        func callAsFunction(_ x: Tensor) -> Tensor { tail(blocks.reduce(head(x)) { $1($0) }) }
    }

    /// Features of what is where, at half the resolution, and the maps that they give.
    private struct PriorNetwork {
        let head: NormedConvolution
        let widening: Bottleneck
        let blocks: [Block]
        let hourglasses: [Hourglass]
        let maps: Conv2d

        init(_ path: ParameterPath, _ configuration: Configuration) throws {
            let features = configuration.features
            head = try NormedConvolution(path / "head", configuration.channels, features, kernel: 7, stride: 2)
            widening = try Bottleneck(path / "widening", features, 2 * features)
            blocks = try (0..<2).map { try Block(path / "blocks" / $0, 2 * features) }
            hourglasses = try (0..<configuration.hourglasses).map {
                try Hourglass(path / "hourglasses" / $0, 2 * features, depth: 3)
            }
            maps = try Conv2d(path / "maps", 2 * features, configuration.maps, kernel: 1)
        }

        func callAsFunction(_ x: Tensor) -> (features: Tensor, maps: Tensor) {
            let start = blocks.reduce(widening(head(x))) { $1($0) }
            let features = hourglasses.reduce(start) { $1($0) }
            return (features, maps(features))
        }
    }

    private let coarse: BlockNetwork
    private let encoder: BlockNetwork
    private let prior: PriorNetwork
    private let fusion: NormedConvolution
    private let enlargement: Tensor
    private let enlargementBias: Tensor
    private let decoder: [Block]
    private let tail: Conv2d
    private let addsInput: Bool

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        try configuration.validate()
        let (features, channels) = (configuration.features, configuration.channels)
        coarse = try BlockNetwork(path / "coarse", channels, features, channels, blocks: 3)
        encoder = try BlockNetwork(
            path / "encoder", channels, features, features, blocks: configuration.encoderBlocks, stride: 2)
        prior = try PriorNetwork(path / "prior", configuration)
        fusion = try NormedConvolution(path / "fusion", 3 * features, features)
        enlargement = try path.weight(
            "enlargement.weight", shape: [features, features, 3, 3], .torchDefault(fanIn: 9 * features))
        enlargementBias = try path.weight(
            "enlargement.bias", shape: [features], .torchDefault(fanIn: 9 * features))
        decoder = try (0..<3).map { try Block(path / "decoder" / $0, features) }
        tail = try Conv2d(path / "tail", features, channels)
        addsInput = configuration.addsInput
    }

    public func estimates(of x: Tensor) -> Estimates {
        let first = addsInput ? coarse(x) + x : coarse(x)
        let (features, maps) = prior(first)
        let fused = fusion(Tensor.concatenate([encoder(first), features], dimension: 1))
        let enlarged = fused.transposedConv2d(
            weight: enlargement, bias: enlargementBias, stride: 2, padding: 1, outputPadding: 1)
        let fine = tail(decoder.reduce(enlarged) { $1($0) })
        return Estimates(image: addsInput ? fine + x : fine, coarse: first, priors: maps)
    }
}

extension FSRNet.Configuration: NetworkConfiguration {
    public static let name = "fsrnet"
    public var magnification: Int? { nil }
    public var input: NetworkInput { .bicubicUpscaled }
    public var output: NetworkOutput { .image }
    // Hourglasses halve what lies on multiples of 16: a tile that begins elsewhere is not the same.
    public var receptiveField: Int? { nil }
    public var paddingMultiple: Int { 16 }
    public var estimatedMaps: Int { maps }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try FSRNet(path, self) }
}

extension Architecture {
    /// Chen et al. 2018.
    public static func fsrnet(_ configuration: FSRNet.Configuration) -> Architecture { Architecture(configuration) }
}
