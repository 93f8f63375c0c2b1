import ArgumentParser
import Batch
import Evaluation
import Foundation
import ImageQuality
import Imaging
import Reporting
import Upscaling

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how well models restore images whose truth is known.",
        discussion: """
            Each image of the folder is degraded, restored by each model, and compared with itself. Prints a table of \
            models by metrics with the conventions that were used; --json keeps the values of every image.

              fovea evaluate images/ --scale 4
              fovea evaluate images/ --scale 4 --models bicubic,imdn.onnx --json r.json
              fovea evaluate scans/ --scale 2 --degradation kspace --limit 10 --slices 8
              fovea evaluate full/ --inputs quarter/ --scale 2 --register
              fovea evaluate films/ --scale 4 --models fovea-general-x4 --trust --trust-as "chest film"

            With --inputs what is restored comes from files of its own, as of a low dose, and is compared with the truth \
            of the same name (path below the folder, without its ending). Names that differ by what they say of the \
            kind are paired by --pair: 'full,quarter' pairs L096_full.dcm with L096_quarter.dcm, also in one folder.
            """)

    @Argument(help: ArgumentHelp("A folder of high-resolution images.", valueName: "hr-folder")) var folder: String

    @Option(
        help: ArgumentHelp(
            "Take what is restored from this folder: of the truth's size, or as many times smaller as --scale says.",
            valueName: "folder"))
    var inputs: String?
    @Option(
        help: ArgumentHelp(
            "What names of truths and of inputs hold, one instead of the other; the same names by default.",
            valueName: "truth,input"))
    var pair: String?
    @Flag(
        help:
            "Lay results onto their truths by a sub-pixel move and one line for all intensities before they are scored."
    )
    var register = false

    @Option(help: "How many times the images are reduced, and enlarged again.") var scale = 4

    @OptionGroup var judged: JudgedModels
    @Flag(help: "Judge each model also with its results changed so that, reduced again, they are the input.")
    var consistent = false

    @Option(help: "What happens to each image; see 'fovea help degrade'.") var degradation = "bicubic"
    @Option(help: "Gaussian noise added at the end, its standard deviation in gray levels of 255.") var noise: Double?
    @Option(help: "Starts the random numbers of the degradation.") var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            """
            Metrics, separated by commas: psnr, ssim, ssim.uniform11, msssim.wang2003, uqi.wangbovik2002, uqi.sewar, \
            sharpness, sfrc, sfrc.onesided, consistency.
            """,
            valueName: "list"))
    var metrics = "psnr,ssim"

    @Option(
        help: ArgumentHelp("Also LPIPS, by a network that Tools/convert_lpips.py made.", valueName: "onnx"))
    var lpips: String?
    @Option(help: ArgumentHelp("Reduce the images this many times before they serve as truth.", valueName: "factor"))
    var reduce = 1
    @Option(help: ArgumentHelp("Take at most so many files, evenly spread.", valueName: "n")) var limit: Int?
    @Option(help: ArgumentHelp("Take at most so many slices of each volume, evenly spread.", valueName: "n"))
    var slices: Int?

    @OptionGroup(title: "Trust") var trustOptions: EvaluateTrust

    @Option(
        help: ArgumentHelp(
            "Write a page with table, plots, figures and conventions into this folder, and the JSON beside it.",
            valueName: "folder"))
    var report: String?
    @Option(help: ArgumentHelp("Write JSON to a file, or to standard output with '-'.", valueName: "file"))
    var json: JSONDestination?
    @Flag(help: "Say nothing but errors.") var quiet = false

    func validate() throws {
        if !(1...16).contains(scale) {
            throw ValidationError("--scale takes a whole number from 1 to 16, not \(scale).")
        }
        if folder.isEmpty { throw ValidationError("the folder's name is empty; write . for the one that you are in.") }
        _ = try ModelChoice.list(judged.models)
        if !(1...64).contains(reduce) { throw ValidationError("--reduce takes a whole number from 1 to 64.") }
        if let limit, limit < 1 { throw ValidationError("--limit takes a whole number from 1.") }
        if let slices, slices < 1 { throw ValidationError("--slices takes a whole number from 1.") }
        if inputs == nil, pair != nil || register {
            throw ValidationError(
                "\(pair != nil ? "--pair" : "--register") is for inputs that are files of their own; name their folder by --inputs."
            )
        }
        if trustOptions.trust, inputs != nil || scale < 2 {
            throw ValidationError(
                "--trust judges images that are reduced and enlarged again; leave \(inputs != nil ? "--inputs" : "--scale 1") out."
            )
        }
        if inputs?.isEmpty == true {
            throw ValidationError("--inputs: the folder's name is empty; write . for this one.")
        }
        _ = try marks
        _ = try chosenMetrics
        do {
            _ = try steps
        } catch let error as DegradationError {
            throw ValidationError("\(error)")
        }
    }

    private var steps: Degradation {
        get throws { try Degradation(degradation, addingNoise: noise, scale: Double(scale)) }
    }

    private var marks: ImagePairs.Marks? {
        get throws {
            guard let pair else { return nil }
            let parts = pair.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts.contains(""), parts[0] != parts[1] else {
                throw ValidationError("--pair takes two different texts, such as full,quarter, not '\(pair)'.")
            }
            return ImagePairs.Marks(truth: parts[0], input: parts[1])
        }
    }

    private var chosenMetrics: [Metric] {
        get throws {
            let names = metrics.split(separator: ",", omittingEmptySubsequences: false)
            if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
                throw ValidationError("--metrics names '\(twice)' twice.")
            }
            return try names.filter { $0 != Measure.consistency.key }.map { name in
                guard let metric = Metric(named: String(name)) else {
                    let known = (Metric.allCases.map(\.evaluationKey) + [Measure.consistency.key])
                        .joined(separator: ", ")
                    throw ValidationError("--metrics: there is no '\(name)'; choose of \(known).")
                }
                return metric
            }
        }
    }

    func run() throws {
        let model = judged.options
        let root = URL(fileURLWithPath: folder)
        let images = try ImageFolder(root)
        let console = Console(isQuiet: quiet)
        let inputImages = try inputs.map { try ImageFolder(URL(fileURLWithPath: $0)) }
        let pairs = try inputImages.map { ImagePairs(truths: images, inputs: $0, marks: try marks) }
        // Of unknown and unfit models before anything is looked at.
        _ = try MethodFinder.evaluatedMethods(judged.models, options: model, scale: scale)
        let metrics = try chosenMetrics
        let evaluation = Evaluator(
            scale: scale, degradation: try steps, metrics: metrics, seed: seed, reduction: reduce, limit: limit,
            sliceLimit: slices,
            measuresConsistency: self.metrics.split(separator: ",").contains { $0 == Measure.consistency.key },
            perceptualDistance: try lpips.map { try LPIPS(contentsOf: URL(fileURLWithPath: $0)) },
            pairs: pairs, registers: register)
        let files = try evaluation.files(in: images, path: folder)
        if let leftOut = images.leftOut { console.note(leftOut) }
        let series = SeriesSurvey(files.map { pairs?.input(of: $0.url) ?? $0.url }) {
            console.progress("looking at the series: \($0 + 1) of \(files.count)")
        }
        let methods = try MethodFinder.evaluatedMethods(
            judged.models, options: model, scale: scale, alsoConsistent: consistent, series: series)
        let timeLeft = TimeLeft()
        var result = try evaluation.run(files: files, methods: methods) { progress in
            let finished = Double(progress.finishedFiles) / Double(progress.files)
            console.progress(
                "\(progress.finishedFiles + 1) of \(progress.files)  \(progress.file)  \(progress.method)"
                    + timeLeft.text(finished: finished))
        }
        result.failures += Evaluator.failures(images)
        // Both may be one folder.
        result.failures += (inputImages.map(Evaluator.failures) ?? []).filter { !result.failures.contains($0) }
        result.failures += pairs?.failures ?? []
        for failure in result.failures {
            console.error(failure.error.contains(failure.file) ? failure.error : "\(failure.file): \(failure.error)")
        }
        let trust = try trustOptions.trust ? trusted(files, model, series, console) : nil
        try json?.write(EvaluationAnswer(result: result, trust: trust))
        if let report {
            console.progress("writing the report")
            let manifest = try RunManifest(
                command: ["fovea"] + CommandLine.arguments.dropFirst(), version: FoveaVersion.current, folder: folder,
                files: files, models: result.models)
            let cases = try ReportCase.chosen(from: result, metrics: metrics, evaluation, files, methods)
            let page = EvaluationReport(
                result, metrics: metrics, cases: cases, trust: trust ?? [], manifest: manifest)
            do {
                console.note(try page.write(to: URL(fileURLWithPath: report)).relativePath)
            } catch {
                throw CommandFailure("\(report): cannot write the report: \(systemReason(error))")
            }
        }
        let hasScores = result.rows.contains { $0.images > 0 }
        if case .standardOutput? = json {
        } else if hasScores {
            console.result(result.table(metrics: metrics))
            if let trust { console.result("\n" + TrustEvaluation.table(trust)) }
        }
        if !result.failures.isEmpty { throw ExitCode(1) }
    }

    /// How the bounds of all models that are no interpolation did.
    private func trusted(
        _ files: [(name: String, url: URL)], _ model: ModelOptions, _ series: SeriesSurvey, _ console: Console
    ) throws -> [TrustEvaluation] {
        let finders = try ModelChoice.list(judged.models).filter { $0.choice != .bicubic }
            .map { (name: $0.name, finder: MethodFinder($0.choice, options: model, series: series)) }
        return try trustOptions.evaluations(
            of: finders, on: files, scale: Double(scale), isConsistent: consistent, degradation: try steps, seed: seed,
            progress: { console.progress($0) })
    }
}
