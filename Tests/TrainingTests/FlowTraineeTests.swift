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

@Suite("Training a flow", .serialized)
struct FlowTraineeTests {
    /// Networks this small lose more to waiting for other threads than they gain.
    init() { TorchRuntime.threadCount = 1 }

    static let encoder = Foveola.Configuration(scale: 2, features: 6, blocks: 1)

    static func configuration(_ objective: FlowObjective = FlowObjective(frozenShare: 0, noise: 0), steps: Int = 300)
        -> TrainingConfiguration
    {
        TrainingConfiguration(
            architecture: .srflow(
                .init(encoder: encoder, depths: 1, projected: 4, steps: 2, hidden: 8, deviation: 0.5)),
            objective: .flow(objective), scale: 2, data: [TrainingFolder(folder: "images", modality: .chestXRay)],
            batchSize: 4, cropSize: 16, steps: steps, learningRate: 3e-3, schedule: .cosine(warmup: 5, floor: 0.02),
            averageDecay: 0.9, precision: .float32)
    }

    /// What is left of the images is normal of a deviation, whatever the input.
    private static func batch(deviation: Double, seed: UInt64) -> Batch {
        let generator = Generator(seed: seed)
        return Batch(
            input: generator.uniform([8, 1, 16, 16]).channelsLast,
            target: (generator.normal([8, 1, 32, 32]) * deviation).channelsLast, bicubic: nil)
    }

    @Test("learns how likely noise of a known deviation is: ½ log₂(2πeσ²) bits")
    func knownDensity() throws {
        let trainee = try Self.configuration().makeTrainee(initialWeights: nil, on: .cpu)
        var bits: [Float] = []
        for step in 0..<300 {
            bits.append(try trainee.step(Self.batch(deviation: 0.05, seed: UInt64(step)), step: step)[0].value)
        }
        // −2.2748 for 0.05. Each step's 8,192 values vary by 0.008 bits, and no model can be below the truth by more.
        let end = bits[280...].reduce(0, +) / 20
        #expect(abs(end + 2.2748) < 0.03, "\(end)")
    }

    @Test("learns four crops by heart")
    func overfits() throws {
        let trainee = try Self.configuration().makeTrainee(initialWeights: nil, on: .cpu)
        let generator = Generator(seed: 4)
        let batch = Batch(
            input: generator.uniform([4, 1, 16, 16]).channelsLast,
            target: (generator.normal([4, 1, 32, 32]) * 0.05).channelsLast, bicubic: nil)
        let bits = try (0..<300).map { try trainee.step(batch, step: $0)[0].value }
        // Noise that it sees again and again becomes likelier than new noise can be.
        #expect(bits[299] < -2.2748 - 0.2, "\(bits[299])")
    }

    @Test("leaves the enlarging network as it began until its share of the steps is over")
    func freezes() throws {
        let begun = Self.configuration(FlowObjective(frozenShare: 0.5, noise: 0), steps: 8)
        let initial = Parameters(seed: 9)
        _ = try Foveola(initial.root, Self.encoder)
        let trainee = try begun.makeTrainee(initialWeights: initial.all, on: .cpu)
        func encoderMoved() -> Bool {
            trainee.state["network.head.weight"]!.values != initial.all["head.weight"]!.values
        }
        let flow = trainee.state["network.flow.projections.0.weight"]!.values
        for step in 0..<4 { _ = try trainee.step(Self.batch(deviation: 0.05, seed: 1), step: step) }
        #expect(!encoderMoved())
        #expect(trainee.state["network.flow.projections.0.weight"]!.values != flow)
        _ = try trainee.step(Self.batch(deviation: 0.05, seed: 1), step: 4)
        #expect(encoderMoved())
    }

    @Test("refuses a frozen network that is nobody's or another's, and lower precision")
    func refusals() throws {
        let frozen = Self.configuration(FlowObjective(frozenShare: 1))
        var error = #expect(throws: TrainingError.self) { try frozen.validate() }
        #expect(error?.description.contains("--from") == true)
        let other = Parameters()
        _ = try Foveola(other.root, Foveola.Configuration(scale: 2, features: 7, blocks: 1))
        error = #expect(throws: TrainingError.self) { try frozen.makeTrainee(initialWeights: other.all, on: .cpu) }
        #expect(error?.description.contains("1 blocks of 6 features") == true)
        var automatic = Self.configuration()
        automatic.precision = .auto
        error = #expect(throws: TrainingError.self) { try automatic.validate() }
        #expect(error?.description.contains("float32") == true)
        var network = Self.configuration()
        network.architecture = .foveola(Self.encoder)
        #expect(throws: TrainingError.self) { try network.validate() }
    }

    /// A model file of a flow that has learned a little, in a folder that is gone with the test.
    private static func model(in folder: TemporaryFolder) throws -> ModelFile {
        let configuration = Self.configuration()
        let trainee = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        for step in 0..<20 { _ = try trainee.step(batch(deviation: 0.05, seed: UInt64(step)), step: step) }
        let checkpoint = folder["checkpoint.safetensors"]
        try Checkpoint(
            configuration: configuration, step: 20, state: trainee.state, finalWeights: trainee.finalWeights,
            generator: SeededGenerator(seed: 1), scores: [], history: []
        ).write(to: checkpoint)
        try ModelExport(checkpoint: checkpoint, name: "flow").proto().write(to: folder["flow.onnx"])
        return try ModelFile(contentsOf: folder["flow.onnx"])
    }

    /// 12 bits stored, filled widely enough for the declared range to count.
    private static func image(width: Int, height: Int, slices: Int = 1) -> Image {
        let samples = (0..<width * height * slices).map { Float((2000 + 1800 * sin(Double($0) * 0.37)).rounded()) }
        return Image(
            header: ImageHeader(
                width: width, height: height, slices: slices,
                intensity: Intensity(sampleType: .uint16, bitsStored: 12)),
            pixels: Pixels(width: width, height: height, slices: slices, samples: samples))
    }

    @Test("Tiles leave no seams: drawn in tiles, an image is what it is drawn whole")
    func tiles() throws {
        let folder = try TemporaryFolder()
        let model = try Self.model(in: folder)
        let image = Self.image(width: 83, height: 61)
        func sample(tileLength: Int) throws -> Image {
            try Cascade([FlowUpscaler(model: model, tileLength: tileLength)]).sample(image, scale: 2)
        }
        let (whole, tiled) = (try sample(tileLength: 4096), try sample(tileLength: 40))
        #expect(greatestDifference(whole.pixels.samples, tiled.pixels.samples) < 0.1)
    }

    @Test("Temperature 0 draws one image, others differ by seed, number and slice, the more the warmer")
    func draws() throws {
        let folder = try TemporaryFolder()
        let cascade = Cascade([try FlowUpscaler(model: Self.model(in: folder))])
        var volume = Self.image(width: 12, height: 10, slices: 2)
        volume.pixels.samples.replaceSubrange(120..<240, with: volume.pixels.samples[0..<120])
        func sample(_ temperature: Double?, seed: UInt64 = 1, number: Int = 0) throws -> Pixels {
            try cascade.sample(
                volume, scale: 2, options: SamplingOptions(seed: seed, temperature: temperature), number: number
            ).pixels
        }
        let still = try sample(0)
        #expect(try sample(0, seed: 2) == still && still.slice(0) == still.slice(1))
        let warm = try sample(0.8)
        #expect(try sample(0.8) == warm)
        #expect(try sample(0.8, seed: 2) != warm)
        #expect(try sample(0.8, number: 1) != warm)
        #expect(warm.slice(0) != warm.slice(1))
        // What the file advises, 0.9 here.
        #expect(try sample(nil) == sample(0.9))
        func spread(_ temperature: Double) throws -> Float {
            zip(try sample(temperature).samples, still.samples).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        #expect(try spread(0.4) < 0.5 * spread(0.8))
    }

    @Test("Consistent draws and their mean reduce to the image within one gray level")
    func consistent() throws {
        let folder = try TemporaryFolder()
        let cascade = Cascade([try FlowUpscaler(model: Self.model(in: folder))])
        let image = Self.image(width: 20, height: 12)
        func drawn(_ isConsistent: Bool) throws -> DrawnSamples {
            try cascade.samples(of: image, scale: 2, count: 3, options: SamplingOptions(isConsistent: isConsistent))
        }
        let consistency = Consistency(with: image.pixels, width: 40, height: 24)
        let held = try drawn(true)
        for sample in held.samples + [held.mean] { #expect(consistency.largestDeviation(of: sample.pixels) <= 1) }
        #expect(try consistency.largestDeviation(of: drawn(false).mean.pixels) > 5)
    }

    @Test("A flow's file is refused as a network of one step, and as a flow where it lacks what it draws from")
    func otherUse() throws {
        let folder = try TemporaryFolder()
        let model = try Self.model(in: folder)
        #expect(throws: ModelError.self) { try Upscaler(models: [model]) }
        var metadata = model.metadata
        metadata.flow = nil
        let plain = try ModelFile(contentsOf: model.url, metadata: metadata)
        #expect(throws: ModelError.self) { try FlowUpscaler(model: plain) }
        #expect(Precision.automatic(for: [model]) == .float32)
    }
}
