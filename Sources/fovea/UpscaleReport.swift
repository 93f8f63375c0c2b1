import Batch
import Foundation
import Imaging
import Trust
import Upscaling

/// What became of one input, in JSON.
struct UpscaleReport: Encodable {
    var input: String
    var output: String?
    /// Of a result that an archive has: its SOP Instance UID.
    var instance: String?
    var model: String?
    var modelHash: String?
    /// What the network's inner layers were computed in: float32 or bfloat16.
    var precision: String?
    var scale: Double
    var width: Int?
    var height: Int?
    var slices: Int?
    var seconds: Double?
    /// With --samples: the deviation's file and the sheet's.
    var deviation: String?
    var sheet: String?
    /// With --consistent: max |reduced again − input|, in gray levels (units of the stored samples).
    var largestDeviation: Double?
    /// The noise that was kept from the network, its standard deviation in stored units, 0 where there were JPEG's traces alone;
    /// absent where nothing was done.
    var noise: Double?
    /// The mean step that JPEG rounded to, in stored units, where its traces were kept from the network.
    var jpegStep: Double?
    /// The share of it that was put back.
    var grain: Double?
    /// The samples of an MR image that were enlarged, where it stores more.
    var acquiredGrid: AcquiredGrid?
    /// What the result cannot say, or what was assumed of the input.
    var warnings: [String]?
    /// What was done otherwise than to intensities; see `Image.sampleNotes`.
    var notes: [String]?
    /// With --trust: how far the result can be trusted.
    var trust: TrustOutcome?
    /// Why nothing was done though nothing failed.
    var skipped: Skipped?
    var error: String?

    enum Skipped: String, Encodable {
        /// An earlier run has made the result, and it was found unchanged.
        case done
        /// Another run is making it.
        case beingMade
    }
}

extension UpscaleReport {
    init(_ job: Job, _ outcome: Outcome, scale: Double) {
        self.init(input: job.name, scale: scale)
        switch outcome {
        case .finished(let result): take(result)
        case .failed(let error): self.error = error
        case .skipped(.done):
            output = job.output.relativePath
            skipped = .done
        case .skipped(.madeElsewhere(let instance)):
            self.instance = instance
            skipped = .done
        case .skipped(.beingMade):
            output = job.output.relativePath
            skipped = .beingMade
        case .notTried: break
        }
    }

    private mutating func take(_ result: JobResult) {
        let derivation = result.derivation
        let isFile = result.output.isFileURL
        output = isFile ? result.output.relativePath : result.output.absoluteString
        instance = isFile ? nil : derivation?.sopInstanceUID
        model = derivation?.model ?? "none"
        modelHash = derivation?.modelHash
        precision = derivation?.precision
        (width, height, slices) = (result.width, result.height, result.slices)
        seconds = result.seconds
        deviation = result.companions?.deviation.relativePath
        sheet = result.companions?.sheet.relativePath
        largestDeviation = result.largestDeviation
        noise = derivation?.grain?.noise
        jpegStep = derivation?.grain?.jpegStep
        grain = derivation?.grain?.kept
        acquiredGrid = derivation?.acquiredGrid
        warnings = result.warnings.isEmpty ? nil : result.warnings
        trust = result.trust
        notes = result.notes.isEmpty ? nil : result.notes
    }

    /// A line for people.
    ///
    /// - Precondition: of a job that has finished.
    var summary: String {
        let agreement = largestDeviation.map {
            String(format: ", reduced again within %.2f gray levels of the input", $0)
        }
        return "\(input) → \(output!)  (\(width!) × \(height!)" + (slices! > 1 ? " × \(slices!)" : "")
            + ", \(model!)\(precisionText), \(durationText(seconds!))"
            + (notes ?? []).map { ", \($0)" }.joined() + (agreement ?? "") + gridText + grainText + ")"
            + ([deviation, sheet].compactMap { $0 } + trustLines).map { "\n  \($0)" }.joined()
    }

    private var precisionText: String {
        precision.map { $0 == Precision.float32.rawValue ? "" : " in \($0)" } ?? ""
    }

    private var trustLines: [String] {
        guard let trust else { return [] }
        var lines: [String] = []
        if let statement = trust.statement {
            lines.append(statement)
        } else {
            lines.append("No bound: \(trust.reason!).")
        }
        if let share = trust.trustedShare {
            lines.append(String(format: "%.1f %% of its places lie within the tolerance.", share * 100))
        }
        if let visibility = trust.visibility { lines.append(visibility.statement) }
        return lines + [trust.bound, trust.mask, trust.sheet].compactMap { $0?.relativePath }
    }

    private var gridText: String {
        acquiredGrid.map { ", from the \($0.width) × \($0.height) samples that were acquired" } ?? ""
    }

    private var grainText: String {
        guard let noise, let grain else { return "" }
        let kinds = [
            noise > 0 ? String(format: "noise of %.3g", noise) : nil,
            jpegStep.map { String(format: "JPEG's traces (steps of %.3g)", $0) },
        ]
        return ", \(kinds.compactMap { $0 }.joined(separator: " and ")) kept apart"
            + (grain < 1 ? ", \(Int((grain * 100).rounded())) % of it put back" : "")
    }
}

/// What became of all inputs, in JSON.
struct UpscaleSummary: Encodable {
    var inputs: [UpscaleReport]
    var succeeded: Int
    var failed: Int
    /// Inputs of which nothing was to be done.
    var skipped: Int?
    /// What of folders is no image.
    var leftOut: String?
    /// Inputs left when the disk was found full.
    var notTried: [String]?

    init(inputs: [UpscaleReport], leftOut: String?, notTried: [String]) {
        self.inputs = inputs
        self.notTried = notTried.isEmpty ? nil : notTried
        self.leftOut = leftOut
        failed = inputs.filter { $0.error != nil }.count
        let skipped = inputs.filter { $0.skipped != nil }.count
        self.skipped = skipped > 0 ? skipped : nil
        succeeded = inputs.count - failed - skipped
    }

    /// A line for people.
    var line: String {
        var text = "\(succeeded) enlarged"
        let done = inputs.filter { $0.skipped == .done }.count
        let beingMade = inputs.filter { $0.skipped == .beingMade }.count
        if done > 0 { text += ", \(done) done before" }
        if beingMade > 0 { text += ", \(beingMade) left to another run" }
        let failures = inputs.filter { $0.error != nil }.map(\.input)
        if failed > 0 {
            text += ", \(failed) failed: \(failures.prefix(10).joined(separator: ", "))"
            if failed > 10 { text += " and \(failed - 10) more" }
        }
        if let notTried { text += ", \(notTried.count) not tried" }
        if let leftOut { text += "; \(leftOut)" }
        return text
    }
}
