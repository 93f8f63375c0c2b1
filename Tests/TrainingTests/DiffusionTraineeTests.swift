import Foundation
import Imaging
import Networks
import ONNX
import Testing
import Torch
import TorchNN
import Training
import Upscaling

@Suite("Training a denoiser", .serialized)
struct DiffusionTraineeTests {
    /// Networks this small lose more to waiting for other threads than they gain.
    init() { TorchRuntime.threadCount = 1 }

    static let network = SR3.Configuration(
        channels: 1, network: UNet.Configuration(features: 8, multipliers: [1, 2], blocks: 1, dropout: 0.1))

    static func configuration(
        target: PredictionTarget = .velocity, subject: DiffusionSubject = .residual(deviation: 0.1),
        largestBlur: Double = 0, rate: Double = 2e-3
    ) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: .sr3(network),
            objective: .diffusion(
                DiffusionObjective(
                    process: DiffusionProcess(schedule: .cosine(steps: 100), target: target, subject: subject),
                    largestBlur: largestBlur)),
            scale: 4, data: [], batchSize: 4, cropSize: 16, steps: 200, learningRate: rate,
            schedule: .warmup(steps: 5), loss: .mse, precision: .float32)
    }

    /// A bright square on a gradient, and the residual to a smooth version of it.
    static func batch() -> Batch {
        var input: [Float] = []
        var target: [Float] = []
        for example in 0..<4 {
            for y in 0..<16 {
                for x in 0..<16 {
                    input.append(Float(x) / 20 + Float(y * example) / 100)
                    target.append((4..<10).contains(x) && (5..<11).contains(y) ? 0.1 : -0.03)
                }
            }
        }
        return Batch(
            input: Tensor(input, shape: [4, 1, 16, 16]).channelsLast,
            target: Tensor(target, shape: [4, 1, 16, 16]).channelsLast, bicubic: nil)
    }

    @Test("lowers the loss on one batch, whatever is predicted", arguments: PredictionTarget.allCases)
    func learns(target: PredictionTarget) throws {
        let trainee = try Self.configuration(target: target).makeTrainee(initialWeights: nil, on: .cpu)
        let batch = Self.batch()
        let losses = try (0..<80).map { try trainee.step(batch, step: $0)[0].value }
        let (start, end) = (losses[0..<20].reduce(0, +) / 20, losses[60...].reduce(0, +) / 20)
        #expect(end < 0.8 * start, "\(start) → \(end)")
    }

    @Test("Validation keeps a sample of the image within what its enlargement and the range hold, as use does")
    func clampsLikeUse() throws {
        /// Sees noise of any size, so that its estimates of the image have any brightness.
        struct Wild: Denoiser {
            let target = PredictionTarget.noise
            func predict(_ noisy: Pixels, condition: Pixels, gamma: Double) throws -> Pixels {
                var result = noisy
                for index in result.samples.indices { result.samples[index] *= -50 }
                return result
            }
        }
        let objective = DiffusionObjective(
            process: DiffusionProcess(schedule: .cosine(steps: 100), target: .noise, subject: .image))
        let enlarged = Pixels(width: 4, height: 4, samples: (0..<16).map { Float($0) / 15 })
        let sample = try objective.sample(Wild(), enlarged: enlarged, seed: 1)
        #expect(sample.samples.allSatisfy { (-1e-5...1.00001).contains($0) })
    }

    @Test("Steps, a stop and steps are those steps in one go, bit for bit")
    func resumes() throws {
        let configuration = Self.configuration(largestBlur: 2)
        let batch = Self.batch()
        let whole = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        for step in 0..<3 { _ = try whole.step(batch, step: step) }
        let state = whole.state.mapValues(\.clone)
        for step in 3..<6 { _ = try whole.step(batch, step: step) }

        let resumed = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        try resumed.restore(state)
        for step in 3..<6 { _ = try resumed.step(batch, step: step) }
        let (expected, found) = (whole.state, resumed.state)
        #expect(expected.keys == found.keys)
        for (name, tensor) in expected { #expect(tensor.bytes == found[name]!.bytes, "\(name)") }
    }

    // Where that variable hides instructions, OpenVINO cannot normalise.
    @Test(
        "A model file made of a run denoises in OpenVINO as the run's weights do in libtorch",
        .enabled(if: ProcessInfo.processInfo.environment["ONEDNN_MAX_CPU_ISA"] == nil))
    func exports() throws {
        let configuration = Self.configuration()
        let trainee = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        for step in 0..<30 { _ = try trainee.step(Self.batch(), step: step) }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let checkpoint = folder.appendingPathComponent("checkpoint.safetensors")
        try Checkpoint(
            configuration: configuration, step: 30, state: trainee.state, finalWeights: trainee.finalWeights,
            generator: SeededGenerator(seed: 1), scores: [], history: []
        ).write(to: checkpoint)
        let file = folder.appendingPathComponent("denoiser.onnx")
        try ModelExport(checkpoint: checkpoint, name: "denoiser").proto().write(to: file)

        let model = try ModelFile(contentsOf: file)
        guard case .diffusion(let objective) = configuration.objective else { return #expect(Bool(false)) }
        #expect(model.metadata.diffusion?.process == objective.process)
        let upscaler = Cascade([try DiffusionUpscaler(model: model)])
        let image = Image(
            header: ImageHeader(width: 6, height: 5, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: 6, height: 5, samples: (0..<30).map { Float($0 * 8) }))
        let options = SamplingOptions(steps: 5, seed: 9)
        let sample = try upscaler.sample(image, scale: 4, options: options)

        // The same by hand, on libtorch.
        var condition = image.pixels.resized(width: 24, height: 20)
        let enlarged = condition
        for index in condition.samples.indices { condition.samples[index] = 2 * condition.samples[index] / 255 - 1 }
        var generator = SeededGenerator(seed: 9, stream: 0)
        let denoiser = try SR3Denoiser(Self.network, target: .velocity, weights: trainee.finalWeights)
        let clean = try Sampler.dpmSolver(
            denoiser, schedule: model.metadata.diffusion!.process.schedule.spaced(5, by: .halfLogSNR),
            condition: condition, using: &generator)
        for index in clean.samples.indices {
            let expected = enlarged.samples[index] + clean.samples[index] * 0.1 * 255
            #expect(abs(sample.pixels.samples[index] - expected) < 0.05)
        }
    }

    @Test("The presets are consistent, and each diffusion preset has its regression twin")
    func presets() throws {
        let folder = TrainingFolder(folder: "images", modality: .brainMRI)
        for preset in Preset.allCases where preset.rawValue.hasPrefix("sr3") {
            try preset.configuration(scale: 4, data: [folder]).validate()
        }
        for (diffusion, regression) in [
            (Preset.sr3TinyMRI, Preset.sr3TinyMRIRegression), (.sr3TinyChest, .sr3TinyChestRegression),
        ] {
            let (one, two) = (
                diffusion.configuration(scale: 4, data: [folder]), regression.configuration(scale: 4, data: [folder])
            )
            #expect(one.architecture == two.architecture && one.cropSize == two.cropSize && one.steps == two.steps)
            #expect(one.objective == .diffusion(.residual(deviation: diffusion == .sr3TinyMRI ? 0.05 : 0.02)))
            #expect(two.objective == .regression)
        }
    }

    @Test("Only sr3 takes a diffusion objective, and crops that fit it")
    func validates() throws {
        var configuration = Self.configuration()
        configuration.data = [TrainingFolder(folder: "images", modality: .general)]
        try configuration.validate()
        configuration.cropSize = 17
        #expect(throws: TrainingError.self) { try configuration.validate() }
        configuration.cropSize = 16
        configuration.architecture = .vdsr(.init())
        #expect(throws: TrainingError.self) { try configuration.validate() }
    }
}
