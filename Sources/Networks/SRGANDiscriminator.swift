import Torch
import TorchNN

/// SRGAN's discriminator: Ledig et al., CVPR 2017, figure 4.
///
/// Eight 3 × 3 convolutions of 64 to 512 channels, every second with stride 2, leaky ReLU 0.2, batch normalisation in all
/// but the first; dense 1024 and 1. The figure's sigmoid is part of the loss. 1024 is read from the figure.
///
/// Input (B, C, size, size) in 0…1; logits (B, 1).
public struct SRGANDiscriminator: SRGANPatterned {
    public typealias Configuration = SRGANPattern<SRGANDiscriminator>

    public static let name = "srgan"
    public static let author = "SRGAN"

    private let layers: PairedConvolutions

    public init(_ path: ParameterPath, _ configuration: Configuration) throws {
        layers = try PairedConvolutions(path, configuration, pairs: 4, hasNorms: true)
    }

    public func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor]) { layers.judge(image) }
}

extension DiscriminatorArchitecture {
    /// Ledig et al. 2017.
    ///
    /// - Parameter configuration: the numbers that make it.
    public static func srgan(_ configuration: SRGANDiscriminator.Configuration) -> DiscriminatorArchitecture {
        DiscriminatorArchitecture(configuration)
    }
}
