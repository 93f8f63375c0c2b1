import Foundation
import Imaging
import Upscaling

/// How wrong an enlargement may be, place by place, and what that is worth.
public struct TrustBound: Sendable {
    /// One channel for each slice on the result's grid: the bound on the local mean absolute error, in stored units.
    public var map: Pixels
    /// Width of the image's range from black to white, in stored units.
    public var rangeWidth: Double
    /// How the promise was calibrated; `nil` for an image that was not enlarged, which errs nowhere.
    public var calibration: TrustCalibration?
    public var promise: PatientPromise
    /// Why the promise does not hold for this image, where the bound was asked for in spite of it; `nil` where it holds.
    public var objection: TrustRefusal?
    /// The least that the image's peak signal-to-noise ratio is over its body, in decibels, its range for the peak, with the
    /// promise's confidence for its share of patients; of a volume, that of the worst slice. `nil` where nothing was enlarged or
    /// there is no body.
    public var leastPSNR: Double?
    /// What to say beside the map.
    public var statement: String {
        guard let calibration else { return "The image as it was: nothing was enlarged." }
        var statement = calibration.statement(of: promise)
        if let leastPSNR {
            statement += String(format: " PSNR over the body is at least %.1f dB for as many patients.", leastPSNR)
        }
        if map.slices > 1 { statement += " All this is promised of each slice by itself, not of all together." }
        return objection.map { "UNCALIBRATED: \($0). No promise holds. The bound would read: \(statement)" }
            ?? statement
    }

    /// The mean over all places, in stored units.
    public var mean: Double {
        map.samples.reduce(0) { $0 + Double($1) } / Double(max(map.samples.count, 1))
    }

    /// The share of places whose bound is within a tolerance in stored units.
    public func trustedShare(tolerance: Double) -> Double {
        Double(map.samples.count { Double($0) <= tolerance }) / Double(max(map.samples.count, 1))
    }
}

/// Why no bound is given, in one line.
public enum TrustRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The model has no calibration at all.
    case notCalibrated(model: String)
    /// The method is none that can be calibrated.
    case notCalibratable(reason: String)
    /// None of what was calibrated is said to be this image's kind.
    case otherKind(stated: String, calibrated: [String])
    /// The image does not say what it shows, and nobody said it.
    case unknownKind(calibrated: [String])
    /// No calibration has the name that was given.
    case noSuchSubject(name: String, calibrated: [String])
    /// Enlarged otherwise than in calibration.
    case otherChain(difference: String)
    /// Samples that are no quantities.
    case codes
    case otherColors(calibratedInColor: Bool)
    case noise(value: Double, calibrated: ClosedRange<Double>)
    case spacing(value: Double, calibrated: ClosedRange<Double>)
    /// Too small to be reduced once more.
    case tooSmall
    /// It does not look like the patients.
    case unlike(subject: String, chance: Double)
    /// Reduced once more and restored, it errs otherwise than the patients did.
    case selfTest(subject: String)
    /// It looks more like another kind of image than the patients do.
    case likeOther(subject: String, other: String)
    /// Too few patients for the promise that was asked for.
    case tooFewPatients(count: Int, promise: PatientPromise)

    public var description: String {
        switch self {
        case .notCalibrated(let model): "\(model) is not calibrated; see fovea calibrate"
        case .notCalibratable(let reason): reason
        case .otherKind(let stated, let calibrated):
            "the file says \(stated); calibrated is \(calibrated.joined(separator: ", "))"
        case .unknownKind(let calibrated):
            "the file does not say what it shows; say --trust-as with one of: \(calibrated.joined(separator: ", "))"
        case .noSuchSubject(let name, let calibrated):
            "nothing called \"\(name)\" is calibrated; it is: \(calibrated.joined(separator: ", "))"
        case .otherChain(let difference): "enlarged otherwise than in calibration: \(difference)"
        case .codes: "its samples are codes, repeated as they are"
        case .otherColors(let calibrated):
            calibrated
                ? "it is gray, the calibration's images were in color"
                : "it has color, the calibration's images were gray"
        case .noise(let value, let calibrated):
            "its noise, \(decimal(value)) of 255, lies outside of the calibrated \(decimal(calibrated.lowerBound)) to \(decimal(calibrated.upperBound))"
        case .spacing(let value, let calibrated):
            "its pixels of \(decimal(value)) mm lie outside of the calibrated \(decimal(calibrated.lowerBound)) to \(decimal(calibrated.upperBound)) mm"
        case .tooSmall: "it is too small to be tested"
        case .unlike(let subject, let chance):
            "it does not look like the calibration's patients (\(subject)): \(percent(chance)) of them look as unlike the others"
        case .selfTest(let subject):
            "reduced once more and restored it errs otherwise than any of the calibration's patients (\(subject))"
        case .likeOther(let subject, let other):
            "it looks more like \(other) than like the calibration's patients (\(subject))"
        case .tooFewPatients(let count, let promise):
            "\(count) patients are too few for a bound for \(percent(promise.share)) of patients at \(percent(promise.confidence)) confidence"
        }
    }
}

extension TrustRefusal {
    /// What speaks against the image, in a word or two.
    public var kind: String {
        switch self {
        case .notCalibrated, .notCalibratable, .tooFewPatients: "calibration"
        case .otherKind, .unknownKind, .noSuchSubject: "kind"
        case .otherChain: "chain"
        case .codes: "codes"
        case .otherColors: "color"
        case .noise: "noise"
        case .spacing: "spacing"
        case .tooSmall: "size"
        case .unlike, .likeOther: "looks"
        case .selfTest: "self-test"
        }
    }
}

private func decimal(_ value: Double) -> String { String(format: "%.3g", value) }
