import ArgumentParser
import Batch
import Evaluation
import Foundation
import Imaging
import Reporting

struct Degrade: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make low-resolution images of high-resolution ones, to try or to train on.",
        discussion: """
            By default as most published models were trained: antialiased bicubic, as MATLAB's imresize. Other ways are \
            steps in the order they happen, separated by commas; numbers may be ranges to draw from, anew for each image.

              fovea degrade scan.dcm --scale 4
              fovea degrade images/ -o low/ --scale 4 --noise 5
              fovea degrade brain.nii.gz --scale 2 --degradation kspace:3
              fovea degrade images/ -o low/ --degradation blur:0.2..3,bicubic,noise:0..5

            Steps: \(Degradation.Step.names.joined(separator: ", ")). What begins with aliased is without antialiasing.
            """)

    @Argument(help: "Images, and folders of images.") var inputs: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A file, or a folder (ending in / where it is not there yet).", valueName: "out"))
    var output: String?

    @Option(help: "How many times fewer pixels along each axis.") var scale: Factor = 4
    @Option(help: "What happens to the image.") var degradation = "bicubic"

    @Option(help: "Gaussian noise added at the end, its standard deviation in gray levels of 255.") var noise: Double?
    @Option(help: "Starts the random numbers, so that they can be drawn again.") var seed: UInt64 = 0
    @Flag(help: "Replace files that are already there.") var overwrite = false
    @Flag(help: "Say nothing but errors.") var quiet = false
    @Flag(help: "Print one JSON document that lists what was drawn for each image.") var json = false

    func validate() throws {
        if !(1...64).contains(scale.value) {
            throw ValidationError("--scale takes a number from 1 to 64, not \(scale).")
        }
        do {
            _ = try steps
        } catch let error as DegradationError {
            throw ValidationError("\(error)")
        }
    }

    private var steps: Degradation {
        get throws { try Degradation(degradation, addingNoise: noise, scale: scale.value) }
    }

    func run() throws {
        let inputs = try JobList(named: inputs, output: output, suffix: "_d\(scale)")
        let degradation = try steps
        let console = Console(isQuiet: quiet)
        var reports: [DegradeReport] = []
        for failure in inputs.failures {
            console.error(failure.error)
            reports.append(DegradeReport(input: failure.name, error: failure.error))
        }
        if inputs.jobs.isEmpty && inputs.failures.isEmpty {
            for path in self.inputs {
                let error = EvaluationError.noImages(path: path)
                console.error("\(error)")
                reports.append(DegradeReport(input: path, error: "\(error)"))
            }
        }
        try withExtendedLifetime(Interruption()) {
            try degrade(inputs, by: degradation, console, &reports)
        }
        console.repeatWarnings()
        if let leftOut = inputs.leftOut { console.note(leftOut) }
        if json { try JSONDestination.standardOutput.write(DegradeSummary(inputs: reports, leftOut: inputs.leftOut)) }
        if reports.contains(where: { $0.error != nil }) { throw ExitCode(1) }
    }

    private func degrade(
        _ inputs: JobList, by degradation: Degradation, _ console: Console, _ reports: inout [DegradeReport]
    ) throws {
        for (index, job) in inputs.jobs.enumerated() {
            var generator = SeededGenerator(seed: seed, stream: UInt64(index))
            let drawn = degradation.drawn(using: &generator)
            do {
                let result = try degraded(try ImageFile.read(job.input).arranged(for: job.output), drawn)
                try FileManager.default.createDirectory(
                    at: job.output.deletingLastPathComponent(), withIntermediateDirectories: true)
                try ImageFile.write(result, to: job.output, overwrite: overwrite)
                let lost = result.header.warnings(writtenTo: job.output)
                let warnings = lost.isEmpty ? nil : lost
                console.warn(warnings, of: job.name)
                let notes = result.sampleNotes
                reports.append(
                    DegradeReport(
                        input: job.name, output: job.output.relativePath, degradation: drawn, warnings: warnings,
                        notes: notes.isEmpty ? nil : notes))
                let size = "\(result.header.width) × \(result.header.height)"
                let steps = result.header.derivation?.model ?? "\(drawn.degradation)"
                let line =
                    "\(job.name) → \(job.output.relativePath)  (\(([size, steps] + notes).joined(separator: ", ")))"
                if json { console.note(line) } else { console.result(line) }
            } catch {
                let text = "\(error)".contains(job.name) ? "\(error)" : "\(job.name): \(error)"
                console.error(text)
                reports.append(DegradeReport(input: job.name, error: text))
                if case .noRoom? = error as? ImageFileError { break }
            }
        }
    }

    /// The image cut to a multiple of the scale, where that is whole, and degraded; opacity goes with the colors.
    private func degraded(_ image: Image, _ drawn: DrawnDegradation) throws -> Image {
        var pixels = image.pixels
        if let whole = Int(exactly: scale.value) {
            guard min(pixels.width, pixels.height) >= whole else {
                throw CommandFailure(
                    "the image has \(pixels.width) × \(pixels.height) pixels, too few for scale \(whole)")
            }
            pixels = pixels.croppedToMultiple(of: whole)
        }
        let range = image.header.intensity.storedRange ?? image.extent
        var cut = image.header
        (cut.width, cut.height) = (pixels.width, pixels.height)
        let result = try drawn(Image(header: cut, pixels: pixels), valueRange: range)
        let steps = image.header.meaning == .quantity ? "\(drawn.degradation)" : "nearest/\(scale)"
        let extent = PixelExtent(columns: Double(pixels.width), rows: Double(pixels.height))
        let covered = drawn.covered(of: extent)
        var header = image.header
        (header.width, header.height) = (result.width, result.height)
        header.geometry = image.header.geometry.scaled(
            columns: Double(result.width) / covered.columns, rows: Double(result.height) / covered.rows)
        header.derivation = Derivation(
            description: "Degraded by \(steps)", model: steps, scale: 1 / scale.value)
        if covered != PixelExtent(columns: Double(image.pixels.width), rows: Double(image.pixels.height)) {
            header.derivation?.covered = covered
            let (width, height) = (image.pixels.width, image.pixels.height)
            header.warnings.append(
                pixels.width == width && pixels.height == height
                    ? "\(width) × \(height) pixels are no multiple of \(scale): the last ones cover some that are not there"
                    : "\(width) × \(height) pixels are no multiple of \(scale): cut at the right and the bottom to "
                        + "\(pixels.width) × \(pixels.height)")
        }
        return Image(header: header, pixels: result)
    }
}

private struct DegradeSummary: Encodable {
    var inputs: [DegradeReport]
    /// What of folders is no image.
    var leftOut: String?
}

private struct DegradeReport: Encodable {
    var input: String
    var output: String?
    var degradation: DrawnDegradation?
    /// What the result cannot say, or what was assumed of the input.
    var warnings: [String]?
    /// What was done otherwise than to intensities; see `Image.sampleNotes`.
    var notes: [String]?
    var error: String?
}
