import Torch

/// Network interpolation: Wang et al. 2018 (ESRGAN), section 3.4. The weights (1 − α)·θ_A + α·θ_B of two networks of one
/// architecture, of which the second was trained from the first, trade fidelity for texture without training.
///
/// - Parameters:
///   - faithful: weights trained for distance to the original.
///   - textured: weights trained on against a discriminator.
///   - alpha: 0 gives the first, 1 the second.
/// - Throws: `TorchError` where the two are not of one architecture.
public func interpolateNetworks(
    _ faithful: [String: Tensor], _ textured: [String: Tensor], alpha: Double
) throws -> [String: Tensor] {
    let extra = Set(textured.keys).subtracting(faithful.keys)
    if !extra.isEmpty { throw TorchError.unusedParameters(names: extra.sorted()) }
    return try TorchRuntime.withoutGradients {
        try Dictionary(
            uniqueKeysWithValues: faithful.map { name, weight in
                guard let other = textured[name] else { throw TorchError.missingParameter(name: name) }
                guard other.shape == weight.shape else {
                    throw TorchError.shapeMismatch(name: name, expected: weight.shape, found: other.shape)
                }
                return (name, (weight * (1 - alpha) + other * alpha).detached)
            })
    }
}
