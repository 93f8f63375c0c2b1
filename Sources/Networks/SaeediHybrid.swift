import Torch
import TorchNN
import Upscaling

/// The hybrid of SRGAN and VDSR: Saeedi, "Single Image Super-resolution for Chest X-ray Images".
///
/// 9 × 9 stem; 8 of SRGAN's residual blocks; 20 convolutions with PReLU, batch normalisation, and the stem's features
/// added; a fixed sharpening layer to three channels; one up-block; convolutions to 16 and 3 channels. It works on the
/// image enlarged ×2 by bicubic interpolation, which happens inside, so that the whole magnifies by 4.
///
/// Input (B, 3, H, W) in 0…1; output (B, 3, 4·H, 4·W) in −1…1. Gray images are fed three times. What the paper leaves
/// open is decided in `docs/decisions/0007-open-choices-of-the-adversarial-systems.md`.
public struct SaeediHybrid: Layer {
    /// The layer "1 convolution layer with 3 filter 3x3 and Tanh activation function (non-trainable sharpening layer)".
    public enum Sharpening: String, Codable, Sendable, CaseIterable {
        /// {0, −1, 0; −1, 5, −1; 0, −1, 0} / 64 from every channel to every output, so that its gain is 1. All three
        /// outputs are equal.
        case cross
        /// The same with {−1, −1, −1; −1, 9, −1; −1, −1, −1} / 64.
        case full
        /// A trained 1 × 1 convolution to three channels first, each of which is then sharpened by the cross.
        case projectedCross
    }

    public struct Configuration: Codable, Sendable, Equatable {
        public var channels: Int
        public var features: Int
        public var residualBlocks: Int
        public var plainLayers: Int
        public var sharpening: Sharpening

        public init(
            channels: Int = 3, features: Int = 64, residualBlocks: Int = 8, plainLayers: Int = 20,
            sharpening: Sharpening = .cross
        ) {
            self.channels = channels
            self.features = features
            self.residualBlocks = residualBlocks
            self.plainLayers = plainLayers
            self.sharpening = sharpening
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.channels(channels)
            try Requirement.features(features)
            try Requirement.count(residualBlocks, "residualBlocks")
            try Requirement.count(plainLayers, "plainLayers")
        }
    }

    private let enlargement: BicubicDoubling
    private let stem: Conv2d
    private let stemActivation: PReLU
    private let residualBlocks: [ResidualBlock]
    private let plainLayers: [(convolution: Conv2d, activation: PReLU)]
    private let norm: BatchNorm2d
    private let projection: Conv2d?
    /// (out, in / groups, 3, 3), never trained.
    private let sharpening: Tensor
    private let sharpeningGroups: Int
    private let upsampling: SubPixelBlock
    private let narrowing: Conv2d
    private let narrowingActivation: PReLU
    private let tail: Conv2d

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        let (channels, features) = (configuration.channels, configuration.features)
        let device = path.parameters.device
        enlargement = BicubicDoubling(channels: channels, on: device)
        stem = try Conv2d(path / "stem", channels, features, kernel: 9)
        stemActivation = try PReLU(path / "stem_activation")
        residualBlocks = try (0..<configuration.residualBlocks).map {
            try ResidualBlock(path / "residual_blocks" / $0, features)
        }
        plainLayers = try (0..<configuration.plainLayers).map { layer in
            let path = path / "plain_layers" / layer
            return (try Conv2d(path / "convolution", features, features), try PReLU(path / "activation"))
        }
        norm = try BatchNorm2d(path / "norm", features)

        let kernel: [Float] =
            switch configuration.sharpening {
            case .cross, .projectedCross: [0, -1, 0, -1, 5, -1, 0, -1, 0]
            case .full: [-1, -1, -1, -1, 9, -1, -1, -1, -1]
            }
        let one = Tensor(kernel, shape: [1, 1, 3, 3], on: device)
        switch configuration.sharpening {
        case .cross, .full:
            projection = nil
            sharpening = (one / Double(features)).expand([channels, features, 3, 3]).contiguous
            sharpeningGroups = 1
        case .projectedCross:
            projection = try Conv2d(path / "projection", features, channels, kernel: 1)
            sharpening = one.expand([channels, 1, 3, 3]).contiguous
            sharpeningGroups = channels
        }

        upsampling = try SubPixelBlock(path / "upsampling", channels, features)
        narrowing = try Conv2d(path / "narrowing", features, 16)
        narrowingActivation = try PReLU(path / "narrowing_activation")
        tail = try Conv2d(path / "tail", 16, channels, kernel: 5)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let shallow = stemActivation(stem(enlargement(x)))
        let blocks = residualBlocks.reduce(shallow) { $1($0) }
        let plain = plainLayers.reduce(blocks) { $1.activation($1.convolution($0)) }
        let deep = norm(plain) + shallow
        let sharp = (projection?(deep) ?? deep)
            .conv2d(weight: sharpening, bias: nil, padding: 1, groups: sharpeningGroups).tanh
        return tail(narrowingActivation(narrowing(upsampling(sharp)))).tanh
    }
}

extension SaeediHybrid.Configuration: NetworkConfiguration {
    public static let name = "saeedi"
    public var magnification: Int? { 4 }
    public var input: NetworkInput { .lowResolution }
    public var output: NetworkOutput { .image }
    public var outputRange: ClosedRange<Double> { -1...1 }
    // Stem, blocks, plain layers, sharpening and up-block on the image enlarged ×2, whose pixels are half as far;
    // bicubic before, 3 × 3 and 5 × 5 after.
    public var receptiveField: Int? {
        2 + (4 + 2 * residualBlocks + plainLayers + 2 + 1) / 2 + 1
    }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try SaeediHybrid(path, self) }
}

extension Architecture {
    /// Saeedi's hybrid.
    public static func saeedi(_ configuration: SaeediHybrid.Configuration) -> Architecture {
        Architecture(configuration)
    }
}
