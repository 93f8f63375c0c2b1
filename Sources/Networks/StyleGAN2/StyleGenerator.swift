import Torch
import TorchNN
import Upscaling

/// StyleGAN2's generator, small: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020,
/// figures 2c and 7b.
///
/// A mapping of dense layers turns a draw z from N(0, 1) into a latent w. From a learned constant of 4 × 4 pixels, one
/// modulated 3 × 3 convolution and two more at each doubling, each with a latent, noise and a bias of its own; the image
/// is the sum of what every resolution gives, doubled on the way (skips). 0.80 M parameters as it stands.
///
/// It makes images of nothing and does not enlarge any. As a `Layer` it takes z, (B, latentSize), and gives
/// (B, channels, size, size) in about −1…1, one latent for all layers and without noise; ``synthesis(_:noise:)`` takes them
/// apart. Left out: the penalty on path lengths.
public struct StyleGenerator: Layer {
    public struct Configuration: Codable, Sendable, Equatable {
        /// Of an image: 1 or 3.
        public var channels: Int
        /// Of z and w.
        public var latentSize: Int
        /// Channels at 4 × 4 pixels, 8 × 8 and so on; their count decides the image's side.
        public var features: [Int]
        /// Dense layers from z to w.
        public var mappingLayers: Int

        /// - Parameters:
        ///   - channels: of an image: 1 or 3.
        ///   - latentSize: of z and w, 1 to 2048.
        ///   - features: channels at 4 × 4 pixels, 8 × 8 and so on, two to nine of 1 to 2048.
        ///   - mappingLayers: dense layers from z to w, 1 to 16.
        public init(
            channels: Int = 1, latentSize: Int = 128, features: [Int] = [128, 128, 64, 32, 16], mappingLayers: Int = 4
        ) {
            self.channels = channels
            self.latentSize = latentSize
            self.features = features
            self.mappingLayers = mappingLayers
        }

        /// Side of the images that it makes, in pixels.
        public var size: Int { 2 << features.count }
        /// How many latents an image takes: one a 3 × 3 convolution, and one for the last layer that gives the image.
        public var latentCount: Int { 2 * features.count }
        /// Side of the noise that each 3 × 3 convolution takes, in pixels.
        public var noiseSides: [Int] { (0..<2 * features.count - 1).map { 4 << (($0 + 1) / 2) } }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.channels(channels)
            try Requirement.within(1...2048, "latentSize", latentSize)
            guard (2...9).contains(features.count), features.allSatisfy({ (1...2048).contains($0) }) else {
                throw ConfigurationError("features", "is \(features); it must be two to nine numbers from 1 to 2048")
            }
            try Requirement.within(1...16, "mappingLayers", mappingLayers)
        }
    }

    /// A modulated convolution, noise, bias, activation.
    private struct StyledLayer {
        let convolution: ModulatedConv2d
        let noiseStrength: Tensor
        let bias: Tensor

        init(_ path: ParameterPath, _ inputs: Int, _ outputs: Int, latentSize: Int) throws {
            convolution = try ModulatedConv2d(path, inputs, outputs, kernel: 3, latentSize: latentSize)
            noiseStrength = try path.weight("noise_strength", shape: [1], .constant(0))
            bias = try path.weight("bias", shape: [1, outputs, 1, 1], .constant(0))
        }

        func callAsFunction(_ x: Tensor, _ latent: Tensor, noise: Tensor?) -> Tensor {
            let y = convolution(x, latent) + bias
            return (noise.map { y + $0 * noiseStrength } ?? y).styleActivation
        }
    }

    /// What a resolution adds to the image.
    private struct ToImage {
        let convolution: ModulatedConv2d
        let bias: Tensor

        init(_ path: ParameterPath, _ inputs: Int, _ channels: Int, latentSize: Int) throws {
            convolution = try ModulatedConv2d(
                path, inputs, channels, kernel: 1, latentSize: latentSize, demodulates: false)
            bias = try path.weight("bias", shape: [1, channels, 1, 1], .constant(0))
        }

        func callAsFunction(_ x: Tensor, _ latent: Tensor) -> Tensor { convolution(x, latent) + bias }
    }

    public let configuration: Configuration
    private let mappingLayers: [EqualizedLinear]
    private let constant: Tensor
    private let styled: [StyledLayer]
    private let toImage: [ToImage]
    private let blurs: [Blur]
    private let imageBlur: Blur

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        try configuration.validate()
        self.configuration = configuration
        let (size, widths, device) = (configuration.latentSize, configuration.features, path.parameters.device)
        mappingLayers = try (0..<configuration.mappingLayers).map {
            try EqualizedLinear(path / "mapping" / $0, size, size, rate: 0.01)
        }
        constant = try path.weight("constant", shape: [1, widths[0], 4, 4], .normal(deviation: 1))
        styled = try configuration.noiseSides.indices.map { index in
            try StyledLayer(
                path / "layers" / index, widths[index / 2], widths[(index + 1) / 2], latentSize: size)
        }
        toImage = try widths.indices.map {
            try ToImage(path / "images" / $0, widths[$0], configuration.channels, latentSize: size)
        }
        blurs = widths.dropLast().map { Blur(channels: $0, on: device) }
        imageBlur = Blur(channels: configuration.channels, on: device)
    }

    /// Latents of draws from N(0, 1), which are brought to length √latentSize first.
    ///
    /// - Parameter z: (B, latentSize).
    /// - Returns: w, (B, latentSize), which ends in a leaky ReLU of slope 0.2.
    public func mapping(_ z: Tensor) -> Tensor {
        let length = (z.square.mean([1], keepDimensions: true) + 1e-8).pow(-0.5)
        return mappingLayers.reduce(z * length) { $1($0).styleActivation }
    }

    /// Images of latents.
    ///
    /// - Parameters:
    ///   - latents: ``Configuration/latentCount`` of them, (B, latentSize) each.
    ///   - noise: one for each of ``Configuration/noiseSides``, (B or 1, 1, side, side), or empty for none.
    /// - Returns: (B, channels, size, size) in about −1…1.
    public func synthesis(_ latents: [Tensor], noise: [Tensor] = []) -> Tensor {
        let batch = latents[0].shape[0]
        func layer(_ index: Int, _ x: Tensor) -> Tensor {
            styled[index](x, latents[index], noise: noise.isEmpty ? nil : noise[index])
        }
        var x = layer(0, constant.expand([batch] + constant.shape.dropFirst()).channelsLast)
        var image = toImage[0](x, latents[1])
        for level in toImage.indices.dropFirst() {
            x = layer(2 * level, layer(2 * level - 1, blurs[level - 1](x.upsampleNearest(2))))
            image = imageBlur(image.upsampleNearest(2)) + toImage[level](x, latents[2 * level + 1])
        }
        return image
    }

    public func callAsFunction(_ z: Tensor) -> Tensor {
        let latent = mapping(z)
        return synthesis((0..<configuration.latentCount).map { _ in latent })
    }
}

extension StyleGenerator.Configuration: NetworkConfiguration {
    public static let name = "stylegan2"
    public var magnification: Int? { nil }
    public var input: NetworkInput { .lowResolution }
    public var output: NetworkOutput { .image }
    public var outputRange: ClosedRange<Double> { -1...1 }
    public var receptiveField: Int? { nil }
    public var takesImages: Bool { false }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try StyleGenerator(path, self) }
}

extension Architecture {
    /// Karras et al. 2020.
    public static func stylegan2(_ configuration: StyleGenerator.Configuration) -> Architecture {
        Architecture(configuration)
    }
}
