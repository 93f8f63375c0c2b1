import Torch
import TorchNN
import Upscaling

/// Fovea's own network, named after the small pit at the fovea's centre: the most quality per operation of a CPU.
///
/// Everything runs at low resolution, as 3 × 3 convolutions with one width, which is the shape that CPU engines run
/// nearest to the chip's limit; residual blocks without normalisation (Lim et al. 2017, EDSR) make the depth trainable;
/// one sub-pixel convolution (Shi et al. 2016) ends it. What it predicts is the residual to bicubic upscaling, which is
/// added outside in Float32: smooth regions stay exact and low-precision inference cannot band a 16-bit image.
///
/// Told numbers about its input, it adds a multiple of them to the first features, which is what constant planes beside
/// the image come to (Zhang et al. 2018, FFDNet) at no cost; zeros change nothing.
///
/// Given a ``DoubtHead``, it also says where it is to be doubted; its result is the same with and without.
///
/// Input (B, 1, H, W) in 0…1; output (B, 1, s·H, s·W), a residual in the same units.
public struct Foveola: ConditionedLayer, DoubtingLayer {
    public struct Configuration: Codable, Sendable, Equatable {
        public var scale: Int
        public var features: Int
        public var blocks: Int
        /// How many numbers it is told about its input.
        public var conditions: Int
        /// Channels of the head that says where the result is to be doubted; 0 for none.
        public var doubt: Int

        public init(scale: Int = 4, features: Int = 64, blocks: Int = 5, conditions: Int = 0, doubt: Int = 0) {
            self.scale = scale
            self.features = features
            self.blocks = blocks
            self.conditions = conditions
            self.doubt = doubt
        }

        /// Networks from before there were conditions, or a head, have none.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                scale: try values.decode(Int.self, forKey: .scale),
                features: try values.decode(Int.self, forKey: .features),
                blocks: try values.decode(Int.self, forKey: .blocks),
                conditions: try values.decodeIfPresent(Int.self, forKey: .conditions) ?? 0,
                doubt: try values.decodeIfPresent(Int.self, forKey: .doubt) ?? 0)
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.within(2...16, "scale", scale)
            try Requirement.features(features)
            try Requirement.count(blocks, "blocks")
            try Requirement.within(0...64, "conditions", conditions)
            try Requirement.within(0...2048, "doubt", doubt)
        }
    }

    private let head: Conv2d
    private let body: [(first: Conv2d, second: Conv2d)]
    private let tail: Conv2d
    /// (features, conditions)
    private let told: Tensor?
    private let doubt: DoubtHead?
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
        // Zeros, so that a network that is told more than the one it goes on from begins as that one.
        told =
            configuration.conditions == 0
            ? nil
            : try (path / "conditions").weight(
                "weight", shape: [features, configuration.conditions], .constant(0))
        tail = try Conv2d(
            path / "tail", features, configuration.scale * configuration.scale,
            initializer: .he(fanIn: 9 * features, gain: 0.1))
        doubt =
            configuration.doubt == 0
            ? nil
            : try DoubtHead(
                path / Self.headName, features: features, changes: configuration.scale * configuration.scale,
                conditions: configuration.conditions, width: configuration.doubt)
        scale = configuration.scale
    }

    /// What the head's weights' names begin with.
    public static let headName = "doubt"

    public func callAsFunction(_ x: Tensor) -> Tensor { enlarged(trunk(head(x)).last!) }

    public func callAsFunction(_ x: Tensor, conditions: Tensor) -> Tensor {
        enlarged(trunk(first(x, conditions: conditions)).last!)
    }

    /// - Precondition: the configuration has a head.
    public func doubted(_ x: Tensor, conditions: Tensor?) -> (result: Tensor, correction: Tensor) {
        guard let doubt else { preconditionFailure("a network without a head doubts nothing") }
        // Nothing flows back: the network stays what it is.
        let (features, changes) = TorchRuntime.withoutGradients {
            let features = trunk(first(x, conditions: conditions)).last!
            return (features, tail(features))
        }
        return (changes.pixelShuffle(scale), doubt(features, changes: changes, conditions: conditions))
    }

    private func first(_ x: Tensor, conditions: Tensor?) -> Tensor {
        guard let told, let conditions else { return head(x) }
        let offsets = conditions.linear(weight: told, bias: nil)
        return head(x) + offsets.reshape([offsets.shape[0], offsets.shape[1], 1, 1])
    }

    /// The residual, and the features after the head and after each block, (B, features, H, W) each, for a network that goes
    /// on from them.
    func stages(_ x: Tensor) -> (residual: Tensor, features: [Tensor]) {
        let features = trunk(head(x))
        return (enlarged(features.last!), features)
    }

    private func trunk(_ first: Tensor) -> [Tensor] {
        // No activation on the path that the blocks add to: where one clipped it to zero, nothing would learn again.
        body.reduce(into: [first]) { features, block in
            features.append(features.last! + block.second(block.first(features.last!).relu))
        }
    }

    private func enlarged(_ features: Tensor) -> Tensor { tail(features).pixelShuffle(scale) }
}

extension Foveola.Configuration: NetworkConfiguration {
    public static let name = "foveola"
    public var magnification: Int? { scale }
    public var input: NetworkInput { .lowResolution }
    public var output: NetworkOutput { .residual }
    public var channels: Int { 1 }
    public var toldCount: Int { conditions }
    public var receptiveField: Int? { 2 * blocks + (doubt > 0 ? 3 : 2) }
    public var doubtWidth: Int { doubt }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try Foveola(path, self) }
}

extension Architecture {
    /// Fovea's own.
    public static func foveola(_ configuration: Foveola.Configuration) -> Architecture { Architecture(configuration) }
}
