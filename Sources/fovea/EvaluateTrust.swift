import ArgumentParser
import Evaluation
import Foundation
import Imaging
import Trust
import Upscaling

/// Options that put the promise of `upscale --trust` to the test.
struct EvaluateTrust: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Also judge the bound that upscale --trust gives: for how many patients it held, how wide it was, whom it was refused."
        ))
    var trust = false

    @OptionGroup var calibration: CalibrationChoice

    @Option(
        help: ArgumentHelp(
            "Whose an image is, for --trust: auto (DICOM's Patient ID, else each file is a patient), file, folder, or a regular expression whose first group names the patient in the file's path.",
            valueName: "rule"))
    var patients = "auto"

    func validate() throws {
        if let given = calibration.given, !trust { throw ValidationError("\(given) goes with --trust.") }
        _ = try PatientRule(patients)
    }

    /// Judges the bounds of models, each on all files.
    ///
    /// - Parameters:
    ///   - finders: of the models, by what tables call them.
    ///   - files: their names and places.
    ///   - scale: that images are reduced by and enlarged again.
    ///   - isConsistent: whether results are made consistent.
    ///   - degradation: that reduces them.
    ///   - seed: of what is random in that.
    ///   - progress: told what is looked at.
    func evaluations(
        of finders: [(name: String, finder: MethodFinder)], on files: [(name: String, url: URL)], scale: Double,
        isConsistent: Bool, degradation: Degradation, seed: UInt64, progress: (String) -> Void
    ) throws -> [TrustEvaluation] {
        let rule = try PatientRule(patients)
        let further = try calibration.calibrations
        return try finders.map { name, finder in
            var evaluation = TrustEvaluation(model: name)
            // Those of a model are decoded once, however many images it enlarges.
            var known: [[String]: [TrustCalibration]] = [:]
            for (index, file) in files.enumerated() {
                progress("trust in \(name): \(index + 1) of \(files.count)  \(file.name)")
                let image = try ImageFile.read(file.url)
                let method = try finder.method(for: image, scale: scale)
                let own = try known[method.modelHashes] ?? method.calibrations
                known[method.modelHashes] = own
                let gate = TrustGate(
                    further + own, subject: calibration.trustAs, ignoresObjections: true,
                    kind: calibration.doubt)
                let trial = try TrustTrial(
                    method, scale: scale, isConsistent: isConsistent, degradation: degradation, gate: gate)
                let verdict = try trial.verdict(on: image, named: file.name, seed: seed &+ UInt64(index))
                evaluation.add(verdict, named: file.name, of: try rule.patient(of: image, path: file.name))
            }
            return evaluation
        }
    }
}

/// What `evaluate --json` writes.
struct EvaluationAnswer: Encodable {
    var result: EvaluationResult
    /// `nil` where trust was not asked for.
    var trust: [TrustEvaluation]?

    private enum CodingKeys: String, CodingKey { case trust }

    func encode(to encoder: any Encoder) throws {
        try result.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(trust, forKey: .trust)
    }
}

extension Upscaling.Method {
    /// SHA-256 of the files that it enlarges with.
    fileprivate var modelHashes: [String] {
        switch self {
        case .networks(let upscaler): upscaler.models.map(\.sha256)
        case .drawing(let cascade, _): cascade.stages.map(\.model.sha256)
        case .interpolation, .acquiredGrid: []
        }
    }
}
