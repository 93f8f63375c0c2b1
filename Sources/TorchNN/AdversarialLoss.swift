import Torch

/// What a generator and a discriminator play for. Both functions take logits (B, 1) of a discriminator.
///
/// A step of the game, the discriminator first:
///
///     let made = generator(input)
///     loss.discriminator(real: critic(target), made: critic(made.detached)).backward()
///     (content + weight * loss.generator(real: critic(target), made: critic(made))).backward()
///
/// The generator's backward pass also reaches the discriminator's weights: clear those gradients before its next step.
public enum AdversarialLoss: String, Codable, Sendable, CaseIterable {
    /// Goodfellow et al. 2014, with −log D(G) for the generator, as SRGAN has it (Ledig et al. 2017, eq. 6).
    case vanilla
    /// Is a real image more real than the average made one? (Jolicoeur-Martineau 2018; ESRGAN, Wang et al. 2018, eq. 1
    /// and 2). The mean of both terms, as in ESRGAN's code, not their sum, as in its text.
    case relativisticAverage

    public func discriminator(real: Tensor, made: Tensor) -> Tensor {
        switch self {
        case .vanilla:
            Loss.binaryCrossEntropy(real, real: true) + Loss.binaryCrossEntropy(made, real: false)
        case .relativisticAverage:
            (Loss.binaryCrossEntropy(real - made.mean(), real: true)
                + Loss.binaryCrossEntropy(made - real.mean(), real: false)) / 2
        }
    }

    /// - Parameters:
    ///   - real: logits of real images. Only the relativistic loss asks for them, and no gradient goes there.
    ///   - made: logits of the generator's images.
    public func generator(real: @autoclosure () -> Tensor, made: Tensor) -> Tensor {
        switch self {
        case .vanilla: return Loss.binaryCrossEntropy(made, real: true)
        case .relativisticAverage:
            let real = TorchRuntime.withoutGradients(real).detached
            return
                (Loss.binaryCrossEntropy(real - made.mean(), real: false)
                + Loss.binaryCrossEntropy(made - real.mean(), real: true)) / 2
        }
    }
}
