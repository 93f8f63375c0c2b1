import Testing
import Trust

/// Expectations are Wilks's ⌈ln δ / ln(1 − α)⌉ and SciPy's `beta.ppf`.
struct PatientPromiseTests {
    @Test(arguments: [(0.9, 0.9, 22), (0.9, 0.95, 29), (0.95, 0.95, 59)])
    func `as many patients are needed as Wilks says`(_ share: Double, _ confidence: Double, _ count: Int) {
        let promise = PatientPromise(share: share, confidence: confidence)
        #expect(promise.fewestPatients == count)
        #expect(promise.rank(patients: count - 1) == nil)
        #expect(promise.rank(patients: count) == count)
    }

    /// `beta.ppf(0.05, k, n + 1 - k)`.
    @Test(arguments: [
        (9, 9, 0.7169), (18, 19, 0.7736), (27, 29, 0.7984), (46, 50, 0.8262), (91, 100, 0.8482), (451, 500, 0.8773),
    ])
    func `what a rank covers is Beta-distributed`(_ rank: Int, _ patients: Int, _ lower: Double) {
        let coverage = PatientPromise.coverage(rank: rank, patients: patients)
        #expect(abs(coverage.lowerBound - lower) < 2e-3)
        #expect(coverage.upperBound > coverage.lowerBound)
    }

    @Test func `the least rank that keeps the promise is taken`() {
        // scipy.stats.binom.cdf(k - 1, 68, 0.9): 0.9184 for k = 65, 0.9716 for k = 66.
        #expect(PatientPromise().rank(patients: 68) == 66)
        #expect(PatientPromise().rank(patients: 0) == nil)
    }
}
