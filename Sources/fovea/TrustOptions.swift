import ArgumentParser
import Batch
import Evaluation
import Foundation
import Imaging
import Reporting
import Trust

/// Options that say how far results are to be trusted.
struct TrustOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Write how wrong the result may be (OUT_bound) and a sheet for people (OUT_trust.png), where the model was calibrated for such images; else say why not."
        ))
    var trust = false

    @OptionGroup var calibration: CalibrationChoice

    @Flag(help: "Write the bound in spite of what speaks against it, marked UNCALIBRATED.") var trustAnyway = false

    @Option(
        help: ArgumentHelp(
            "Write also where the bound is within this (OUT_trusted): such as 20HU in the image's units, or 5% of its range.",
            valueName: "amount"))
    var tolerance: String?

    @Option(
        help: ArgumentHelp(
            "How sure the bound is to hold for nine in ten patients, 0.5 to 0.99; 0.95 where the patients are enough for it, else 0.9, by default.",
            valueName: "share"))
    var confidence: Double?

    @Option(
        help: ArgumentHelp(
            "As what bound and mask of DICOM images are written: objects (Parametric Map and Segmentation), or series (images of the source's class, for viewers that know no others).",
            valueName: "kind"))
    var trustMaps: DICOMMaps = .objects

    func validate() throws {
        if let confidence, !(0.5...0.99).contains(confidence) {
            throw ValidationError("--confidence takes a share from 0.5 to 0.99, not \(confidence).")
        }
        if let tolerance, Tolerance(tolerance) == nil {
            throw ValidationError("--tolerance takes an amount above 0, such as 20HU or 5%, not '\(tolerance)'.")
        }
        let others: [(String, Bool)] = [
            ("--trust-anyway", trustAnyway), ("--tolerance", tolerance != nil), ("--trust-maps", trustMaps != .objects),
        ]
        let given = calibration.given ?? others.first(where: \.1)?.0
        if let given, !trust { throw ValidationError("\(given) goes with --trust.") }
    }

    /// What is asked for; `nil` where that is nothing.
    var request: TrustRequest? {
        get throws {
            guard trust else { return nil }
            return TrustRequest(
                calibrations: try calibration.calibrations,
                promises: (confidence.map { [$0] } ?? [0.95, 0.9]).map { PatientPromise(share: 0.9, confidence: $0) },
                subject: calibration.trustAs, ignoresObjections: trustAnyway,
                tolerance: tolerance.flatMap(Tolerance.init),
                dicomMaps: trustMaps, kind: calibration.doubt
            ) { result, source, bound in
                TrustFigure(result, of: source, bound: bound, slice: source.header.slices / 2).sheet.image
            }
        }
    }
}
