import Imaging

/// A schedule for sampling with its score.
public struct ScheduleCandidate: Sendable {
    public let schedule: NoiseSchedule
    /// Lower is better.
    public let score: Double
}

/// Searches levels for sampling in few steps: SR3 picks them by the results' FID in a search whose values it does not
/// publish (section 2.4).
///
/// Candidates have linear β between ends on a logarithmic grid. Those that leave more than `largestFinalGamma` of the
/// image at the last level are passed over: sampling begins with pure noise and would not match them.
///
/// - Parameters:
///   - steps: of every candidate.
///   - firstBetas: β_1 to try.
///   - lastBetas: β_T to try.
///   - largestFinalGamma: the largest γ_T that is scored.
///   - objective: the score of sampling validation images with a schedule; lower is better.
/// - Returns: all that were scored, the best first.
public func searchSchedule(
    steps: Int, firstBetas: [Double] = [1e-6, 1e-5, 1e-4, 1e-3], lastBetas: [Double] = [0.02, 0.05, 0.1, 0.2, 0.5],
    largestFinalGamma: Double = 0.02, objective: (NoiseSchedule) throws -> Double
) rethrows -> [ScheduleCandidate] {
    var candidates: [ScheduleCandidate] = []
    for firstBeta in firstBetas {
        for lastBeta in lastBetas where lastBeta > firstBeta {
            let schedule = NoiseSchedule(.linear(steps: steps, firstBeta: firstBeta, lastBeta: lastBeta))
            guard schedule.gammas[steps] <= largestFinalGamma else { continue }
            candidates.append(ScheduleCandidate(schedule: schedule, score: try objective(schedule)))
        }
    }
    return candidates.sorted { $0.score < $1.score }
}
