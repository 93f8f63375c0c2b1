import Torch
import TorchNN

/// Fovea's own network, named after the small pit at the fovea's centre: the most quality per operation of a CPU.
///
/// Everything runs at low resolution, as 3 × 3 convolutions with one width, which is the shape that CPU engines run
/// nearest to the chip's limit; residual blocks without normalisation (Lim et al. 2017, EDSR) make the depth trainable;
/// one sub-pixel convolution (Shi et al. 2016) ends it. What it predicts is the residual to bicubic upscaling, which is
/// added outside in Float32: smooth regions stay exact and low-precision inference cannot band a 16-bit image.
///
/// Input (B, 1, H, W) in 0…1; output (B, 1, s·H, s·W), a residual in the same units.
public struct Foveola: Layer {
    public struct Configuration: Codable, Sendable, Equatable {
        public var scale: Int
        public var features: Int
        public var blocks: Int

        public init(scale: Int = 4, features: Int = 64, blocks: Int = 5) {
            self.scale = scale
            self.features = features
            self.blocks = blocks
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.within(2...16, "scale", scale)
            try Requirement.features(features)
            try Requirement.count(blocks, "blocks")
        }
    }

    private let head: Conv2d
    private let body: [(first: Conv2d, second: Conv2d)]
    private let tail: Conv2d
    private let scale: Int

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        let features = configuration.features
        head = try Conv2d(path / "head", 1, features, initializer: .he(fanIn: 9))
        body = try (0..<configuration.blocks).map { block in
            let path = path / "body" / block
            return (
                try Conv2d(path / 0, features, features, initializer: .he(fanIn: 9 * features)),
                // Every block begins as the identity, so that a network grown by blocks begins as the one it grew from.
                try Conv2d(path / 1, features, features, initializer: .constant(0))
            )
        }
        tail = try Conv2d(
            path / "tail", features, configuration.scale * configuration.scale,
            initializer: .he(fanIn: 9 * features, gain: 0.1))
        scale = configuration.scale
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        // No activation on the path that the blocks add to: where one clipped it to zero, nothing would learn again.
        var features = head(x)
        for block in body { features = features + block.second(block.first(features).relu) }
        return tail(features).pixelShuffle(scale)
    }
}
