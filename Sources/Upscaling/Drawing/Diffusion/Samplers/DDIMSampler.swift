import Imaging

/// DDIM; see ``sampleDDIM(_:schedule:condition:from:using:eta:correct:observe:)``.
public struct DDIMSampler: SamplingMethod {
    public static let name = "ddim"
    /// 0 is deterministic, 1 adds as much noise as ancestral sampling with the posterior's variance.
    public var eta = 0.0

    public var spacing: NoiseSchedule.Spacing { .time }

    public func callAsFunction(
        _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, from start: Pixels,
        using generator: inout SeededGenerator, correct: EstimateCorrection?, observe: SamplingObserver?
    ) throws -> Pixels {
        try sampleDDIM(
            denoiser, schedule: schedule, condition: condition, from: start, using: &generator, eta: eta,
            correct: correct, observe: observe)
    }
}

extension Sampler {
    /// Song, Meng & Ermon 2021.
    public static func ddim(eta: Double) -> Sampler { Sampler(DDIMSampler(eta: eta)) }
}

/// DDIM: Song, Meng & Ermon, "Denoising Diffusion Implicit Models", 2021, eq. 12. First order in the step.
///
/// - Parameters:
///   - denoiser: estimates the image and the noise at each level.
///   - schedule: the levels to visit, from the last to γ_0.
///   - condition: the low-resolution image enlarged by bicubic interpolation, in the shape of `start`.
///   - start: y_T, standard normal.
///   - generator: for the noise added after each step but the last; not drawn from with `eta` 0.
///   - eta: 0 is deterministic, 1 adds as much noise as ancestral sampling with the posterior's variance.
///   - correct: applied to each ŷ_0; `nil` leaves them as they are.
///   - observe: called after each step.
public func sampleDDIM(
    _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, from start: Pixels,
    using generator: inout SeededGenerator, eta: Double = 0, correct: EstimateCorrection? = nil,
    observe: SamplingObserver? = nil
) throws -> Pixels {
    var noisy = start
    for step in stride(from: schedule.steps, through: 1, by: -1) {
        let (gamma, next) = (schedule.gammas[step], schedule.gammas[step - 1])
        let estimate = try denoiser.estimate(noisy, condition: condition, gamma: gamma, correct: correct)
        noisy = ddimStep(
            estimate, from: gamma, to: next, eta: eta,
            noise: step > 1 && eta > 0 ? noisy.noise(using: &generator) : nil)
        try observe?(schedule.steps - step + 1, estimate.image)
    }
    return noisy
}

/// y_s = √γ_s · ŷ_0 + √(1 − γ_s − σ²) · ε̂ + σ · z with σ = η · √((1 − γ_s) / (1 − γ_t)) · √(1 − γ_t / γ_s).
public func ddimStep(
    _ estimate: DenoisingEstimate, from gamma: Double, to next: Double, eta: Double, noise: Pixels?
) -> Pixels {
    let deviation = eta * ((1 - next) / (1 - gamma) * (1 - gamma / next)).squareRoot()
    var result = estimate.image.combined(
        next.squareRoot(), estimate.noise, max(0, 1 - next - deviation * deviation).squareRoot())
    if let noise { result.add(deviation, noise) }
    return result
}
