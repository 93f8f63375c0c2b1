import Torch
import TorchNN
import Upscaling

/// VDSR: Kim, Lee & Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional Networks", CVPR 2016.
///
/// Twenty 3 × 3 convolutions of 64 channels with ReLU between them predict the residual of a bicubic-upscaled image.
/// One network serves every scale. 665 k parameters; receptive field 41 × 41.
///
/// Input (B, C, H, W), already upscaled; output the same shape, the residual that is added to it.
public struct VDSR: Layer {
    public struct Configuration: Codable, Sendable, Equatable {
        public var depth: Int
        public var features: Int
        /// 1: luminance, as published.
        public var channels: Int

        public init(depth: Int = 20, features: Int = 64, channels: Int = 1) {
            self.depth = depth
            self.features = features
            self.channels = channels
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.within(1...256, "depth", depth)
            try Requirement.features(features)
            try Requirement.channels(channels)
        }
    }

    private let layers: [Conv2d]

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        layers = try (0..<configuration.depth).map { layer in
            let inputs = layer == 0 ? configuration.channels : configuration.features
            let outputs = layer == configuration.depth - 1 ? configuration.channels : configuration.features
            return try Conv2d(path / "layers" / layer, inputs, outputs, initializer: .he(fanIn: 9 * inputs))
        }
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        layers.dropFirst().reduce(layers[0](x)) { features, layer in layer(features.relu) }
    }
}

extension VDSR.Configuration: NetworkConfiguration {
    public static let name = "vdsr"
    public var magnification: Int? { nil }
    public var input: NetworkInput { .bicubicUpscaled }
    public var output: NetworkOutput { .residual }
    public var receptiveField: Int? { depth }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try VDSR(path, self) }
}

extension Architecture {
    /// Kim et al. 2016.
    public static func vdsr(_ configuration: VDSR.Configuration) -> Architecture { Architecture(configuration) }
}
