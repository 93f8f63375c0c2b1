import Torch
import TorchNN

/// StyleGAN2's discriminator, small: Karras et al., CVPR 2020, figure 7c (residual).
///
/// A 1 × 1 convolution; at each resolution from the image's down to 8 × 8 a 3 × 3 convolution, blur and reduction by two,
/// another 3 × 3 convolution, and a 1 × 1 projection that skips both; the deviation over the batch as one more channel; a
/// 3 × 3 convolution and two dense layers. Its convolutions see the reduced features where the paper's reduce them by a
/// stride, which is a quarter of the work.
///
/// Input (B, C, size, size) in 0…1; logits (B, 1).
public struct StyleDiscriminator: Discriminator {
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels: Int
        public var size: Int
        public var features: Int
        /// Channels double with each reduction, up to so many.
        public var mostFeatures: Int

        /// - Parameters:
        ///   - channels: of an image: 1 or 3.
        ///   - size: side of the images that it judges: 8, 16 and so on to 1024 pixels.
        ///   - features: channels of the first convolutions, 1 to 512.
        ///   - mostFeatures: channels double with each reduction, up to so many, 1 to 2048.
        public init(channels: Int = 1, size: Int = 64, features: Int = 16, mostFeatures: Int = 128) {
            self.channels = channels
            self.size = size
            self.features = features
            self.mostFeatures = mostFeatures
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.channels(channels)
            try Requirement.oneOf((3...10).map { 1 << $0 }, "size", size)
            try Requirement.within(1...512, "features", features)
            try Requirement.within(1...2048, "mostFeatures", mostFeatures)
        }

        /// From the image's resolution to 4 × 4 pixels.
        var widths: [Int] {
            (0..<size.trailingZeroBitCount - 1).map { min(features << $0, max(mostFeatures, features)) }
        }
    }

    /// Half the size, with a skip.
    private struct Block: Layer {
        let first: EqualizedConv2d
        let second: EqualizedConv2d
        let skip: EqualizedConv2d
        let blur: Blur

        init(_ path: ParameterPath, _ inputs: Int, _ outputs: Int) throws {
            first = try EqualizedConv2d(path / "first", inputs, inputs)
            second = try EqualizedConv2d(path / "second", inputs, outputs)
            skip = try EqualizedConv2d(path / "skip", inputs, outputs, kernel: 1, bias: false)
            blur = Blur(channels: inputs, on: path.parameters.device)
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            let y = second(blur(first(x).styleActivation).averagePool(2)).styleActivation
            return (y + skip(blur(x).averagePool(2))) / 2.0.squareRoot()
        }
    }

    private let fromImage: EqualizedConv2d
    private let blocks: [Block]
    private let last: EqualizedConv2d
    private let hidden: EqualizedLinear
    private let logit: EqualizedLinear

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        try configuration.validate()
        let widths = configuration.widths
        fromImage = try EqualizedConv2d(path / "from_image", configuration.channels, widths[0], kernel: 1)
        blocks = try zip(widths, widths.dropFirst()).enumerated().map { index, pair in
            try Block(path / "blocks" / index, pair.0, pair.1)
        }
        let width = widths.last!
        last = try EqualizedConv2d(path / "last", width + 1, width)
        hidden = try EqualizedLinear(path / "hidden", 16 * width, width)
        logit = try EqualizedLinear(path / "logit", width, 1)
    }

    public func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor]) {
        var features = [fromImage(image * 2 - 1).styleActivation]
        for block in blocks { features.append(block(features.last!)) }
        let seen = last(Self.withDeviation(features.last!)).styleActivation
        return (logit(hidden(seen.reshape([image.shape[0], -1])).styleActivation), features)
    }

    /// How much the images of a batch differ, as one more channel: a generator that makes one image alone is found out
    /// (Karras et al. 2018, section 3).
    private static func withDeviation(_ x: Tensor) -> Tensor {
        let variance = (x - x.mean([0], keepDimensions: true)).square.mean([0], keepDimensions: true)
        let deviation = (variance + 1e-8).squareRoot.mean([0, 1, 2, 3], keepDimensions: true)
        return .concatenate([x, deviation.expand([x.shape[0], 1, x.shape[2], x.shape[3]])], dimension: 1)
    }
}

extension StyleDiscriminator.Configuration: DiscriminatorConfiguration {
    public static let name = "stylegan2"
    public static let author = "StyleGAN2"

    public func makeDiscriminator(_ path: ParameterPath) throws -> any Discriminator {
        try StyleDiscriminator(path, self)
    }
}

extension DiscriminatorArchitecture {
    /// Karras et al. 2020.
    ///
    /// - Parameter configuration: the numbers that make it.
    public static func stylegan2(_ configuration: StyleDiscriminator.Configuration) -> DiscriminatorArchitecture {
        DiscriminatorArchitecture(configuration)
    }
}
