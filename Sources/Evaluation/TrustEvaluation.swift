import Foundation
import Imaging
import Trust

/// How a bound does on images whose truth is known, patient by patient.
public struct TrustEvaluation: Sendable, Encodable {
    /// What enlarged them.
    public var model: String
    public private(set) var images = 0
    /// How many of the images get no bound, and how many for which kind of reason.
    public private(set) var refused = 0
    public private(set) var reasons: [String: Int] = [:]
    /// A patient each, by their names.
    public private(set) var patients: [String: Patient] = [:]
    /// What of an image may lie outside the bound, from 0 to 1.
    public private(set) var exceptions = 0.01
    /// For a figure: at most three.
    package private(set) var shown: [Shown] = []

    /// What all images of a patient come to, those that get no bound among them.
    public struct Patient: Sendable, Encodable {
        public var images = 0
        public var refused = 0
        /// Places that count, and those of them outside the bound.
        public var places = 0
        public var outside = 0
        /// The same of images that get a bound: what the promise is about.
        public var acceptedPlaces = 0
        public var acceptedOutside = 0
        /// Means over images, in 255ths of the range.
        public var meanBound = 0.0
        public var meanError = 0.0
    }

    /// An image that a figure may show.
    package struct Shown: Sendable {
        package var name: String
        package var verdict: TrustVerdict.Tested
    }

    private enum CodingKeys: String, CodingKey {
        case model, images, refused, reasons, patients, exceptions, covered, coveredOfAll, meanBound, meanError
    }

    /// - Parameter model: what enlarges the images.
    public init(model: String) { self.model = model }

    /// Takes a verdict in.
    ///
    /// - Parameters:
    ///   - verdict: on an image.
    ///   - name: of the image.
    ///   - patient: whose it is.
    public mutating func add(_ verdict: TrustVerdict, named name: String, of patient: String) {
        images += 1
        var entry = patients[patient] ?? Patient()
        entry.images += 1
        if let objection = verdict.objection {
            refused += 1
            entry.refused += 1
            reasons[objection.kind, default: 0] += 1
        }
        if let tested = verdict.tested {
            entry.places += tested.places
            entry.outside += tested.outside
            if verdict.objection == nil {
                entry.acceptedPlaces += tested.places
                entry.acceptedOutside += tested.outside
            }
            let count = Double(entry.images)
            entry.meanBound += (tested.meanBound - entry.meanBound) / count
            entry.meanError += (tested.meanError - entry.meanError) / count
            exceptions = tested.bound.calibration?.exceptions ?? exceptions
            keep(Shown(name: name, verdict: tested))
        }
        patients[patient] = entry
    }

    /// Of all images the one that lies most and the one that lies least within its bound, and one between.
    private mutating func keep(_ image: Shown) {
        shown.append(image)
        shown.sort { Self.share($0) < Self.share($1) }
        if shown.count > 3 { shown.remove(at: shown.count / 2) }
    }

    private static func share(_ image: Shown) -> Double {
        Double(image.verdict.outside) / Double(image.verdict.places)
    }

    /// Patients of whom something was tested.
    private var tested: [Patient] { patients.values.filter { $0.places > 0 } }

    /// The share of patients of whose places no more lie outside the bound than may, of those whose images get one; `nil`
    /// where there are none.
    public var covered: Double? {
        coverage(of: patients.values.map { ($0.acceptedOutside, $0.acceptedPlaces) })
    }

    /// The same of all patients, as if nobody were refused.
    public var coveredOfAll: Double? { coverage(of: patients.values.map { ($0.outside, $0.places) }) }

    private func coverage(of patients: [(outside: Int, places: Int)]) -> Double? {
        let tested = patients.filter { $0.places > 0 }
        guard !tested.isEmpty else { return nil }
        let kept = tested.count { Double($0.outside) <= exceptions * Double($0.places) }
        return Double(kept) / Double(tested.count)
    }

    /// Means over patients, in 255ths of the range.
    public var meanBound: Double { Self.mean(tested.map(\.meanBound)) }
    public var meanError: Double { Self.mean(tested.map(\.meanError)) }

    private static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(model, forKey: .model)
        try values.encode(images, forKey: .images)
        try values.encode(refused, forKey: .refused)
        try values.encode(reasons, forKey: .reasons)
        try values.encode(patients, forKey: .patients)
        try values.encode(exceptions, forKey: .exceptions)
        try values.encode(covered, forKey: .covered)
        try values.encode(coveredOfAll, forKey: .coveredOfAll)
        try values.encode(meanBound, forKey: .meanBound)
        try values.encode(meanError, forKey: .meanError)
    }

    /// A table for a terminal, a row a model.
    public static func table(_ evaluations: [TrustEvaluation]) -> String {
        let rows = evaluations.map { evaluation in
            [
                evaluation.model, "\(evaluation.patients.count)", "\(evaluation.refused) of \(evaluation.images)",
                evaluation.covered.map(share) ?? "–", evaluation.coveredOfAll.map(share) ?? "–",
                text(evaluation.meanBound, 2), text(evaluation.meanError, 2),
            ]
        }
        let lines = TextTable(
            header: ["trust", "patients", "images refused", "covered", "covered of all", "mean bound", "mean error"],
            rows: rows
        ).lines
        let reasons = evaluations.flatMap { evaluation in
            evaluation.reasons.isEmpty
                ? []
                : [
                    "\(evaluation.model): refused by "
                        + evaluation.reasons.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                        .joined(separator: ", ")
                ]
        }
        let exceptions = text((evaluations.first?.exceptions ?? 0.01) * 100, 0)
        return
            (lines + reasons + [
                "covered: patients of whose places at most \(exceptions) % lie outside the bound; of all: refused images among them",
                "mean bound and error: local means in 255ths of the range, over places in the body",
            ]).joined(separator: "\n")
    }

    private static func share(_ value: Double) -> String { text(value * 100, 1) + " %" }

    private static func text(_ value: Double, _ digits: Int) -> String {
        value.formatted(.number.precision(.fractionLength(digits)).locale(.init(identifier: "en_US_POSIX")))
    }
}
