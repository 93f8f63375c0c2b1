import Torch
import TorchNN

/// Tells real high-resolution images from made ones. Images are (B, C, H, W) of one fixed size, in 0…1.
public protocol Discriminator: Layer {
    /// - Returns: logits (B, 1), above 0 where an image seems real, and what each stage saw, for feature matching.
    func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor])
}

extension Discriminator {
    public func callAsFunction(_ x: Tensor) -> Tensor { judge(x).logits }
}

/// A discriminator that is made after SRGAN's pattern, and says what is its own.
public protocol SRGANPatterned: Discriminator {
    /// Its key in configurations.
    static var name: String { get }
    /// Whose it is, for people.
    static var author: String { get }

    /// - Parameters:
    ///   - path: where its weights get their names.
    ///   - configuration: the numbers that make it.
    /// - Throws: `TorchError` where weights that are loaded are another network's.
    init(_ path: ParameterPath, _ configuration: SRGANPattern<Self>) throws
}

/// What SRGAN's discriminator and those made after its pattern leave open.
public struct SRGANPattern<Network: SRGANPatterned>: DiscriminatorConfiguration {
    public var channels: Int
    public var size: Int
    public var features: Int
    /// Width of the dense layer before the last.
    public var hidden: Int

    /// - Parameters:
    ///   - channels: of an image: 1 or 3.
    ///   - size: side of the high-resolution crops that it judges, 8 to 4096 pixels.
    ///   - features: channels of the first convolutions, 1 to 512.
    ///   - hidden: width of the dense layer before the last, 1 to 65536.
    public init(channels: Int = 1, size: Int = 96, features: Int = 64, hidden: Int = 1024) {
        self.channels = channels
        self.size = size
        self.features = features
        self.hidden = hidden
    }

    public static var name: String { Network.name }
    public static var author: String { Network.author }

    /// - Throws: ``ConfigurationError`` with the first value that cannot be.
    public func validate() throws(ConfigurationError) {
        try Requirement.channels(channels)
        try Requirement.within(8...4096, "size", size)
        try Requirement.within(1...512, "features", features)
        try Requirement.within(1...65_536, "hidden", hidden)
    }

    public func makeDiscriminator(_ path: ParameterPath) throws -> any Discriminator { try Network(path, self) }
}

/// Pairs of 3 × 3 convolutions, each pair twice as wide as the one before and its second of stride 2, and dense layers:
/// the pattern of SRGAN's and EnhanceNet's discriminators.
struct PairedConvolutions {
    private let blocks: [DiscriminatorBlock]
    private let head: DiscriminatorHead

    /// - Parameter hasNorms: batch normalisation in all but the first.
    init<Network>(
        _ path: ParameterPath, _ configuration: SRGANPattern<Network>, pairs: Int, hasNorms: Bool
    ) throws {
        let widths = (0..<2 * pairs).map { configuration.features << ($0 / 2) }
        blocks = try widths.indices.map { index in
            try DiscriminatorBlock(
                path / "blocks" / index, index == 0 ? configuration.channels : widths[index - 1], widths[index],
                stride: 1 + index % 2, norm: hasNorms && index > 0)
        }
        let side = halved(configuration.size, times: pairs)
        head = try DiscriminatorHead(
            path / "head", inputs: widths.last! * side * side, hidden: configuration.hidden)
    }

    func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor]) {
        var features: [Tensor] = []
        for block in blocks { features.append(block(features.last ?? image)) }
        return (head(features.last!), features)
    }
}

/// Convolution, batch normalisation where there is one, and leaky ReLU of slope 0.2: what discriminators are made of.
struct DiscriminatorBlock: Layer {
    private let convolution: Conv2d
    private let norm: BatchNorm2d?

    init(
        _ path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int, stride: Int = 1, norm hasNorm: Bool = true
    ) throws {
        convolution = try Conv2d(path / "convolution", inputChannels, outputChannels, stride: stride)
        norm = hasNorm ? try BatchNorm2d(path / "norm", outputChannels) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let features = convolution(x)
        return (norm?(features) ?? features).leakyRelu(slope: 0.2)
    }
}

/// Dense 1024, leaky ReLU, dense 1: from a stage's features to logits.
struct DiscriminatorHead: Layer {
    private let hidden: Linear
    private let last: Linear
    private let inputs: Int

    init(_ path: ParameterPath, inputs: Int, hidden width: Int) throws {
        hidden = try Linear(path / "hidden", inputs, width)
        last = try Linear(path / "last", width, 1)
        self.inputs = inputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        last(hidden(x.reshape([x.shape[0], inputs])).leakyRelu(slope: 0.2))
    }
}

/// What is left of a length after `count` convolutions of stride 2, 3 wide and padded by 1.
func halved(_ length: Int, times count: Int) -> Int { (0..<count).reduce(length) { length, _ in (length + 1) / 2 } }
