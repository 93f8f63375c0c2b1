import Imaging

/// SR3's iterative refinement; see ``sampleAncestral(_:schedule:condition:from:using:variance:correct:observe:)``.
public struct AncestralSampler: SamplingMethod {
    public static let name = "ancestral"
    public var variance = AncestralVariance.forward

    public var spacing: NoiseSchedule.Spacing { .time }

    public func callAsFunction(
        _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, from start: Pixels,
        using generator: inout SeededGenerator, correct: EstimateCorrection?, observe: SamplingObserver?
    ) throws -> Pixels {
        try sampleAncestral(
            denoiser, schedule: schedule, condition: condition, from: start, using: &generator, variance: variance,
            correct: correct, observe: observe)
    }
}

extension Sampler {
    /// Saharia et al. 2021.
    public static func ancestral(variance: AncestralVariance) -> Sampler {
        Sampler(AncestralSampler(variance: variance))
    }
}

/// Variance of the noise that ancestral sampling adds again.
public enum AncestralVariance: String, Sendable, Codable, CaseIterable {
    /// β_t, as SR3 (algorithm 2).
    case forward
    /// β_t · (1 − γ_{t−1}) / (1 − γ_t), that of q(y_{t−1} | y_t, y_0) (Ho et al. 2020).
    case posterior
}

/// SR3's iterative refinement: Saharia et al. 2021, algorithm 2.
///
/// - Parameters:
///   - denoiser: estimates the image and the noise at each level.
///   - schedule: the levels to visit, from the last to γ_0.
///   - condition: the low-resolution image enlarged by bicubic interpolation, in the shape of `start`.
///   - start: y_T, standard normal.
///   - generator: for the noise added after each step but the last.
///   - variance: of that noise.
///   - correct: applied to each ŷ_0; `nil` leaves them as they are.
///   - observe: called after each step.
public func sampleAncestral(
    _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, from start: Pixels,
    using generator: inout SeededGenerator, variance: AncestralVariance = .forward,
    correct: EstimateCorrection? = nil, observe: SamplingObserver? = nil
) throws -> Pixels {
    var noisy = start
    for step in stride(from: schedule.steps, through: 1, by: -1) {
        let (gamma, next) = (schedule.gammas[step], schedule.gammas[step - 1])
        let estimate = try denoiser.estimate(noisy, condition: condition, gamma: gamma, correct: correct)
        noisy = ancestralStep(
            noisy, noiseEstimate: estimate.noise, from: gamma, to: next,
            noise: step > 1 ? noisy.noise(using: &generator) : nil, variance: variance)
        try observe?(schedule.steps - step + 1, estimate.image)
    }
    return noisy
}

/// y_{t−1} = (y_t − (1 − α_t) / √(1 − γ_t) · ε̂) / √α_t + √β_t · z with α_t = γ_t / γ_{t−1}, β_t = 1 − α_t.
public func ancestralStep(
    _ noisy: Pixels, noiseEstimate: Pixels, from gamma: Double, to next: Double, noise: Pixels?,
    variance: AncestralVariance = .forward
) -> Pixels {
    let alpha = gamma / next
    var result = noisy.combined(
        1 / alpha.squareRoot(), noiseEstimate, -(1 - alpha) / ((1 - gamma) * alpha).squareRoot())
    if let noise {
        let share = variance == .forward ? 1 : (1 - next) / (1 - gamma)
        result.add(((1 - alpha) * share).squareRoot(), noise)
    }
    return result
}
