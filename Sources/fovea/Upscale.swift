import ArgumentParser
import Evaluation
import Foundation
import Imaging
import Upscaling

struct Upscale: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Enlarge images with a super-resolution network.",
        discussion: """
            Takes files and folders, DICOM series among them. Bit depth, values, spacing, position and orientation keep \
            their meaning; a DICOM file becomes a derived object in a new series. A bad file does not stop the others.

            The result is NAME_x4 beside the input (for a folder: FOLDER_x4), or in OUT where that is a folder. JPEG is \
            written only to an OUT that ends in .jpg, since it loses what was gained.

              fovea upscale scan.dcm
              fovea upscale series/ -o large/ --scale 2
              fovea upscale fundus.jpg -o fundus_large.png --model bicubic
              fovea upscale slide.png --model swinir.onnx --channels 3
              fovea upscale brain.nii.gz --model sr3-mri-x4 --samples 8 --consistent

            What a network from elsewhere expects is said by a JSON file beside it (swinir.json for swinir.onnx) or by \
            --channels and, where they are not usual, --model-scale, --value-range, --input-kind and --output-kind.
            """)

    @Argument(help: "Images, and folders of images.") var inputs: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A file, or a folder (ending in / where it is not there yet).", valueName: "out"))
    var output: String?

    @Option(help: "How many times as many pixels along each axis: 2, 4, or any number from 1 to 16.")
    var scale: Factor = 4

    @OptionGroup(title: "Model") var model: ModelOptions

    @Flag(help: "Correct the result so that, reduced again, it is the input within one gray level.")
    var consistent = false

    @Option(
        help: ArgumentHelp(
            "Draw so many samples of a diffusion model and write their mean, where they differ (OUT_deviation) and all of them on a sheet (OUT_samples.png).",
            valueName: "n"))
    var samples: Int?

    @Option(help: "Compress the pixels of DICOM results, without loss.") var compress = DICOMCompression.none

    @Flag(help: "Replace files that are already there.") var overwrite = false
    @Flag(help: "Say nothing but errors.") var quiet = false
    @Flag(help: "Print one JSON document that lists every input, its output or error.") var json = false

    var writeOptions: WriteOptions { WriteOptions(compression: compress) }

    func validate() throws {
        if !(1...16).contains(scale.value) {
            throw ValidationError("--scale takes a number from 1 to 16, not \(scale).")
        }
        if let samples, !(2...64).contains(samples) {
            throw ValidationError("--samples takes a whole number from 2 to 64, not \(samples).")
        }
    }

    func run() throws {
        let check = MethodFinder(model.choice, options: model)
        try MethodFinder.requireUse(of: model, by: [check], scale: scale.value)
        if samples != nil, try !check.drawsSamples(scale: scale.value) {
            throw ValidationError(
                "--samples needs a diffusion model, such as --model sr3-mri-x4; others give one result.")
        }
        let inputs = try Inputs(inputs, output: output, suffix: "_x\(scale)")
        let console = Console(isQuiet: quiet)
        let count = inputs.jobs.count
        let series = SeriesSurvey(inputs.jobs.map(\.input)) {
            console.progress("looking at the series: \($0 + 1) of \(count)")
        }
        let finder = MethodFinder(model.choice, options: model, series: series)
        let run = UpscaleRun(command: self, finder: finder, inputs: inputs, console: console)
        try withExtendedLifetime(Interruption()) { try run.perform() }
    }
}

/// What became of one input, in JSON.
struct UpscaleReport: Encodable {
    var input: String
    var output: String?
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
    /// The noise that was kept from the network, its standard deviation in stored units; absent where nothing was done.
    var noise: Double?
    /// The share of it that was put back.
    var grain: Double?
    /// The samples of an MR image that were enlarged, where it stores more.
    var acquiredGrid: AcquiredGrid?
    /// What the result cannot say, or what was assumed of the input.
    var warnings: [String]?
    /// What was done otherwise than to intensities; see `Image.sampleNotes`.
    var notes: [String]?
    var error: String?
}

/// One run over all inputs.
private final class UpscaleRun {
    let command: Upscale
    let finder: MethodFinder
    let inputs: Inputs
    let console: Console
    var reports: [UpscaleReport] = []
    /// New series by the source's, so that what was one series stays one.
    var seriesUIDs: [String: String] = [:]
    var written: Set<String> = []
    /// Inputs left when the disk was found full.
    var notTried: [String] = []

    init(command: Upscale, finder: MethodFinder, inputs: Inputs, console: Console) {
        self.command = command
        self.finder = finder
        self.inputs = inputs
        self.console = console
    }

    func perform() throws {
        for failure in inputs.failures { fail(failure.name, failure.error) }
        if inputs.jobs.isEmpty && inputs.failures.isEmpty {
            for path in command.inputs { fail(path, "\(EvaluationError.noImages(path: path))") }
        }
        let timeLeft = TimeLeft()
        for (index, job) in inputs.jobs.enumerated() {
            do {
                let report = try enlarge(job) { [console, inputs] finished in
                    let whole = (Double(index) + finished) / Double(inputs.jobs.count)
                    let count = inputs.jobs.count > 1 ? "\(index + 1) of \(inputs.jobs.count)  " : ""
                    console.progress(
                        "\(count)\(job.name)  \(Int(finished * 100)) %\(timeLeft.text(finished: whole))")
                }
                reports.append(report)
                console.warn(report.warnings, of: job.name)
                let line = summary(report)
                if command.json { console.note(line) } else { console.result(line) }
            } catch ImageFileError.noRoom(let path, let reason) {
                fail(job.name, "\(ImageFileError.noRoom(path: path, reason: reason))")
                // The others would be computed for nothing.
                notTried = inputs.jobs.dropFirst(index + 1).map(\.name)
                break
            } catch {
                fail(job.name, "\(error)")
            }
        }
        try finish()
    }

    private func fail(_ name: String, _ error: String) {
        reports.append(UpscaleReport(input: name, scale: command.scale.value, error: error))
        console.error(error.contains(name) ? error : "\(name): \(error)")
    }

    private func summary(_ report: UpscaleReport) -> String {
        let deviation = report.largestDeviation.map {
            String(format: ", reduced again within %.2f gray levels of the input", $0)
        }
        return "\(report.input) → \(report.output!)  (\(report.width!) × \(report.height!)"
            + (report.slices! > 1 ? " × \(report.slices!)" : "")
            + ", \(report.model!)\(precisionText(report)), \(durationText(report.seconds!))"
            + (report.notes ?? []).map { ", \($0)" }.joined() + (deviation ?? "") + gridText(report) + grainText(report)
            + ")"
            + [report.deviation, report.sheet].compactMap { $0 }.map { "\n  \($0)" }.joined()
    }

    private func precisionText(_ report: UpscaleReport) -> String {
        report.precision.map { $0 == Precision.float32.rawValue ? "" : " in \($0)" } ?? ""
    }

    private func gridText(_ report: UpscaleReport) -> String {
        report.acquiredGrid.map { ", from the \($0.width) × \($0.height) samples that were acquired" } ?? ""
    }

    private func grainText(_ report: UpscaleReport) -> String {
        guard let noise = report.noise, let kept = report.grain else { return "" }
        return String(format: ", noise of %.3g kept apart", noise)
            + (kept < 1 ? ", \(Int((kept * 100).rounded())) % of it put back" : "")
    }

    private func enlarge(
        _ job: Job, progress: (Double) -> Void
    ) throws -> UpscaleReport {
        guard written.insert(job.output.standardizedFileURL.path).inserted else {
            throw CommandFailure(
                "\(job.name): \(job.output.relativePath) was written in this run already; name the outputs apart")
        }
        // Known before anything is computed.
        guard command.overwrite || !FileManager.default.fileExists(atPath: job.output.path) else {
            throw ImageFileError.alreadyExists(path: job.output.relativePath)
        }
        let start = ContinuousClock.now
        progress(0)
        let image = finder.series.joined(try ImageFile.read(job.input).arranged(for: job.output))
        guard let format = ImageFormat(pathExtensionOf: job.output) else {
            throw ImageFileError.unknownExtension(path: job.output.relativePath)
        }
        try image.header.check(for: format, options: command.writeOptions, path: job.output.relativePath)
        let method = try finder.method(for: image, scale: command.scale.value)
        if let count = command.samples {
            return try drawSamples(count, with: method, of: image, job, since: start, progress: progress)
        }
        if command.consistent {
            let result = try method.upscaleConsistently(image, scale: command.scale.value, progress: progress)
            return try write(result.image.header, of: image, job, since: start, deviation: result.largestDeviation) {
                for slice in 0..<result.image.header.slices { try $0.append(result.image.pixels.slice(slice)) }
            }
        }
        let header = try method.header(for: image, scale: command.scale.value)
        return try write(header, of: image, job, since: start) { sink in
            try method.upscale(image, scale: command.scale.value, to: sink, progress: progress)
        }
    }

    /// Writes the mean of several samples, their deviation, and the sheet of all.
    private func drawSamples(
        _ count: Int, with method: Upscaling.Method, of image: Image, _ job: Job,
        since start: ContinuousClock.Instant, progress: (Double) -> Void
    ) throws -> UpscaleReport {
        if let statement = image.header.meaning.codesStatement {
            throw CommandFailure("\(job.name): holds codes (\(statement)), of which no samples are drawn")
        }
        guard case .diffusion(let cascade, var options) = method else {
            throw CommandFailure(
                "\(job.name): \(method.name) gives one result; --samples needs a diffusion model")
        }
        // Colors tell small deviations apart where the format would round them away.
        let format = ImageFormat(pathExtensionOf: job.output)
        let isColored = format?.isPicture == true
        let stem = Inputs.stem(of: job.output)
        let deviation = job.output.sibling(
            stem + "_deviation" + (isColored ? ".png" : String(job.output.lastPathComponent.dropFirst(stem.count))))
        let sheet = job.output.sibling(stem + "_samples.png")
        for url in [deviation, sheet] where !command.overwrite && FileManager.default.fileExists(atPath: url.path) {
            throw ImageFileError.alreadyExists(path: url.relativePath)
        }
        options.isConsistent = command.consistent
        let drawn = try cascade.samples(
            of: image, scale: command.scale.value, count: count, options: options, progress: progress)
        var report = try write(
            drawn.mean.header, of: image, job, since: start, deviation: drawn.largestDeviation
        ) {
            for slice in 0..<drawn.mean.header.slices { try $0.append(drawn.mean.pixels.slice(slice)) }
        }
        let figure = SamplesFigure(drawn, of: image, slice: image.header.slices / 2)
        if isColored {
            try ImageFile.write(figure.deviationMap.image, to: deviation, overwrite: command.overwrite)
        } else {
            var map = drawn.deviation
            // A derived DICOM object keeps its source's sample type: whole stored units.
            if format == .dicom {
                map.header.intensity = image.header.intensity
                let largest = Double(map.pixels.samples.max() ?? 0) * image.header.intensity.slope
                map.header.derivation?.differenceWindow = Window(center: largest / 2, width: max(largest, 1))
            }
            try ImageFile.write(map, to: deviation, overwrite: command.overwrite, options: command.writeOptions)
        }
        try ImageFile.write(figure.contactSheet.image, to: sheet, overwrite: command.overwrite)
        report.deviation = deviation.relativePath
        report.sheet = sheet.relativePath
        return report
    }

    /// Writes a result whose samples `produce` hands over, and says what was done.
    private func write(
        _ header: ImageHeader, of image: Image, _ job: Job, since start: ContinuousClock.Instant,
        deviation: Double? = nil, produce: (any ImageSink) throws -> Void
    ) throws -> UpscaleReport {
        var header = header
        if case .dicom(let source) = image.header.source, let series = source.seriesInstanceUID {
            let new = seriesUIDs[series] ?? DICOMSource.newUID()
            seriesUIDs[series] = new
            header.derivation?.seriesInstanceUID = new
        }
        let folder = job.output.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("\(folder.relativePath): cannot make this folder: \(Console.reason(error))")
        }
        try ImageFile.write(
            header, to: job.output, overwrite: command.overwrite, options: command.writeOptions, produce: produce)
        let notes = image.sampleNotes
        let warnings = (header.warnings(writtenTo: job.output) ?? []) + (header.derivation?.beyondTraining ?? [])
        return UpscaleReport(
            input: job.name, output: job.output.relativePath, model: header.derivation?.model ?? "none",
            modelHash: header.derivation?.modelHash, precision: header.derivation?.precision,
            scale: command.scale.value, width: header.width, height: header.height,
            slices: header.slices, seconds: (ContinuousClock.now - start).seconds, largestDeviation: deviation,
            noise: header.derivation?.grain?.noise, grain: header.derivation?.grain?.kept,
            acquiredGrid: header.derivation?.acquiredGrid,
            warnings: warnings.isEmpty ? nil : warnings,
            notes: notes.isEmpty ? nil : notes)
    }

    private func finish() throws {
        console.repeatWarnings()
        let failed = reports.filter { $0.error != nil }.map(\.input)
        let leftOut = inputs.leftOut
        if reports.count > 1 || leftOut != nil || !notTried.isEmpty {
            var text = "\(reports.count - failed.count) enlarged"
            if !failed.isEmpty {
                let named = failed.prefix(10).joined(separator: ", ")
                text += ", \(failed.count) failed: \(named)"
                if failed.count > 10 { text += " and \(failed.count - 10) more" }
            }
            if !notTried.isEmpty { text += ", \(notTried.count) not tried" }
            if let leftOut { text += "; \(leftOut)" }
            console.note(text)
        }
        if command.json {
            try JSONDestination.standardOutput.write(
                UpscaleSummary(inputs: reports, leftOut: leftOut, notTried: notTried))
        }
        if !failed.isEmpty { throw ExitCode(1) }
    }
}

private struct UpscaleSummary: Encodable {
    var inputs: [UpscaleReport]
    var succeeded: Int
    var failed: Int
    /// What of folders is no image.
    var leftOut: String?
    /// Inputs left when the disk was found full.
    var notTried: [String]?

    init(inputs: [UpscaleReport], leftOut: String?, notTried: [String]) {
        self.inputs = inputs
        self.notTried = notTried.isEmpty ? nil : notTried
        self.leftOut = leftOut
        failed = inputs.filter { $0.error != nil }.count
        succeeded = inputs.count - failed
    }
}
