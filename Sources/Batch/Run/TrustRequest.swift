import Foundation
import Imaging
import Trust
import Upscaling

/// As what bound and mask of a DICOM image are written.
public enum DICOMMaps: String, Sendable, CaseIterable {
    /// The bound as a Parametric Map, the mask as a Segmentation.
    case objects
    /// Both as images of the source's class in series of their own, for viewers that know no others.
    case series
}

/// How far results are to be trusted: what is asked for, and what is written of it.
public struct TrustRequest: Sendable {
    /// Calibrations beside those that the models hold.
    public var calibrations: [TrustCalibration]
    /// What the bound is to keep: the first of them that the patients are enough for.
    public var promises: [PatientPromise]
    /// What the images show, where they don't say it themselves.
    public var subject: String?
    /// Gives the bound in spite of objections, marked as uncalibrated.
    public var ignoresObjections: Bool
    /// A mask shows where the bound is within it; none where `nil`.
    public var tolerance: Tolerance?
    /// As what bound and mask of a DICOM image are written.
    public var dicomMaps: DICOMMaps
    /// What the doubt is to be made of; what was calibrated with where `nil`.
    public var kind: DoubtKind?
    /// Draws the sheet for people: of the result, of the image that it was made from, and of the bound or why there is none.
    public var figure: @Sendable (Image, Image, Result<TrustBound, TrustRefusal>) -> Image

    /// - Parameters:
    ///   - calibrations: beside those that the models hold.
    ///   - promises: what the bound is to keep, the first of them that the patients are enough for.
    ///   - subject: what the images show, where they don't say it themselves.
    ///   - ignoresObjections: gives the bound in spite of objections.
    ///   - tolerance: within which a mask shows the bound to be.
    ///   - dicomMaps: as what bound and mask of a DICOM image are written.
    ///   - kind: what the doubt is to be made of; what was calibrated with where `nil`.
    ///   - figure: draws the sheet for people.
    public init(
        calibrations: [TrustCalibration] = [],
        promises: [PatientPromise] = [PatientPromise(), PatientPromise(confidence: 0.9)], subject: String? = nil,
        ignoresObjections: Bool = false, tolerance: Tolerance? = nil, dicomMaps: DICOMMaps = .objects,
        kind: DoubtKind? = nil,
        figure: @escaping @Sendable (Image, Image, Result<TrustBound, TrustRefusal>) -> Image
    ) {
        self.calibrations = calibrations
        self.promises = promises
        self.subject = subject
        self.ignoresObjections = ignoresObjections
        self.tolerance = tolerance
        self.dicomMaps = dicomMaps
        self.kind = kind
        self.figure = figure
    }

    /// For what a method's models were calibrated.
    ///
    /// - Throws: `ModelError/badDescription(path:reason:)`.
    func gate(for method: Upscaling.Method) throws -> TrustGate {
        TrustGate(
            calibrations + (try method.calibrations), promises: promises, subject: subject,
            ignoresObjections: ignoresObjections, kind: kind)
    }

    /// What is asked for, as manifests compare it.
    var text: String {
        let hashes = calibrations.map { "\($0.subject) \($0.patientsHash.prefix(12))" }
        let tolerance = tolerance.map { "\($0)" } ?? "none"
        let kept = promises.map { "\($0.share) \($0.confidence)" }.joined(separator: " ")
        return
            ([kept, subject ?? "", "\(ignoresObjections)", tolerance, dicomMaps.rawValue] + hashes
            + (kind.map { ["doubt \($0.rawValue)"] } ?? []))
            .joined(separator: "; ")
    }
}

extension TrustRequest: Equatable {
    public static func == (left: TrustRequest, right: TrustRequest) -> Bool { left.text == right.text }
}

/// What became of the trust in a result.
public struct TrustOutcome: Sendable, Encodable {
    /// Whether no promise is made.
    public var refused: Bool
    /// Why, in one line; also of a bound that was given in spite of it.
    public var reason: String?
    /// What is promised, in words.
    public var statement: String?
    /// How many patients calibrated.
    public var patients: Int?
    /// The share of patients that it is promised for.
    public var share: Double?
    /// How sure that is.
    public var confidence: Double?
    /// What the patients' images showed.
    public var modality: String?
    /// What the bound is made of.
    public var doubt: DoubtKind?
    /// The mean of the bound, in stored units.
    public var meanBound: Double?
    /// The share of places whose bound is within the tolerance.
    public var trustedShare: Double?
    /// The least PSNR over the body in decibels, for as many patients.
    public var leastPSNR: Double?
    /// What no method can show, since the input's noise hides it.
    public var visibility: VisibilityFloor?
    /// The map's file.
    public var bound: URL?
    /// The mask's file.
    public var mask: URL?
    /// The sheet's file.
    public var sheet: URL?

    init(_ refusal: TrustRefusal, sheet: URL) {
        refused = true
        reason = refusal.description
        self.sheet = sheet
    }

    init(_ bound: TrustBound, sheet: URL) {
        refused = bound.objection != nil
        reason = bound.objection?.description
        statement = bound.statement
        patients = bound.calibration?.patients
        share = bound.promise.share
        confidence = bound.promise.confidence
        modality = bound.calibration?.subject
        doubt = bound.calibration?.score.kind
        meanBound = bound.mean
        leastPSNR = bound.leastPSNR
        self.sheet = sheet
    }

    private enum CodingKeys: String, CodingKey {
        case refused, reason, statement, patients, share, confidence, modality, doubt, meanBound,
            trustedShare, leastPSNR,
            visibility, bound, mask, sheet
    }

    /// Files by their paths, and the reason as `null` where there is none, so that it can be asked for without looking.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(refused, forKey: .refused)
        try values.encode(reason, forKey: .reason)
        try values.encodeIfPresent(statement, forKey: .statement)
        try values.encodeIfPresent(patients, forKey: .patients)
        try values.encodeIfPresent(share, forKey: .share)
        try values.encodeIfPresent(confidence, forKey: .confidence)
        try values.encodeIfPresent(modality, forKey: .modality)
        try values.encodeIfPresent(doubt, forKey: .doubt)
        try values.encodeIfPresent(meanBound, forKey: .meanBound)
        try values.encodeIfPresent(trustedShare, forKey: .trustedShare)
        try values.encodeIfPresent(leastPSNR, forKey: .leastPSNR)
        try values.encodeIfPresent(visibility, forKey: .visibility)
        try values.encodeIfPresent(bound?.relativePath, forKey: .bound)
        try values.encodeIfPresent(mask?.relativePath, forKey: .mask)
        try values.encodeIfPresent(sheet?.relativePath, forKey: .sheet)
    }
}
