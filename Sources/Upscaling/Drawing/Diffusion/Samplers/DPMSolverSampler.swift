import Foundation
import Imaging

/// DPM-Solver++(2M); see ``sampleDPMSolver(_:schedule:condition:from:correct:observe:)``.
public struct DPMSolverSampler: SamplingMethod {
    public static let name = "dpmSolver"

    public var spacing: NoiseSchedule.Spacing { .halfLogSNR }

    public func callAsFunction(
        _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, from start: Pixels,
        using generator: inout SeededGenerator, correct: EstimateCorrection?, observe: SamplingObserver?
    ) throws -> Pixels {
        try sampleDPMSolver(
            denoiser, schedule: schedule, condition: condition, from: start, correct: correct, observe: observe)
    }
}

extension Sampler {
    /// Lu et al. 2022.
    public static let dpmSolver = Sampler(DPMSolverSampler())
}

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
