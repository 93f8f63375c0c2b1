import Foundation

/// What is promised, and to what share of whom: an order statistic over patients.
///
/// Patients are what is exchangeable, never pixels or slices: with the scores r of n patients in ascending order, the
/// k-th bounds a new patient's score with a probability that is itself random, Beta(k, n + 1 − k), since it depends on
/// which patients calibrated. ``rank(patients:)`` takes the least k for which that probability is at least ``share`` in
/// ``confidence`` of all draws (Wilks, "Determination of Sample Sizes for Setting Tolerance Limits", 1941).
public struct PatientPromise: Sendable, Equatable, Codable {
    /// The least share of patients whose images lie within the bound, above 0 and below 1.
    public var share: Double
    /// The probability, over the draw of the patients that calibrated, that it is at least ``share``.
    public var confidence: Double

    /// - Parameters:
    ///   - share: of patients, above 0 and below 1.
    ///   - confidence: that the share is reached, above 0 and below 1.
    public init(share: Double = 0.9, confidence: Double = 0.95) {
        precondition(share > 0 && share < 1 && confidence > 0 && confidence < 1, "shares lie between 0 and 1")
        self.share = share
        self.confidence = confidence
    }

    /// Which of the scores in ascending order, counted from 1, is the bound; `nil` where the patients are too few.
    ///
    /// - Parameter patients: how many there are, n.
    public func rank(patients: Int) -> Int? {
        guard patients > 0 else { return nil }
        return (1...patients).first { binomialShare(upTo: $0 - 1, of: patients, chance: share) >= confidence }
    }

    /// How many patients are needed at least: ⌈ln(1 − confidence) / ln(share)⌉, 29 for 90 % at 95 %.
    public var fewestPatients: Int { Int((log(1 - confidence) / log(share)).rounded(.up)) }

    /// The central 90 % of the share of new patients that a bound of this rank covers: quantiles of Beta(k, n + 1 − k).
    ///
    /// - Parameters:
    ///   - rank: k, from 1 to `patients`.
    ///   - patients: n.
    public static func coverage(rank: Int, patients: Int) -> ClosedRange<Double> {
        /// P(Beta(k, n + 1 − k) ≥ x) = P(Bin(n, x) ≤ k − 1), which falls with x.
        func quantile(_ probability: Double) -> Double {
            var (low, high) = (0.0, 1.0)
            for _ in 0..<60 {
                let middle = (low + high) / 2
                if binomialShare(upTo: rank - 1, of: patients, chance: middle) > 1 - probability {
                    low = middle
                } else {
                    high = middle
                }
            }
            return (low + high) / 2
        }
        return quantile(0.05)...quantile(0.95)
    }
}

/// P(Bin(count, chance) ≤ successes).
private func binomialShare(upTo successes: Int, of count: Int, chance: Double) -> Double {
    guard successes >= 0 else { return 0 }
    guard successes < count, chance > 0 else { return 1 }
    guard chance < 1 else { return 0 }
    let sum = (0...successes).reduce(0.0) { sum, k in
        let ways = lgamma(Double(count + 1)) - lgamma(Double(k + 1)) - lgamma(Double(count - k + 1))
        return sum + exp(ways + Double(k) * log(chance) + Double(count - k) * log(1 - chance))
    }
    return min(sum, 1)
}
