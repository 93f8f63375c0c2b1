import Foundation
import Imaging

// Each sampler walks from pure noise down a schedule's levels γ_T, … γ_1 to the image at γ_0 = 1. A step is a function of
// its own, so that it can be checked against its paper.

/// After each step: how many are done, and ŷ_0 as the step saw it. Throwing ends the sampling.
public typealias SamplingObserver = (_ step: Int, _ estimate: Pixels) throws -> Void

// MARK: SR3

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

// MARK: DDIM

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

// MARK: DPM-Solver++

/// DPM-Solver++(2M): Lu et al., "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models", 2022,
/// algorithm 2. Deterministic, second order in the step; the first step and the last are of first order.
public func sampleDPMSolver(
    _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, from start: Pixels,
    correct: EstimateCorrection? = nil, observe: SamplingObserver? = nil
) throws -> Pixels {
    var noisy = start
    var previous: (image: Pixels, gamma: Double)?
    for step in stride(from: schedule.steps, through: 1, by: -1) {
        let (gamma, next) = (schedule.gammas[step], schedule.gammas[step - 1])
        let image = try denoiser.estimate(noisy, condition: condition, gamma: gamma, correct: correct).image
        noisy = dpmSolverStep(noisy, image: image, previous: previous, from: gamma, to: next)
        previous = (image, gamma)
        try observe?(schedule.steps - step + 1, image)
    }
    return noisy
}

/// y_s = (σ_s / σ_t) · y_t − √γ_s · (e^−h − 1) · D with h = λ_s − λ_t and D = ŷ_0 + (ŷ_0 − ŷ_0′) / (2r), r = h′ / h, where
/// ŷ_0′ is the estimate one step before and h′ that step.
///
/// At γ_s = 1, where h is infinite, and without a `previous` estimate, D is ŷ_0.
public func dpmSolverStep(
    _ noisy: Pixels, image: Pixels, previous: (image: Pixels, gamma: Double)?, from gamma: Double, to next: Double
) -> Pixels {
    guard next < 1 else { return image }
    let lambda = NoiseSchedule.halfLogSNR(gamma)
    let step = NoiseSchedule.halfLogSNR(next) - lambda
    var direction = image
    if let previous {
        let ratio = (lambda - NoiseSchedule.halfLogSNR(previous.gamma)) / step
        direction = image.combined(1 + 1 / (2 * ratio), previous.image, -1 / (2 * ratio))
    }
    return noisy.combined(((1 - next) / (1 - gamma)).squareRoot(), direction, -next.squareRoot() * expm1(-step))
}

// MARK: Choosing

/// A sampler by name, as a command line or a configuration chooses it.
public enum Sampler: Sendable, Equatable, Codable {
    case ancestral(variance: AncestralVariance)
    case ddim(eta: Double)
    case dpmSolver

    /// How the levels for a number of steps are picked from the training schedule.
    public var spacing: NoiseSchedule.Spacing {
        switch self {
        case .ancestral, .ddim: .time
        case .dpmSolver: .halfLogSNR
        }
    }

    /// Draws y_T from the generator and walks it down to an image.
    ///
    /// - Parameters:
    ///   - denoiser: estimates the image and the noise at each level.
    ///   - schedule: the levels to visit, such as ``NoiseSchedule/spaced(_:by:)`` of the one trained with.
    ///   - condition: the low-resolution image enlarged by bicubic interpolation; y_T gets its shape.
    ///   - generator: for y_T and the noise that the sampler adds.
    ///   - correct: applied to each ŷ_0; `nil` leaves them as they are.
    ///   - observe: called after each step.
    public func callAsFunction(
        _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, using generator: inout SeededGenerator,
        correct: EstimateCorrection? = nil, observe: SamplingObserver? = nil
    ) throws -> Pixels {
        let start = condition.noise(using: &generator)
        switch self {
        case .ancestral(let variance):
            return try sampleAncestral(
                denoiser, schedule: schedule, condition: condition, from: start, using: &generator,
                variance: variance, correct: correct, observe: observe)
        case .ddim(let eta):
            return try sampleDDIM(
                denoiser, schedule: schedule, condition: condition, from: start, using: &generator, eta: eta,
                correct: correct, observe: observe)
        case .dpmSolver:
            return try sampleDPMSolver(
                denoiser, schedule: schedule, condition: condition, from: start, correct: correct, observe: observe)
        }
    }
}
