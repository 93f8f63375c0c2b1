import Networks
import Torch

/// Where a generator's latents lie: a Gaussian, seen through the leaky ReLU that its mapping ends in (Menon et al., "PULSE:
/// Self-Supervised Photo Upsampling via Latent Space Exploration of Generative Models", CVPR 2020, section 3.3).
public struct LatentSpace {
    /// Of each number before that leaky ReLU, (latentSize).
    public let mean: Tensor
    public let deviation: Tensor

    /// The slope that the mapping's leaky ReLU has below zero.
    private static let slope = 0.2
    /// Draws that the Gaussian is measured on; the paper takes a million of a mapping that is four times as wide.
    private static let draws = 100_000

    /// - Parameters:
    ///   - generator: whose mapping is measured.
    ///   - seed: of the draws.
    ///   - device: what the generator runs on.
    public init(of generator: StyleGenerator, seed: UInt64 = 0, on device: Device = .cpu) {
        let random = Generator(seed: seed, on: device)
        let (size, chunks) = (generator.configuration.latentSize, 10)
        var (sum, squares) = (Tensor.zeros([size], on: device), Tensor.zeros([size], on: device))
        TorchRuntime.withoutGradients {
            for _ in 0..<chunks {
                // 5 takes the slope of 0.2 back.
                let before = generator.mapping(random.normal([Self.draws / chunks, size]))
                    .leakyRelu(slope: 1 / Self.slope)
                sum = sum + before.sum([0])
                squares = squares + before.square.sum([0])
            }
        }
        mean = sum / Double(Self.draws)
        deviation = (squares / Double(Self.draws) - mean.square).clamp(1e-12...1e12).squareRoot
    }

    /// - Parameter points: (…, latentSize), as if drawn from N(0, 1).
    /// - Returns: latents as the mapping makes them, of the same shape.
    public func latents(_ points: Tensor) -> Tensor {
        (points * deviation + mean).leakyRelu(slope: Self.slope)
    }
}

/// How far the latents of an image's layers lie apart on their sphere: the mean over all pairs, each with itself and either
/// way, of the squared angle times latentSize / 8. The generator knows images of one latent, so that images of many are
/// held together (Menon et al. 2020, section 3.4, "geodesic cross loss", with the factors of the authors' code).
///
/// - Parameter points: (count, latentSize), on one sphere or several about the origin.
/// - Returns: one number, 0 where all are one.
public func geodesicCross(_ points: Tensor) -> Tensor {
    let (count, size) = (points.shape[0], points.shape[1])
    let (rows, columns) = (points.reshape([count, 1, size]), points.reshape([1, count, size]))
    func length(_ difference: Tensor) -> Tensor { (difference.square.sum([2]) + 1e-9).squareRoot }
    let angles = Tensor.arcTangent(y: length(rows - columns), x: length(rows + columns)) * 2
    return angles.square.mean() * (Double(size) / 8)
}
