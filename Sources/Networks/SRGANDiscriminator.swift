import Torch
import TorchNN

/// SRGAN's discriminator: Ledig et al., CVPR 2017, figure 4.
///
/// Eight 3 × 3 convolutions of 64 to 512 channels, every second with stride 2, leaky ReLU 0.2, batch normalisation in all
/// but the first; dense 1024 and 1. The figure's sigmoid is part of the loss. 1024 is read from the figure.
///
/// Input (B, C, size, size) in 0…1; logits (B, 1).
public struct SRGANDiscriminator: Discriminator {
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels: Int
        /// Side of the high-resolution crops that it judges.
        public var size: Int
        public var features: Int
        public var hidden: Int

        public init(channels: Int = 1, size: Int = 96, features: Int = 64, hidden: Int = 1024) {
            self.channels = channels
            self.size = size
            self.features = features
            self.hidden = hidden
        }
    }

    private let blocks: [DiscriminatorBlock]
    private let head: DiscriminatorHead

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        let widths = [1, 1, 2, 2, 4, 4, 8, 8].map { $0 * configuration.features }
        blocks = try widths.indices.map { index in
            try DiscriminatorBlock(
                path / "blocks" / index, index == 0 ? configuration.channels : widths[index - 1], widths[index],
                stride: 1 + index % 2, norm: index > 0)
        }
        let side = halved(configuration.size, times: 4)
        head = try DiscriminatorHead(path / "head", inputs: widths[7] * side * side, hidden: configuration.hidden)
    }

    public func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor]) {
        var features: [Tensor] = []
        for block in blocks { features.append(block(features.last ?? image)) }
        return (head(features.last!), features)
    }
}
