import Torch
import TorchNN

/// A distance between images as VGG-19 sees them. Images are (B, C, H, W) in 0…1; each loss is one number.
extension VGG19 {
    public enum Distance: String, Codable, Sendable {
        case absolute, squared
    }

    /// The mean distance of features at one place, multiplied by `scale` first.
    ///
    /// SRGAN: `.phi54` or `.phi22`, squared, scale 1/12.75 (Ledig et al. 2017, eq. 5 and section 3.2).
    /// ESRGAN: `.conv54`, absolute, scale 1.
    public func distance(
        _ prediction: Tensor, _ target: Tensor, at place: Feature, _ distance: Distance = .squared, scale: Double = 1
    ) -> Tensor {
        let seen = features(of: prediction, at: [place])[0] * scale
        let wanted = TorchRuntime.withoutGradients { features(of: target, at: [place])[0] * scale }
        switch distance {
        case .absolute: return Loss.l1(seen, wanted)
        case .squared: return Loss.mse(seen, wanted)
        }
    }

    /// SRGAN divides features by this, so that the loss is of the size of a pixel loss.
    public static let srganScale = 1 / 12.75

    /// EnhanceNet's perceptual loss (Sajjadi et al. 2017, section 4.2.2): squared distances at pool2 and pool5, weighted
    /// 0.2 and 0.02, of features divided by their mean.
    public func enhanceNetPerceptualLoss(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        let places: [Feature] = [.pool(2), .pool(5)]
        let (seen, wanted) = pairs(prediction, target, at: places)
        return Loss.mse(seen[0], wanted[0]) * 0.2 + Loss.mse(seen[1], wanted[1]) * 0.02
    }

    /// EnhanceNet's texture loss (section 4.2.3): squared distances of Gram matrices of patches of 16 × 16 features, at
    /// conv1_1, conv2_1 and conv3_1, weighted 3e-7, 1e-6 and 1e-6. What does not fill a patch is left out; images are at
    /// least 64 wide and high.
    public func enhanceNetTextureLoss(_ prediction: Tensor, _ target: Tensor, patch: Int = 16) -> Tensor {
        let places = (1...3).map { Feature.convolution(block: $0, index: 1, afterReLU: true) }
        let (seen, wanted) = pairs(prediction, target, at: places)
        let losses = zip(seen, wanted).map { Loss.mse(patchGrams($0, patch), patchGrams($1, patch)) }
        return losses[0] * 3e-7 + losses[1] * 1e-6 + losses[2] * 1e-6
    }

    private func pairs(
        _ prediction: Tensor, _ target: Tensor, at places: [Feature]
    ) -> (seen: [Tensor], wanted: [Tensor]) {
        func normalized(_ features: Tensor) -> Tensor { features / features.mean([1, 2, 3], keepDimensions: true) }
        return (
            features(of: prediction, at: places).map(normalized),
            TorchRuntime.withoutGradients { features(of: target, at: places).map(normalized) }
        )
    }
}

/// The Gram matrices (B, rows, columns, C, C) of all whole patches of `size` × `size` of features (B, C, H, W).
func patchGrams(_ features: Tensor, _ size: Int) -> Tensor {
    let (batch, channels) = (features.shape[0], features.shape[1])
    let (rows, columns) = (features.shape[2] / size, features.shape[3] / size)
    precondition(rows > 0 && columns > 0, "features of \(features.shape) hold no patch of \(size) × \(size)")
    let whole = features.narrow(dimension: 2, start: 0, length: rows * size)
        .narrow(dimension: 3, start: 0, length: columns * size)
    let patches = whole.reshape([batch, channels, rows, size, columns, size]).permute([0, 2, 4, 1, 3, 5])
        .reshape([batch, rows, columns, channels, size * size])
    return patches.matmul(patches.permute([0, 1, 2, 4, 3]))
}
