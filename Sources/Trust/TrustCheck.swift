import Foundation
import Imaging

/// How a calibration does on patients that it has not seen: the patients divided at random, over and over, into those
/// that calibrate and those that judge.
public struct TrustCheck: Sendable, Codable {
    /// How often the patients were divided.
    public var splits: Int
    /// How many of them calibrated each time, and how many judged.
    public var calibrating: Int
    public var judging: Int
    /// The mean share of judging patients whose images lay within the bound.
    public var coverage: Double
    /// What the mean coverage is in theory, k / (n + 1).
    public var expected: Double
    /// Where the share of new patients that lie within the bound is with 90 % of draws of the patients that calibrate:
    /// ``PatientPromise/coverage(rank:patients:)``.
    public var band: ClosedRange<Double>
    /// The mean share of judging patients whose PSNR is at least what was promised.
    public var coverageOfPSNR = 0.0
    /// The mean of the judging patients' promised PSNR and of what it was, in decibels.
    public var meanLeastPSNR = 0.0
    public var meanPSNR = 0.0
    /// The share of the divisions in which the judging patients' coverage lay below the promised share.
    public var missed: Double
    /// The mean of the bounds over judging patients' bodies, in 255ths of the range.
    public var meanBound: Double
    /// The mean error there, in 255ths of the range.
    public var meanError: Double
    /// Tolerances in 255ths of the range, the share of places that is trusted at each, and of these the share that is
    /// worse.
    public var trusted: [Trusted]
    /// How well the doubt ranks places: the chance that, of two places one of which belongs to the worst tenth and the
    /// other does not, it is the worse that is doubted more.
    public var ranking: Double

    /// What a tolerance leaves.
    public struct Trusted: Sendable, Codable {
        /// In 255ths of the range.
        public var tolerance: Double
        /// The share of places whose bound is within it.
        public var share: Double
        /// Of these, the share whose error is not.
        public var worse: Double
    }
}

extension TrustCalibrator {
    /// Divides the patients at random, 70 % to calibrate and 30 % to judge.
    ///
    /// - Parameters:
    ///   - promise: that is tested; where the 70 % are too few for its confidence, its mean is: rank ⌈share · (n + 1)⌉.
    ///   - splits: how often.
    ///   - seed: of the draw.
    ///   - tolerances: in 255ths of the range.
    /// - Returns: `nil` for fewer than ten patients.
    public func check(
        _ promise: PatientPromise, splits: Int = 100, seed: UInt64 = 1, tolerances: [Double] = [5, 10, 20]
    ) -> TrustCheck? {
        let patients = checkedPatients
        guard patients.count >= 10 else { return nil }
        let calibrating = patients.count * 7 / 10
        let judging = patients.count - calibrating
        let mean = Int((promise.share * Double(calibrating + 1)).rounded(.up))
        let rank = min(promise.rank(patients: calibrating) ?? mean, calibrating)
        var generator = SeededGenerator(seed: seed)
        var result = TrustCheck(
            splits: splits, calibrating: calibrating, judging: judging, coverage: 0,
            expected: Double(rank) / Double(calibrating + 1),
            band: PatientPromise.coverage(rank: rank, patients: calibrating), missed: 0, meanBound: 0, meanError: 0,
            trusted: tolerances.map { TrustCheck.Trusted(tolerance: $0, share: 0, worse: 0) },
            ranking: Self.ranking(patients))
        var (within, worse) = (
            [Int](repeating: 0, count: tolerances.count), [Int](repeating: 0, count: tolerances.count)
        )
        var places = 0
        for _ in 0..<splits {
            var order = Array(patients.indices)
            for index in stride(from: order.count - 1, to: 0, by: -1) {
                order.swapAt(index, Int(generator.uniform() * Double(index + 1)))
            }
            let factor = order[..<calibrating].map { patients[$0].ratio }.sorted()[rank - 1]
            let rootFactor = order[..<calibrating].map { patients[$0].rootMeanSquareRatio }.sorted()[rank - 1]
            var covered = 0
            var (bounds, errors) = (0.0, 0.0)
            for patient in order[calibrating...].map({ patients[$0] }) {
                if patient.ratio <= factor { covered += 1 }
                let share = 1 / Double(judging * splits)
                if patient.rootMeanSquareRatio <= rootFactor { result.coverageOfPSNR += share }
                result.meanPSNR += patient.psnr * share
                // The doubt that would have given this error is the error less its ratio.
                result.meanLeastPSNR +=
                    (patient.psnr + 20 * log10(patient.rootMeanSquareRatio / rootFactor)) * share
                bounds += Double(patient.meanDoubt * factor) / Double(judging)
                errors += Double(patient.meanError) / Double(judging)
                places += patient.places.count
                for (index, tolerance) in tolerances.enumerated() {
                    for place in patient.places where place.doubt * factor <= Float(tolerance) {
                        within[index] += 1
                        if place.error > Float(tolerance) { worse[index] += 1 }
                    }
                }
            }
            let coverage = Double(covered) / Double(judging)
            result.coverage += coverage / Double(splits)
            if coverage < promise.share { result.missed += 1 / Double(splits) }
            result.meanBound += bounds / Double(splits)
            result.meanError += errors / Double(splits)
        }
        for index in tolerances.indices {
            result.trusted[index].share = Double(within[index]) / Double(max(places, 1))
            result.trusted[index].worse = Double(worse[index]) / Double(max(within[index], 1))
        }
        return result
    }

    /// The area under the curve of true over false alarms, all patients' places together (Mann and Whitney).
    private static func ranking(_ patients: [CheckedPatient]) -> Double {
        let places = patients.flatMap(\.places)
        guard !places.isEmpty else { return .nan }
        let limit = places.map(\.error).sorted()[places.count * 9 / 10]
        let sorted = places.sorted { $0.doubt < $1.doubt }
        var (bad, good, sum) = (0.0, 0.0, 0.0)
        for place in sorted {
            if place.error > limit {
                bad += 1
                sum += good
            } else {
                good += 1
            }
        }
        return sum / (bad * good)
    }
}

/// What a check needs of a patient.
struct CheckedPatient {
    let ratio: Float
    /// The error's root mean square as a multiple of the doubt's.
    let rootMeanSquareRatio: Double
    /// In decibels.
    let psnr: Double
    let meanDoubt: Float
    let meanError: Float
    let places: [(doubt: Float, error: Float)]
}
