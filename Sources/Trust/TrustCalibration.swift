import Foundation
import Imaging

/// What was learned from patients that no network was trained on: how far results are off, as multiples of their doubt,
/// and what such patients look like. A promise follows from it for new patients of the kind, and for no others.
///
/// It travels in the model's file, or as JSON beside it.
public struct TrustCalibration: Sendable, Equatable, Codable {
    /// What the images show, in the words of who calibrated: "chest film".
    public var subject: String
    /// DICOM's Modality (0008,0060) of such images; empty where any may be.
    public var dicomModalities: [String]
    /// DICOM's Body Part Examined (0018,0015) of such images; empty where any may be.
    public var bodyParts: [String]
    public var chain: TrustChain
    public var score: DoubtScore
    /// How the images were reduced, as a degradation's text: `bicubic:4`.
    public var degradation: String
    /// The share of an image's places that may lie outside the bound.
    public var exceptions: Double
    public var hasColor: Bool
    /// Noise of the inputs, in 255ths of their range, least and greatest.
    public var noise: ClosedRange<Double>
    /// Millimetres between pixels of the inputs, least and greatest; `nil` where the images did not say.
    public var spacing: ClosedRange<Double>?
    /// For each patient, how many times its doubt an error is at most but for ``exceptions``, in the worst slice; ascending.
    public var ratios: [Double]
    /// For each patient, the error's root mean square over the body as a multiple of the doubt's, in the worst slice;
    /// ascending.
    public var rootMeanSquares: [Double]
    /// The same with the input in the truth's place, and the input reduced once more in the input's; ascending.
    public var selfTests: [Double]
    /// How patients look.
    var likeness: Likeness
    /// What becomes of findings that were planted into some of the patients' images; `nil` where that was not tried.
    public var findings: PlantedTable?
    /// SHA-256 over the hashes of the patients' files, so that two calibrations can be told apart.
    public var patientsHash: String
    /// ISO 8601.
    public var date: String
    /// Fovea's.
    public var version: String

    /// How many patients there are.
    public var patients: Int { ratios.count }

    /// How many times its doubt an error is at most, for a share of patients at a confidence; `nil` where the patients
    /// are too few.
    public func factor(for promise: PatientPromise) -> Double? {
        promise.rank(patients: patients).map { ratios[$0 - 1] }
    }

    /// How many times the doubt's root mean square the error's is at most, for a share of patients at a confidence; `nil` where
    /// the patients are too few.
    public func rootMeanSquareFactor(for promise: PatientPromise) -> Double? {
        promise.rank(patients: patients).map { rootMeanSquares[$0 - 1] }
    }

    /// What a bound promises, for people.
    public func statement(of promise: PatientPromise) -> String {
        "Bound from \(patients) patients (\(subject), ×\(number(chain.scale)), made by \(degradation)"
            + (score.kind.statement.map { ", \($0)" } ?? "") + "): with "
            + "\(percent(promise.confidence)) confidence, for at least \(percent(promise.share)) of such patients at "
            + "least \(percent(1 - exceptions)) of the image lies within the bound. Local means over half an original "
            + "pixel. Single pixels and small lesions may be worse."
            + (findings.map { " " + $0.statement(scale: chain.scale) } ?? "")
    }
}
