import ArgumentParser
import Evaluation
import Foundation
import Imaging
import Trust
import Upscaling

/// `fovea calibrate`: how far a model's results can be trusted, learned from patients of one's own.
struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Calibrate a bound on a model's errors on your own patients.",
        discussion: """
            The images are taken for the truth: each is reduced, enlarged by the model and compared with itself. The \
            result promises, for new patients of the same kind, how wrong the model is at most, place by place; see \
            docs/trust.md. The patients must be none that the model was trained on, and enough: 29 for 90 % of patients \
            at 95 % confidence, 22 at 90 %.

              fovea calibrate films/ --model fovea-general-x4 --subject "chest film" --dicom-modality CR,DX -o chest.json
              fovea calibrate ct/ --model swinir.onnx --channels 1 --subject CT --patients '^(TCGA-..-....)' -o swinir.json
              fovea upscale new.dcm --trust --trust-from chest.json
            """)

    @Argument(help: "A folder of images, whole and sharp.") var folder: String

    @Option(help: ArgumentHelp("What the images show, in a word or two: \"chest film\".", valueName: "words"))
    var subject: String

    @Option(help: "How many times the images are reduced and enlarged again, a whole number.") var scale: Factor = 4

    @Option(
        help: ArgumentHelp(
            "Whose an image is: auto (DICOM's Patient ID, else each file is a patient), file, folder (the first that it lies in), or a regular expression whose first group names the patient in the file's path.",
            valueName: "rule"))
    var patients = "auto"

    @Option(
        help: ArgumentHelp(
            "DICOM's Modality of such images, separated by commas; others are refused. Any by default.",
            valueName: "list"))
    var dicomModality: String?

    @Option(
        help: ArgumentHelp(
            "DICOM's Body Part Examined of such images, separated by commas; others are refused. Any by default.",
            valueName: "list"))
    var bodyPart: String?

    @Option(help: "The share of patients that the bound is to hold for.") var share = 0.9
    @Option(help: "How sure that is, over which patients calibrated.") var confidence = 0.95
    @Option(help: "The share of an image's places that may lie outside the bound.") var exceptions = 0.01

    @Option(
        help: ArgumentHelp(
            "The share of the images' grain, which no method can know, that counts as doubt, 0 to 1: more is tighter where grain rules the errors, as in CT, and wider elsewhere.",
            valueName: "share"))
    var grainDoubt = 0.25

    @Option(
        help: ArgumentHelp(
            "How the images are reduced, as in degrade; antialiased bicubic by default.", valueName: "steps"))
    var degradation: String?

    @Flag(help: "Results are made consistent, as by upscale --consistent.") var consistent = false

    @Option(
        help: ArgumentHelp(
            "Of a model that draws samples: how many are drawn for the mean of them, as by upscale --samples.",
            valueName: "n"))
    var samples: Int?

    @Option(
        help: ArgumentHelp(
            "What the bound is made of: head (the network's own doubt), samples (where --samples differ) or difference (the distance from interpolation); by default the first of them that the model gives.",
            valueName: "kind"))
    var doubt: DoubtKind?

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(
        help: ArgumentHelp(
            "Plant spots, discs and lines into so many of the patients' images, and say from which size on they are kept and how far landmarks move. None by default; it takes 169 enlargements an image.",
            valueName: "n"))
    var plant: Int?

    @Option(
        help: ArgumentHelp(
            "Folders of images of other kinds, separated by commas: what the patients are to be told from. None of a patient that --against judges.",
            valueName: "folders"))
    var unlike: String?

    @Option(
        help: ArgumentHelp(
            "Folders of images of other kinds, separated by commas: how many of each are refused a bound is counted.",
            valueName: "folders"))
    var against: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where the calibration is noted: a JSON file, made or added to, or the model's own ONNX file. Not noted by default.",
            valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Write the check as JSON to a file, or to standard output with '-'.", valueName: "file"))
    var json: JSONDestination?
    @Flag(help: "Say nothing but errors.") var quiet = false

    /// What the bound is made of with a method.
    private func score(of method: Upscaling.Method) -> DoubtScore {
        let own: DoubtKind =
            method.corrects(scale: scale.value) ? .head : samples == nil ? .difference : .samples
        return DoubtScore(doubt ?? own, grain: grainDoubt)
    }

    func validate() throws {
        if !(scale.value >= 2 && scale.value <= 16 && scale.value == scale.value.rounded()) {
            throw ValidationError("--scale takes a whole number from 2 to 16, not \(scale).")
        }
        for (name, value) in [("--share", share), ("--confidence", confidence), ("--exceptions", exceptions)]
        where !(value > 0 && value < 1) {
            throw ValidationError("\(name) takes a share between 0 and 1, not \(value).")
        }
        if !(0...1).contains(grainDoubt) {
            throw ValidationError("--grain-doubt takes a share from 0 to 1, not \(grainDoubt).")
        }
        if let samples, !(2...64).contains(samples) {
            throw ValidationError("--samples takes a whole number from 2 to 64, not \(samples).")
        }
        if let plant, plant < 1 {
            throw ValidationError("--plant takes a whole number from 1 on, not \(plant).")
        }
        if subject.isEmpty { throw ValidationError("--subject is empty; say what the images show.") }
        if let output, CalibrationFile(URL(fileURLWithPath: output)) == nil {
            throw ValidationError("-o takes a file that ends in .json or .onnx, not '\(output)'.")
        }
    }

    func run() throws {
        let console = Console(isQuiet: quiet)
        let rule = try PatientRule(patients)
        let images = try ImageFolder(URL(fileURLWithPath: folder))
        guard !images.images.isEmpty else { throw EvaluationError.noImages(path: folder) }
        let finder = MethodFinder(model.choice, options: model)
        try MethodFinder.requireUse(of: model, by: [finder], scale: scale.value)
        if samples != nil, try !finder.drawsSamples(scale: scale.value) {
            throw ValidationError(
                "--samples needs a model that draws them, such as --model sr3-mri-x4; others give one result."
            )
        }
        let promise = PatientPromise(share: share, confidence: confidence)
        var calibrator: TrustCalibrator?
        var sample: [Image] = []
        var method: Upscaling.Method?
        var first: TrustChain?
        var failures: [String] = []
        let timeLeft = TimeLeft()
        for (index, file) in images.images.enumerated() {
            let name = images.names[index]
            let done = Double(index) / Double(images.images.count)
            console.progress("\(index + 1) of \(images.images.count)  \(name)\(timeLeft.text(finished: done))")
            do {
                let image = try ImageFile.read(file)
                let chosen = try finder.method(for: image, scale: scale.value)
                let chain = try TrustChain(
                    of: chosen, scale: scale.value, isConsistent: consistent, samples: samples)
                if let first, let difference = chain.difference(from: first) {
                    throw CommandFailure("\(name): would be enlarged by \(difference); name one with --model")
                }
                first = chain
                var current =
                    try calibrator
                    ?? TrustCalibrator(
                        chosen, scale: scale.value, isConsistent: consistent, samples: samples,
                        score: score(of: chosen),
                        degradation: degradation.map { try Degradation($0, scale: scale.value) },
                        exceptions: exceptions)
                try current.add(
                    image, named: name, contents: try Data(contentsOf: file), of: rule.patient(of: image, path: name))
                calibrator = current
                method = method ?? chosen
                if sample.count < plant ?? 0 { sample.append(image) }
            } catch let error as CommandFailure {
                throw error
            } catch {
                failures.append("\(error)".contains(name) ? "\(error)" : "\(name): \(error)")
            }
        }
        for failure in failures.prefix(10) { console.error(failure) }
        guard var calibrator else { throw CommandFailure("\(folder): no image could be used") }
        for other in (unlike ?? "").split(separator: ",").map(String.init) {
            let folder = try ImageFolder(URL(fileURLWithPath: other))
            for (index, file) in folder.images.enumerated() {
                console.progress("\(other): \(index + 1) of \(folder.images.count)")
                try calibrator.addOther(
                    try ImageFile.read(file), of: URL(fileURLWithPath: other).standardizedFileURL.lastPathComponent)
            }
        }
        var calibration = try calibrator.calibration(
            of: subject, dicomModalities: Self.list(dicomModality), bodyParts: Self.list(bodyPart), promise: promise,
            date: Date.now.formatted(.iso8601.year().month().day()))
        var landmarks: LandmarkTest?
        if let method, !sample.isEmpty {
            landmarks = try LandmarkTest(
                in: sample, by: method, scale: scale.value, isConsistent: consistent, samples: samples)
            calibration.findings = try PlantedTable(
                in: sample, by: method, scale: scale.value, isConsistent: consistent, samples: samples,
                degradation: degradation.map { try Degradation($0, scale: scale.value) },
                boundFactor: calibration.factor(for: promise), score: calibration.score
            ) { console.progress("planting findings: \(Int($0 * 100)) %") }
        }
        let check = calibrator.check(promise)
        var refused: [Refused] = [
            Refused(
                folder: folder, images: calibrator.patients, refused: calibrator.refusedPatients(by: calibration),
                reasons: [:])
        ]
        for other in (against ?? "").split(separator: ",") {
            refused.append(try Self.refusals(in: String(other), calibrator, calibration, console))
        }
        if let output { try CalibrationFile(URL(fileURLWithPath: output))!.add(calibration) }
        try json?.write(
            CalibrationReport(
                calibration: calibration, check: check, landmarks: landmarks, refused: refused, failures: failures))
        if case .standardOutput? = json {
        } else {
            console.result(Self.text(calibration, check, promise, refused, landmarks, output: output))
        }
        if !failures.isEmpty { throw ExitCode(1) }
    }

    /// Shares of the peak that are left, sizes across, shapes and contrasts down.
    private static func table(_ findings: PlantedTable) -> [String] {
        func line(_ name: String, _ cells: [String]) -> String {
            name.padding(toLength: 16, withPad: " ", startingAt: 0)
                + cells.map { String(repeating: " ", count: max(1, 7 - $0.count)) + $0 }.joined()
        }
        var lines = [
            "Of the peak of planted findings is left, by their width at half maximum in pixels of the result:",
            line("", PlantedTable.widths.map { String(format: "%g", $0) }),
        ]
        for shape in PlantedFinding.Shape.allCases {
            for contrast in PlantedTable.contrasts {
                let cells = PlantedTable.widths.map { width in
                    findings.results
                        .first { ($0.shape, $0.width, $0.contrast) == (shape, width, contrast) }
                        .map { String(format: "%.2f", $0.kept) } ?? "-"
                }
                lines.append(line("\(shape.rawValue), \(Int((contrast * 100).rounded())) %", cells))
            }
        }
        if let flagged = findings.flaggedShare {
            lines.append(
                String(
                    format:
                        "Of findings that come out wrong, the bound warns of %.1f %%; as much without any at %.1f %%.",
                    flagged * 100, findings.falseAlarms * 100))
        }
        return lines
    }

    private static func refusals(
        in folder: String, _ calibrator: TrustCalibrator, _ calibration: TrustCalibration, _ console: Console
    ) throws -> Refused {
        let images = try ImageFolder(URL(fileURLWithPath: folder))
        var result = Refused(folder: folder, images: 0, refused: 0, reasons: [:])
        for (name, file) in zip(images.names, images.images) {
            console.progress("\(folder): \(result.images + 1) of \(images.images.count)")
            let refusal = try calibrator.refusal(of: try ImageFile.read(file), named: name, by: calibration)
            result.images += 1
            guard let refusal else { continue }
            result.refused += 1
            result.reasons[refusal.kind, default: 0] += 1
        }
        return result
    }

    private static func line(_ landmarks: LandmarkTest) -> String {
        var line = String(
            format:
                "Of %d landmarks %d were found, off by %.3f pixels of the input (root mean square; 95 %% within %.3f; mean shift %.3f, %.3f).",
            landmarks.planted, landmarks.count, landmarks.rootMeanSquare, landmarks.most, landmarks.bias[0],
            landmarks.bias[1])
        if let root = landmarks.rootMeanSquareMillimetres, let most = landmarks.mostMillimetres {
            line += String(format: " In millimetres %.4f; 95 %% within %.4f.", root, most)
        }
        return line
    }

    private static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).uppercased() }
    }

    private static func text(
        _ calibration: TrustCalibration, _ check: TrustCheck?, _ promise: PatientPromise, _ refused: [Refused],
        _ landmarks: LandmarkTest?, output: String?
    ) -> String {
        var lines = [calibration.statement(of: promise)]
        if let factor = calibration.factor(for: promise) {
            lines.append(
                String(
                    format: "The bound is %.2f times the doubt (%@).", factor, calibration.score.kind.rawValue
                ))
        }
        if let check {
            lines.append(
                String(
                    format:
                        "Checked on %d divisions by patient, %d to calibrate and %d to judge: %.1f %% of judging patients within (%.1f %% in theory; 90 %% of draws %.1f to %.1f %%); mean bound %.2f, mean error %.2f of 255; the doubt ranks places %.3f. PSNR at least as promised for %.1f %%; promised %.1f dB on the mean, found %.1f dB.",
                    check.splits, check.calibrating, check.judging, check.coverage * 100, check.expected * 100,
                    check.band.lowerBound * 100, check.band.upperBound * 100, check.meanBound, check.meanError,
                    check.ranking, check.coverageOfPSNR * 100, check.meanLeastPSNR, check.meanPSNR))
            for trusted in check.trusted {
                lines.append(
                    String(
                        format: "Within %g of 255: %.1f %% of places trusted, of these %.3f %% worse.",
                        trusted.tolerance, trusted.share * 100, trusted.worse * 100))
            }
        }
        if let landmarks, landmarks.count > 0 { lines.append(Self.line(landmarks)) }
        if let findings = calibration.findings { lines.append(contentsOf: Self.table(findings)) }
        if let own = refused.first {
            lines.append("Refused by the others' calibration: \(own.refused) of \(own.images) patients.")
        }
        for other in refused.dropFirst() {
            let reasons = other.reasons.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key)" }
            lines.append(
                "\(other.folder): \(other.refused) of \(other.images) images refused"
                    + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))"))
        }
        if let output { lines.append("→ \(output)") }
        return lines.joined(separator: "\n")
    }
}

/// How many images of a folder got no bound.
private struct Refused: Encodable {
    var folder: String
    var images: Int
    var refused: Int
    /// How many by which test.
    var reasons: [String: Int]
}

private struct CalibrationReport: Encodable {
    var calibration: TrustCalibration
    var check: TrustCheck?
    var landmarks: LandmarkTest?
    var refused: [Refused]
    var failures: [String]
}

/// How a person says whose an image is.
enum PatientRule {
    case automatic, file, folder
    case expression(Regex<AnyRegexOutput>)

    init(_ text: String) throws {
        switch text {
        case "auto": self = .automatic
        case "file": self = .file
        case "folder": self = .folder
        default:
            guard let expression = try? Regex(text), text.contains("(") else {
                throw ValidationError(
                    "--patients takes auto, file, folder, or a regular expression with a group, not '\(text)'.")
            }
            self = .expression(expression)
        }
    }

    /// - Parameter path: relative to the folder.
    /// - Throws: ``CommandFailure`` where the rule names nobody.
    func patient(of image: Image, path: String) throws -> String {
        switch self {
        case .automatic:
            if case .dicom(let source) = image.header.source, let patient = source.patientID, !patient.isEmpty {
                return patient
            }
            return path
        case .file: return path
        case .folder:
            guard let slash = path.firstIndex(of: "/") else {
                throw CommandFailure("\(path): lies in no folder of its own that would name its patient")
            }
            return String(path[..<slash])
        case .expression(let expression):
            guard let match = path.firstMatch(of: expression), match.count > 1, let patient = match[1].substring else {
                throw CommandFailure("\(path): --patients finds no patient in this path")
            }
            return String(patient)
        }
    }
}
