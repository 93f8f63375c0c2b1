import Foundation
import Imaging
import Networks
import ONNX
import TestSupport
import Testing
import Torch
import TorchNN
import Training
import Upscaling

/// What every objective's trainee must keep. A new objective joins `cases` with a network small enough for a test.
@Suite("Every objective", .serialized) struct ObjectiveConformanceTests {
    /// Networks this small lose more to waiting for other threads than they gain.
    init() { TorchRuntime.threadCount = 1 }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var configuration: TrainingConfiguration
        /// Of the images that it learns from, in pixels.
        var imageSize = (width: 96, height: 80)
        /// Whether its first loss falls as it learns; that of a game between two networks alone need not.
        var hasFallingLoss = true
        /// Whether a model file can hold what it learns.
        var isExported = true
    }

    static let cases: [Case] = [
        Case(
            testDescription: "regression",
            configuration: configuration(.srresnet(.init(scale: 2, features: 8, blocks: 1)))),
        Case(
            testDescription: "adversarial",
            configuration: configuration(
                .srresnet(.init(scale: 2, features: 8, blocks: 1)),
                .adversarial(
                    .init(
                        discriminator: .srgan(.init(size: 32, features: 2, hidden: 4)), pixelSteps: 3,
                        content: .discriminatorFeatures, pixelWeight: 1)))),
        Case(
            testDescription: "diffusion",
            configuration: configuration(
                .sr3(.init(channels: 1, network: .init(features: 8, multipliers: [1, 2], blocks: 1))),
                .diffusion(.residual(deviation: 0.1)))),
        Case(
            testDescription: "regression with a prior",
            configuration: configuration(
                .fsrnet(.init(channels: 1, features: 8, encoderBlocks: 1, hourglasses: 1, addsInput: true)))),
        Case(
            testDescription: "adversarial with a prior",
            configuration: configuration(
                .fsrnet(.init(channels: 1, features: 8, encoderBlocks: 1, hourglasses: 1, addsInput: true)),
                .adversarial(
                    .init(
                        discriminator: .srgan(.init(size: 32, features: 2, hidden: 4)), pixelSteps: 3,
                        content: .discriminatorFeatures, contentWeight: 0.1, pixelWeight: 1)))),
        Case(
            testDescription: "generation",
            configuration: configuration(
                .stylegan2(.init(latentSize: 8, features: [8, 8, 8, 8], mappingLayers: 2)),
                .generation(
                    .init(discriminator: .stylegan2(.init(size: 32, features: 4, mostFeatures: 8)), penaltyInterval: 3))
            ),
            imageSize: (32, 32), hasFallingLoss: false, isExported: false),
        Case(
            testDescription: "flow",
            configuration: configuration(
                .srflow(
                    .init(
                        encoder: .init(scale: 2, features: 8, blocks: 1), depths: 1, projected: 4, steps: 2, hidden: 8)),
                .flow(.init(frozenShare: 0)))),
        Case(
            testDescription: "doubt",
            configuration: configuration(.foveola(.init(scale: 2, features: 8, blocks: 1, doubt: 8)), .doubt(.init())),
            // The logarithm of a bound in 255ths, of which a fifth is more than a head can do; DoubtTraineeTests has what it does.
            hasFallingLoss: false),
    ]

    private static func configuration(
        _ architecture: Architecture, _ objective: Objective = .regression
    ) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: architecture, objective: objective, scale: 2,
            data: [
                TrainingFolder(
                    folder: "images", modality: .chestXRay, priors: architecture.estimatedMaps > 0 ? "masks" : nil)
            ],
            reductions: objective.learning.learnsFromWholeImages ? [1] : [1, 2, 3, 4], batchSize: 4,
            cropSize: architecture.input == .lowResolution ? 16 : 32, steps: 100, learningRate: 2e-3,
            schedule: .warmup(steps: 5), loss: .mse, averageDecay: 0.9, precision: .float32,
            initialWeights: architecture.doubts ? "network.onnx" : nil)
    }

    /// Images, which are removed with the folder, and a configuration of them.
    private func prepared(_ name: Case) throws -> (folder: TemporaryFolder, configuration: TrainingConfiguration) {
        let folder = try TemporaryFolder()
        for number in 1...4 {
            let image = Phantom.image(number, width: name.imageSize.width, height: name.imageSize.height)
            try ImageFile.write(image, to: folder["a\(number).png"])
        }
        var configuration = name.configuration
        configuration.data[0].folder = folder.path
        // Any image is a mask.
        if configuration.data[0].priors != nil { configuration.data[0].priors = folder.path }
        configuration.validationShare = 0
        return (folder, configuration)
    }

    @Test("is valid as it stands, comes back from its configuration, and is refused beside another", arguments: cases)
    func coded(name: Case) throws {
        try name.configuration.validate()
        let encoded = try JSONValue(encoding: name.configuration)
        #expect(try encoded.decoded(as: TrainingConfiguration.self) == name.configuration)
        guard case .object(var values) = encoded, let key = type(of: name.configuration.objective.learning).key else {
            return #expect(name.configuration.objective == .regression)
        }
        #expect(values[key] != nil)
        for other in Self.cases {
            guard let otherKey = type(of: other.configuration.objective.learning).key, otherKey != key,
                case .object(let otherValues) = try JSONValue(encoding: other.configuration)
            else { continue }
            values[otherKey] = otherValues[otherKey]
            #expect(throws: DecodingError.self) {
                try JSONValue.object(values).decoded(as: TrainingConfiguration.self)
            }
            // What a YAML file says to take an objective away.
            values[otherKey] = .null
            let alone = try JSONValue.object(values).decoded(as: TrainingConfiguration.self)
            #expect(alone == name.configuration)
        }
    }

    @Test("lowers its first loss on one batch", arguments: cases.filter(\.hasFallingLoss))
    func learns(name: Case) throws {
        let (folder, configuration) = try prepared(name)
        defer { withExtendedLifetime(folder) {} }
        var sampler = try BatchSampler(TrainingImages(configuration).load(), configuration: configuration)
        let batch = sampler.next(on: .cpu)
        let trainee = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        let losses = try (0..<80).map { try trainee.step(batch, step: $0)[0].value }
        let (start, end) = (losses[..<10].reduce(0, +), losses[70...].reduce(0, +))
        // A likelihood in bits may be negative from the start.
        #expect(end < start - 0.2 * abs(start), "\(start) → \(end)")
    }

    @Test("ends bit for bit the same where its state was taken out and put back", arguments: cases)
    func resumes(name: Case) throws {
        let (folder, configuration) = try prepared(name)
        defer { withExtendedLifetime(folder) {} }
        var sampler = try BatchSampler(TrainingImages(configuration).load(), configuration: configuration)
        let batches = (0..<6).map { _ in sampler.next(on: .cpu) }
        // The adversarial one's discriminator joins in between.
        for stop in [2, 4] {
            let whole = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
            for step in 0..<stop { _ = try whole.step(batches[step], step: step) }
            let state = whole.state.mapValues(\.clone)
            for step in stop..<6 { _ = try whole.step(batches[step], step: step) }
            let resumed = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
            try resumed.restore(state)
            for step in stop..<6 { _ = try resumed.step(batches[step], step: step) }
            let (expected, found) = (whole.state, resumed.state)
            #expect(expected.keys == found.keys)
            for (key, tensor) in expected { #expect(tensor.bytes == found[key]!.bytes, "\(key), stopped at \(stop)") }
            for (key, tensor) in whole.finalWeights {
                #expect(tensor.bytes == resumed.finalWeights[key]!.bytes, "\(key), stopped at \(stop)")
            }
        }
    }

    // Where that variable hides instructions, OpenVINO cannot normalise.
    @Test(
        "exports what it validates: OpenVINO gives whoever uses the model file the images that are scored",
        .enabled(if: ProcessInfo.processInfo.environment["ONEDNN_MAX_CPU_ISA"] == nil),
        arguments: cases.filter(\.isExported))
    func exports(name: Case) throws {
        let (folder, configuration) = try prepared(name)
        let images = try #require(try TrainingImages(configuration).load().first).training
        var sampler = try BatchSampler(TrainingImages(configuration).load(), configuration: configuration)
        let trainee = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        for step in 0..<20 { _ = try trainee.step(sampler.next(on: .cpu), step: step) }
        let checkpoint = folder["checkpoint.safetensors"]
        try Checkpoint(
            configuration: configuration, step: 20, state: trainee.state, finalWeights: trainee.finalWeights,
            generator: sampler.generator, scores: [], history: []
        ).write(to: checkpoint)
        let export = try ModelExport(checkpoint: checkpoint, name: "made-x2")
        try export.proto().write(to: folder["made-x2.onnx"])
        let model = try ModelFile(contentsOf: folder["made-x2.onnx"])

        let restore = try configuration.objective.learning.makeRestorer(
            configuration, weights: trainee.finalWeights, on: .cpu)
        let pair = configuration.pair(of: images[0])
        let validated = try restore(pair, []).samples.map { 255 * $0 }

        var small = configuration
        small.architecture = .srresnet(.init(scale: 2))
        var low = small.pair(of: images[0]).input
        for index in low.samples.indices { low.samples[index] = (255 * low.samples[index]).rounded() }
        let image = Image(
            header: ImageHeader(width: low.width, height: low.height, intensity: Intensity(sampleType: .uint8)),
            pixels: low)
        let used =
            !model.metadata.drawsSamples
            ? try Upscaler(models: [model], grain: GrainTreatment(noise: .none)).upscale(image, scale: 2)
            : try Cascade([model.drawing()]).sample(
                image, scale: 2, options: SamplingOptions(steps: 10, seed: configuration.seed))
        // Values are rounded where they are written, not before.
        #expect(greatestDifference(used.pixels.samples, validated) < 0.05)
        // And the network does something: it is not bicubic interpolation that agrees with itself.
        #expect(greatestDifference(pair.bicubic.samples.map { 255 * $0 }, validated) > 2)
    }

    @Test(
        "says in its model file what its images must be taken for",
        arguments: zip(
            cases.filter(\.isExported),
            [TrainingObjective.fidelity, .perception, .sampling, .fidelity, .perception, .sampling]))
    func purpose(name: Case, expected: TrainingObjective) throws {
        let folder = try TemporaryFolder()
        let trainee = try name.configuration.makeTrainee(initialWeights: nil, on: .cpu)
        let checkpoint = folder["checkpoint.safetensors"]
        try Checkpoint(
            configuration: name.configuration, step: 0, state: [:], finalWeights: trainee.finalWeights,
            generator: SeededGenerator(seed: 1), scores: [], history: []
        ).write(to: checkpoint)
        let export = try ModelExport(checkpoint: checkpoint, name: "made-x2")
        #expect(export.metadata.objective == expected)
        #expect(export.card.contains(export.metadata.notFor ?? "nothing is said"))
        #expect(export.card.contains("Any decision about a patient") == (expected != .fidelity))
    }

    @Test("says in one line why no model file can hold it, where none can", arguments: cases.filter { !$0.isExported })
    func exportsNothing(name: Case) throws {
        let folder = try TemporaryFolder()
        let checkpoint = folder["checkpoint.safetensors"]
        let trainee = try name.configuration.makeTrainee(initialWeights: nil, on: .cpu)
        try Checkpoint(
            configuration: name.configuration, step: 0, state: [:], finalWeights: trainee.finalWeights,
            generator: SeededGenerator(seed: 1), scores: [], history: []
        ).write(to: checkpoint)
        #expect(throws: ExportError.makesNoMap) { try ModelExport(checkpoint: checkpoint, name: "made-x2") }
    }
}
