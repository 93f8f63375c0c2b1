import Foundation
import Imaging

/// How much of the image each step of the forward process leaves: γ_t, the image's share of the variance of
/// y_t = √γ_t · y_0 + √(1 − γ_t) · ε (Saharia et al., "Image Super-Resolution via Iterative Refinement", 2021, eq. 4).
/// Ho et al. write ᾱ_t for γ_t, and 1 − γ_t / γ_{t−1} is β_t.
///
/// A schedule knows nothing of denoisers and samplers: training draws noise levels from one, sampling walks down another.
public struct NoiseSchedule: Sendable, Equatable {
    /// Where the levels come from; what is stored.
    public enum Kind: Sendable, Equatable, Codable {
        /// β_t from `firstBeta` to `lastBeta` in equal steps (Ho et al., "Denoising Diffusion Probabilistic Models", 2020).
        case linear(steps: Int, firstBeta: Double, lastBeta: Double)
        /// γ_t = cos²(((t / T + s) / (1 + s)) · π / 2), normalised to γ_0 = 1, no β above `largestBeta` (Nichol and
        /// Dhariwal, "Improved Denoising Diffusion Probabilistic Models", 2021, eq. 17, with s = 0.008 and 0.999).
        case cosine(steps: Int, offset: Double, largestBeta: Double)
        /// γ_1, γ_2, … γ_T as they are: falling, between 0 and 1.
        case table(gammas: [Double])
    }

    public let kind: Kind
    /// γ_0 = 1, γ_1, … γ_T.
    public let gammas: [Double]

    /// More are of no use, and their table would fill memory.
    private static let mostSteps = 100_000

    /// - Precondition: `kind` has 1 to 100,000 steps, and its levels fall from below 1 and stay above 0.
    public init(_ kind: Kind) {
        if let problem = Self.problem(in: kind) { preconditionFailure(problem) }
        let gammas = Self.gammas(of: kind)
        if let problem = Self.problem(in: gammas) { preconditionFailure(problem) }
        self.kind = kind
        self.gammas = gammas
    }

    /// The kind that SR3 trains with: 2000 small steps. The paper does not publish its values; β from 10⁻⁶ to 10⁻² is
    /// what others reproduced it with.
    public static let sr3 = NoiseSchedule(.linear(steps: 2000, firstBeta: 1e-6, lastBeta: 1e-2))

    /// Nichol and Dhariwal's.
    public static func cosine(steps: Int) -> NoiseSchedule {
        NoiseSchedule(.cosine(steps: steps, offset: 0.008, largestBeta: 0.999))
    }

    /// T.
    public var steps: Int { gammas.count - 1 }

    /// λ = log(√γ / √(1 − γ)), half the logarithm of the signal-to-noise ratio: the clock of DPM-Solver.
    public static func halfLogSNR(_ gamma: Double) -> Double { 0.5 * log(gamma / (1 - gamma)) }

    /// A noise level for one training example: t uniform in 1…T, then γ uniform between γ_t and γ_{t−1} (SR3, section
    /// 2.4, after WaveGrad), so that the denoiser knows all levels and sampling may take any.
    public func randomLevel(using generator: inout SeededGenerator) -> Double {
        let step = 1 + min(Int(generator.uniform() * Double(steps)), steps - 1)
        return generator.uniform(in: gammas[step]...gammas[step - 1])
    }

    /// How the levels of a shorter schedule are picked.
    public enum Spacing: String, Sendable, Codable, CaseIterable {
        /// At evenly spaced t.
        case time
        /// At evenly spaced λ between this schedule's ends, which suits DPM-Solver, but from no lower than λ = −5.1, as
        /// its authors advise for the cosine schedule: below, nothing but noise is left to step through.
        case halfLogSNR
    }

    /// A schedule of fewer steps: what sampling in `count` steps walks down.
    ///
    /// - Precondition: 1 ≤ `count`, and at most ``steps`` where levels are picked by time.
    public func spaced(_ count: Int, by spacing: Spacing = .time) -> NoiseSchedule {
        precondition(count >= 1, "sampling takes at least one step")
        switch spacing {
        case .time:
            precondition(count <= steps, "more steps than the schedule has")
            return NoiseSchedule(
                .table(gammas: (1...count).map { gammas[Int((Double($0 * steps) / Double(count)).rounded())] }))
        case .halfLogSNR:
            let least = max(Self.halfLogSNR(gammas[steps]), -5.1)
            let most = Self.halfLogSNR(gammas[1])
            return NoiseSchedule(
                .table(
                    gammas: (0..<count).map { index in
                        let lambda = least + (most - least) * Double(count - 1 - index) / Double(max(1, count - 1))
                        return 1 / (1 + exp(-2 * lambda))
                    }))
        }
    }

    private static func gammas(of kind: Kind) -> [Double] {
        switch kind {
        case .linear(let steps, let firstBeta, let lastBeta):
            return cumulative(steps: steps) { step in
                firstBeta + (lastBeta - firstBeta) * Double(step - 1) / Double(max(1, steps - 1))
            }
        case .cosine(let steps, let offset, let largestBeta):
            func share(_ step: Int) -> Double {
                let angle = (Double(step) / Double(steps) + offset) / (1 + offset) * .pi / 2
                return cos(angle) * cos(angle)
            }
            return cumulative(steps: steps) { step in min(1 - share(step) / share(step - 1), largestBeta) }
        case .table(let levels):
            return [1] + levels
        }
    }

    /// The products of 1 − β.
    private static func cumulative(steps: Int, beta: (Int) -> Double) -> [Double] {
        guard steps >= 1 else { return [1] }
        var gammas = [1.0]
        for step in 1...steps { gammas.append(gammas[step - 1] * (1 - beta(step))) }
        return gammas
    }

    private static func problem(in kind: Kind) -> String? {
        let steps =
            switch kind {
            case .linear(let steps, _, _), .cosine(let steps, _, _): steps
            case .table(let gammas): gammas.count
            }
        return (1...mostSteps).contains(steps) ? nil : "a noise schedule has 1 to \(mostSteps) steps, not \(steps)"
    }

    private static func problem(in gammas: [Double]) -> String? {
        guard zip(gammas, gammas.dropFirst()).allSatisfy({ $0 > $1 }), gammas[gammas.count - 1] > 0 else {
            return "the levels of a noise schedule fall from below 1 and stay above 0"
        }
        return nil
    }
}

extension NoiseSchedule: Codable {
    /// `{"cosine": {"steps": 1000, "offset": 0.008, "largestBeta": 0.999}}` or `{"table": {"gammas": [0.99, …]}}`.
    public init(from decoder: any Decoder) throws {
        let kind = try Kind(from: decoder)
        if let problem = Self.problem(in: kind) ?? Self.problem(in: Self.gammas(of: kind)) {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: problem))
        }
        self.init(kind)
    }

    public func encode(to encoder: any Encoder) throws { try kind.encode(to: encoder) }
}
