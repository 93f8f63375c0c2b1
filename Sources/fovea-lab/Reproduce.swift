import ArgumentParser
import DataSets
import Evaluation
import Foundation
import ImageQuality
import Imaging
import Revision
import Torch
import Training

struct Reproduce: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rebuild a paper's table beside its published numbers.",
        discussion: """
            Trains the paper's systems, judges them on the same images beside bicubic interpolation, and prints the \
            table. What is done already is not done again: the same command goes on where it was stopped.
            """,
        subcommands: [ReproduceSaeedi.self, ReproduceAhmad.self, ReproduceSR3.self])
}

/// What every reproduction is asked.
struct ReproductionOptions: ParsableArguments {
    @Option(
        name: .customLong("run"),
        help: "The folder for checkpoints, curves, model files and splits; runs/reproduce-PAPER by default.")
    var runFolder: String?

    @Option(help: "Seed of every random draw.")
    var seed: UInt64 = 1

    @Option(help: "Use at most so many images, evenly spread, to try things out.")
    var limit: Int?

    @Option(help: "Write the table as JSON to this file.")
    var json: String?

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes a whole number from 1.") }
    }

    /// - Parameters:
    ///   - name: the run's folder after this, where the user names none.
    ///   - make: the reproduction, from its folder and device.
    func run(_ name: String, metrics: [Metric], _ make: (URL, Device) throws -> Reproduction) throws {
        let device = compute.prepare()
        var reproduction = try make(URL(fileURLWithPath: runFolder ?? "runs/reproduce-\(name)"), device)
        reproduction.commit = SourceRevision.commit
        let reporter = TrainingReporter(isQuiet: compute.isQuiet)
        let interruption = Interruption()
        var current = ""
        let result = try reproduction.run { event in
            switch event {
            case .training(let system, let event):
                if system != current {
                    reporter.note(system)
                    current = system
                }
                reporter.report(event)
            case .exported(_, let model): reporter.note(model.path)
            case .drawn(let picture): reporter.note(picture.path)
            case .judging: break
            }
            return interruption.isRequested ? .stop : .proceed
        }
        guard let result else {
            reporter.note("stopped; the same command goes on from here")
            throw ExitCode(130)
        }
        if let json {
            try (JSONEncoder.fovea.encode(result) + Data("\n".utf8)).write(
                to: URL(fileURLWithPath: json), options: .atomic)
        }
        print(result.table(metrics: metrics))
        for failure in result.evaluation.failures { reporter.note("\(failure.file): \(failure.error)") }
        if !result.evaluation.failures.isEmpty { throw ExitCode(1) }
    }
}

/// The images that a paper's comparison is rebuilt on.
struct ComparisonOptions: ParsableArguments {
    @Option(help: "Which data set.")
    var dataset: DataSet

    @Argument(help: "Its folder.")
    var folder: String

    @Option(help: "Judge at most so many slices of each volume, evenly spread.")
    var slices = 8

    @Option(help: "The arithmetic of convolutions in training: float32 or bfloat16.")
    var precision = TrainingPrecision.auto

    @OptionGroup var options: ReproductionOptions

    func validate() throws {
        if slices < 1 { throw ValidationError("--slices takes a whole number from 1.") }
    }

    var comparison: Comparison {
        var comparison = Comparison(dataSet: dataset, root: URL(fileURLWithPath: folder))
        comparison.sliceLimit = slices
        comparison.precision = precision
        comparison.seed = options.seed
        comparison.limit = options.limit
        return comparison
    }
}

struct ReproduceSaeedi: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "saeedi",
        abstract: "Table 1 of \"Single Image Super-resolution for Chest X-ray Images\".",
        discussion: """
            VDSR, SRGAN and their hybrid on chest films of 1024 × 1024 pixels, reduced to 256 and then to 64, or on films \
            that were reduced to 256 × 256 before; 6 epochs of batches of 4, as published.

              fovea reproduce saeedi --train films/train --test films/test --json saeedi.json
            """)

    @Option(name: .customLong("train"), help: "A folder of chest films to learn from.")
    var training: String

    @Option(help: "A folder of films of other patients to judge.")
    var test: String

    @Option(help: "How many times every film is seen.")
    var epochs = 6

    @Option(help: "Side of the crops that are learned from, in pixels of the 256; 256 for whole films.")
    var crop = 96

    @Option(help: "The arithmetic of convolutions in training: float32 or bfloat16.")
    var precision = TrainingPrecision.float32

    @Option(help: "VGG-19's weights, made by Tools/convert_vgg19.py; without them a substitute is used and named.")
    var vgg19: String?

    @OptionGroup var options: ReproductionOptions

    func validate() throws {
        if !(1...100_000).contains(epochs) { throw ValidationError("--epochs takes a whole number from 1 to 100000.") }
        if !(32...256).contains(crop) || crop % 16 != 0 {
            throw ValidationError("--crop takes a multiple of 16 from 32 to 256.")
        }
    }

    func run() throws {
        var table = SaeediReproduction(
            training: URL(fileURLWithPath: training), test: URL(fileURLWithPath: test))
        table.epochs = epochs
        table.cropSize = crop
        table.precision = precision
        table.seed = options.seed
        table.vgg19 = vgg19
        table.limit = options.limit
        try options.run("saeedi", metrics: SaeediReproduction.metrics, table.reproduction)
    }
}

struct ReproduceAhmad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ahmad",
        abstract: "The comparison of \"A new generative adversarial network for medical images super resolution\".",
        discussion: """
            Bicubic, SRGAN and the multi-scale GAN at ×4 on a data set as its owner lays it out. The paper's own numbers \
            are not public, so the table is ours alone.

              fovea reproduce ahmad --dataset drive DRIVE/
            """)

    @Option(help: "Steps of the first stage, on pixels.")
    var steps = 20_000

    @Option(help: "Steps of the second stage, against the discriminator.")
    var adversarialSteps = 4_000

    @Option(help: "Peak learning rate of the first stage; it falls to nothing along a cosine.")
    var learningRate = 5e-4

    @Option(help: "VGG-19's weights, made by Tools/convert_vgg19.py; without them a substitute is used and named.")
    var vgg19: String?

    @OptionGroup var images: ComparisonOptions

    func validate() throws {
        if steps < 1 || adversarialSteps < 1 {
            throw ValidationError("--steps and --adversarial-steps take whole numbers from 1.")
        }
        guard (1e-7...1).contains(learningRate) else {
            throw ValidationError("--learning-rate takes a number from 0.0000001 to 1.")
        }
    }

    func run() throws {
        var table = AhmadReproduction(images.comparison)
        table.pixelSteps = steps
        table.adversarialSteps = adversarialSteps
        table.learningRate = learningRate
        table.vgg19 = vgg19
        try images.options.run(
            "ahmad-\(images.dataset.rawValue)", metrics: AhmadReproduction.metrics, table.reproduction)
    }
}

extension DataSet: ExpressibleByArgument {}
extension TrainingPrecision: ExpressibleByArgument {}
