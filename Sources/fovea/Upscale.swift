import ArgumentParser
import Batch
import DICOMweb
import Evaluation
import Foundation
import Imaging
import Reporting
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
              fovea upscale series/ -o large/ --scale 2 --resume
              fovea upscale fundus.jpg -o fundus_large.png --model bicubic
              fovea upscale slide.png --model swinir.onnx --channels 3
              fovea upscale brain.nii.gz --model sr3-mri-x4 --samples 8 --consistent
              fovea upscale dicomweb://localhost:8042/dicom-web/studies/UID --scale 2

            A study or series of a DICOMweb archive (dicomwebs:// for TLS) is fetched, and what is made of it sent back; \
            with -o FOLDER it is kept as files.

            What a network from elsewhere expects is said by a JSON file beside it (swinir.json for swinir.onnx) or by \
            --channels and, where they are not usual, --model-scale, --value-range, --input-kind and --output-kind.
            """)

    @Argument(help: "Images, and folders of images; or an archive's study.") var inputs: [String]

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
            "Draw so many samples of a model that draws them, and write their mean, where they differ (OUT_deviation) and all of them on a sheet (OUT_samples.png).",
            valueName: "n"))
    var samples: Int?

    @OptionGroup(title: "Trust") var trust: TrustOptions

    @OptionGroup(title: "Many files") var batch: RunOptions

    @OptionGroup(title: "Archive") var archive: ArchiveOptions

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
        if inputs.contains(where: ArchiveAddress.isMeant) {
            try ArchiveUpscale(command: self).validate()
        } else if archive.isUsed {
            throw ValidationError("--send-to and --credentials go with the address of an archive, dicomweb://….")
        }
    }

    func run() throws {
        guard !inputs.contains(where: ArchiveAddress.isMeant) else { return try ArchiveUpscale(command: self).run() }
        try requireUse()
        let list = try JobList(named: inputs, output: output, suffix: "_x\(scale)")
        let console = Console(isQuiet: quiet)
        // Of all files, whoever works on which, so that those who share a series agree about it.
        let series = SeriesSurvey(list.jobs.map(\.input)) {
            console.progress("looking at the series: \($0 + 1) of \(list.jobs.count)")
        }
        let run = try batchRun(list.jobs(of: batch.shard), series: series)
        let reporter = UpscaleReporter(
            list, shard: batch.shard, named: inputs, scale: scale.value, isJSON: json, console: console)
        try withExtendedLifetime(Interruption()) {
            reporter.begin()
            let outcomes = run.perform {
                reporter.take($0)
                return .goOn
            }
            try reporter.finish(outcomes)
        }
    }

    /// Refuses options that the model makes no use of.
    func requireUse() throws {
        let check = MethodFinder(model.choice, options: model)
        try MethodFinder.requireUse(of: model, by: [check], scale: scale.value)
        if samples != nil, try !check.drawsSamples(scale: scale.value) {
            throw ValidationError(
                "--samples needs a model that draws them, such as --model sr3-mri-x4; others give one result.")
        }
    }

    /// What these options make of jobs.
    ///
    /// - Parameters:
    ///   - jobs: to be done.
    ///   - series: what their files have in common.
    ///   - madeElsewhere: SOP Instance UIDs of results that need not be made.
    func batchRun(_ jobs: [Job], series: SeriesSurvey, madeElsewhere: Set<String> = []) throws -> BatchRun {
        let finder = MethodFinder(model.choice, options: model, series: series, threads: batch.threadsToUse)
        let scale = scale.value
        return BatchRun(
            jobs, recipe: try recipe(finder), series: series,
            options: batch.options(overwrites: overwrite, writing: writeOptions, madeElsewhere: madeElsewhere),
            figures: Self.figures
        ) { try finder.method(for: $0, scale: scale) }
    }

    private func recipe(_ finder: MethodFinder) throws -> Recipe {
        Recipe(
            scale: scale.value, model: model.choice.name, models: try finder.candidates(scale: scale.value),
            precision: model.inference.precision.rawValue, color: model.inference.color ?? .luminance,
            grain: model.grainTreatment, blur: model.grain.blur ?? 0,
            usesAcquiredGrid: model.inference.acquiredGrid != ModelOptions.AcquiredGridChoice.none,
            sampling: model.sampling.options, isConsistent: consistent, samples: samples,
            trust: try trust.request)
    }

    private static let figures: SampleFigures.Artist = { drawn, source in
        let figure = SamplesFigure(drawn, of: source, slice: source.header.slices / 2)
        return SampleFigures(deviation: figure.deviationMap.image, sheet: figure.contactSheet.image)
    }
}
