import Imaging

/// What a sampler walks with: a network, however it is run, or a formula.
///
/// Images are in the network's own range, where the noise that is added has deviation 1.
public protocol Denoiser {
    /// What ``predict(_:condition:gamma:)`` gives.
    var target: PredictionTarget { get }

    /// The prediction for a noisy image.
    ///
    /// - Parameters:
    ///   - noisy: y_t.
    ///   - condition: the low-resolution image enlarged by bicubic interpolation, in the shape of `noisy`.
    ///   - gamma: the noise level γ_t, 0 < γ < 1.
    func predict(_ noisy: Pixels, condition: Pixels, gamma: Double) throws -> Pixels
}

/// What a denoiser's prediction says about a noisy image.
public struct DenoisingEstimate: Sendable {
    /// ŷ_0.
    public var image: Pixels
    /// ε̂, so that √γ · ŷ_0 + √(1 − γ) · ε̂ is the noisy image.
    public var noise: Pixels

    public init(image: Pixels, noise: Pixels) {
        self.image = image
        self.noise = noise
    }

    /// From an estimate of the image alone.
    init(image: Pixels, in noisy: Pixels, gamma: Double) {
        let deviation = (1 - gamma).squareRoot()
        self.init(image: image, noise: noisy.combined(1 / deviation, image, -gamma.squareRoot() / deviation))
    }
}

/// Corrects an estimate ŷ_0 before a sampler goes on with it: a range, consistency with the low-resolution image.
public typealias EstimateCorrection = (Pixels) throws -> Pixels

extension Denoiser {
    /// Image and noise as the denoiser sees them; with a correction, of the image, the noise follows it.
    public func estimate(
        _ noisy: Pixels, condition: Pixels, gamma: Double, correct: EstimateCorrection? = nil
    ) throws -> DenoisingEstimate {
        let prediction = try predict(noisy, condition: condition, gamma: gamma)
        let (image, noise) = target.coefficients(gamma: gamma)
        let estimate = noisy.combined(image.first, prediction, image.second)
        if let correct { return DenoisingEstimate(image: try correct(estimate), in: noisy, gamma: gamma) }
        return DenoisingEstimate(image: estimate, noise: noisy.combined(noise.first, prediction, noise.second))
    }
}
