import Torch
import TorchNN
import Upscaling

/// SR3's denoiser: Saharia, Ho, Chan, Salimans, Fleet & Norouzi, "Image Super-Resolution via Iterative Refinement", 2021.
///
/// A U-Net that sees the noisy image beside the low-resolution one enlarged by bicubic interpolation, and the noise level
/// γ as a continuous quantity.
public struct SR3 {
    public struct Configuration: Codable, Sendable, Equatable {
        /// Channels of an image.
        public var channels: Int
        public var network: UNet.Configuration

        public init(channels: Int, network: UNet.Configuration) {
            self.channels = channels
            self.network = network
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try Requirement.channels(channels)
            try within("network", network.validate)
        }

        /// Length of the vector that tells the noise level.
        public var levelFeatures: Int { network.features }
    }

    private let network: UNet

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        network = try UNet(
            path, configuration.network, inputChannels: 2 * configuration.channels,
            outputChannels: configuration.channels, isConditioned: true)
    }

    /// - Parameters:
    ///   - noisy: y_t, (B, C, H, W), sides multiples of the configuration's `multiple`.
    ///   - condition: the enlarged low-resolution image, (B, C, H, W).
    ///   - level: (B, levelFeatures): the embedding of γ.
    /// - Returns: what the denoiser was trained to predict, (B, C, H, W).
    public func callAsFunction(noisy: Tensor, condition: Tensor, level: Tensor) -> Tensor {
        network(.concatenate([condition, noisy], dimension: 1), condition: level)
    }
}

/// SR3's regression baseline: the same network, which goes from the enlarged low-resolution image to the result in one
/// step, without noise and noise level.
///
/// Input (B, C, H, W), enlarged by bicubic interpolation; output the same shape, what must be added to it.
public struct SR3Regression: Layer {
    private let network: UNet

    public init(_ path: ParameterPath, _ configuration: SR3.Configuration) throws {
        network = try UNet(
            path, configuration.network, inputChannels: configuration.channels,
            outputChannels: configuration.channels, isConditioned: false)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { network(x) }
}

extension SR3.Configuration {
    // The paper's four (its table of appendix A), self-attention where the map is 16 × 16 and at the bottom. The paper
    // gives 550, 625, 625 and 150 million parameters; with residual blocks that change the resolution these have 561,
    // 617, 610 and 149, with DDPM's plain convolutions in their place 524, 575, 569 and 135.

    /// Faces 16 × 16 → 128 × 128.
    public static let faces16to128 = published(128, [1, 2, 4, 8, 8], blocks: 3, attention: 3, dropout: 0.2)
    /// Natural images 64 × 64 → 256 × 256.
    public static let natural64to256 = published(128, [1, 2, 4, 4, 8, 8], blocks: 3, attention: 4)
    /// Faces 64 × 64 → 512 × 512.
    public static let faces64to512 = published(64, [1, 2, 4, 8, 8, 16, 16], blocks: 3, attention: 5)
    /// Faces 256 × 256 → 1024 × 1024, the second stage of a cascade.
    public static let faces256to1024 = published(16, [1, 2, 4, 8, 16, 32, 32, 32], blocks: 2, attention: 6)

    private static func published(
        _ features: Int, _ multipliers: [Int], blocks: Int, attention: Int, dropout: Double = 0
    ) -> Self {
        Self(
            channels: 3,
            network: UNet.Configuration(
                features: features, multipliers: multipliers, blocks: blocks, attentionLevels: [attention],
                hasMiddleAttention: true, dropout: dropout))
    }

    /// Gray, 2.4 million parameters: learns something within an hour on a processor. It works on patches of 4 × 4 pixels,
    /// which is the low resolution of fourfold enlargement, and has no attention, so that images of any size can be cut
    /// into tiles.
    public static let tiny = Self(
        channels: 1,
        network: UNet.Configuration(
            features: 48, multipliers: [1, 2, 2], blocks: 1, resampling: .convolution, patch: 4))

    /// Gray, 14 million parameters, for a GPU or a patient processor.
    public static let small = Self(
        channels: 1,
        network: UNet.Configuration(
            features: 64, multipliers: [1, 2, 4], blocks: 2, resampling: .convolution, patch: 2))

    /// Parameters of ``SR3``, counted without making them.
    public var parameterCount: Int {
        func linear(_ inputs: Int, _ outputs: Int) -> Int { inputs * outputs + outputs }
        func convolution(_ inputs: Int, _ outputs: Int, kernel: Int = 3) -> Int {
            inputs * outputs * kernel * kernel + outputs
        }
        let vector = 4 * network.features
        func block(_ inputs: Int, _ outputs: Int) -> Int {
            2 * inputs + convolution(inputs, outputs) + linear(vector, outputs) + 2 * outputs
                + convolution(outputs, outputs) + (inputs == outputs ? 0 : convolution(inputs, outputs, kernel: 1))
        }
        func resampler(_ width: Int) -> Int {
            network.resampling == .residualBlock ? block(width, width) : convolution(width, width)
        }
        func attention(_ width: Int) -> Int { 2 * width + 4 * convolution(width, width, kernel: 1) }

        let widths = network.multipliers.map { $0 * network.features }
        var width = network.features
        var skips = [width]
        var count = convolution(2 * channels, width, kernel: network.patch == 1 ? 3 : 2 * network.patch)
        count += linear(width, vector) + linear(vector, vector)
        for (level, next) in widths.enumerated() {
            for _ in 0..<network.blocks {
                count += block(width, next) + (network.attentionLevels.contains(level) ? attention(next) : 0)
                width = next
                skips.append(width)
            }
            guard level + 1 < widths.count else { continue }
            count += resampler(width)
            skips.append(width)
        }
        count += 2 * block(width, width) + (network.hasMiddleAttention ? attention(width) : 0)
        for (level, next) in widths.enumerated().reversed() {
            for _ in 0...network.blocks {
                count += block(width + skips.removeLast(), next)
                count += network.attentionLevels.contains(level) ? attention(next) : 0
                width = next
            }
            if level > 0 { count += resampler(width) }
        }
        return count + 2 * width + convolution(width, channels * network.patch * network.patch)
    }
}

extension SR3.Configuration: NetworkConfiguration {
    public static let name = "sr3"
    public var magnification: Int? { nil }
    public var input: NetworkInput { .bicubicUpscaled }
    public var output: NetworkOutput { .residual }
    public var paddingMultiple: Int { network.multiple }
    public var receptiveField: Int? { nil }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try SR3Regression(path, self) }
}

extension Architecture {
    /// SR3's regression baseline as a network of its own; with a diffusion objective, SR3.
    public static func sr3(_ configuration: SR3.Configuration) -> Architecture { Architecture(configuration) }
}
