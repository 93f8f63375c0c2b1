import Foundation
import Imaging
import Networks
import TestSupport
import Testing
import Torch
import TorchNN
import Training
import Upscaling

@Suite("Generation") struct GenerationTests {
    init() { TorchRuntime.threadCount = 1 }

    private func configuration(_ folder: TemporaryFolder) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: .stylegan2(.init(latentSize: 4, features: [4, 4, 4, 4], mappingLayers: 1)),
            objective: .generation(.init(discriminator: .stylegan2(.init(size: 32, features: 2, mostFeatures: 4)))),
            scale: 4, data: [TrainingFolder(folder: folder.path, modality: .chestXRay)], reductions: [1],
            validationShare: 0, batchSize: 2, cropSize: 8, steps: 4, precision: .float32)
    }

    @Test("whole images are learned from as they lie, and those of another size are left out and named")
    func wholeImages() throws {
        let folder = try TemporaryFolder()
        let image = Phantom.image(1, width: 32, height: 32)
        try ImageFile.write(image, to: folder["a1.png"])
        try ImageFile.write(Phantom.image(2, width: 64, height: 64), to: folder["a2.png"])
        try ImageFile.write(Phantom.image(3, width: 32, height: 40), to: folder["a3.png"])
        let configuration = configuration(folder)
        let sets = try TrainingImages(configuration).load()
        #expect(sets[0].training.map(\.name) == ["a1.png"])
        #expect(sets[0].leftOut.unreadable.map(\.name) == ["a2.png", "a3.png"])
        #expect(sets[0].leftOut.unreadable[0].reason.contains("64 × 64 pixels is none of the 32 × 32"))
        var sampler = try BatchSampler(sets, configuration: configuration)
        for _ in 0..<4 {
            let target = sampler.next(on: .cpu).target
            let expected = image.pixels.samples.map { $0 / 255 }
            let found = target.contiguous.values
            #expect(zip(found, expected + expected).allSatisfy { ($0 - $1).magnitude < 1e-5 })
        }
    }

    @Test("what it makes comes nearer, on the mean, to what it is shown")
    func learns() throws {
        let folder = try TemporaryFolder()
        for number in 1...4 {
            try ImageFile.write(Phantom.image(number, width: 32, height: 32), to: folder["a\(number).png"])
        }
        var configuration = configuration(folder)
        configuration.architecture = .stylegan2(.init(latentSize: 8, features: [8, 8, 8, 8], mappingLayers: 2))
        configuration.objective = .generation(
            .init(discriminator: .stylegan2(.init(size: 32, features: 4, mostFeatures: 8))))
        (configuration.batchSize, configuration.steps, configuration.learningRate) = (4, 150, 5e-3)
        configuration.averageDecay = 0.9
        let sets = try TrainingImages(configuration).load()
        var sampler = try BatchSampler(sets, configuration: configuration)
        let trainee = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        let truth = sets[0].training.map(\.pixels.samples)
        func distance() throws -> Float {
            let network = try StyleGenerator(
                Parameters(loading: trainee.finalWeights).root,
                .init(latentSize: 8, features: [8, 8, 8, 8], mappingLayers: 2))
            let made = TorchRuntime.withoutGradients {
                ((network(Generator(seed: 9).normal([32, 8])) + 1) / 2).mean([0]).contiguous.values
            }
            return made.indices.reduce(0) { sum, index in
                let mean = truth.reduce(0) { $0 + $1[index] } / Float(truth.count)
                return sum + (made[index] - mean) * (made[index] - mean)
            }
        }
        let before = try distance()
        for step in 0..<150 { _ = try trainee.step(sampler.next(on: .cpu), step: step) }
        let after = try distance()
        #expect(after < before / 2, "\(before) → \(after)")
    }

    @Test("what contradicts itself is refused by its key")
    func refused() throws {
        let folder = try TemporaryFolder()
        let sound = configuration(folder)
        try sound.validate()
        func expect(_ mention: String, _ change: (inout TrainingConfiguration) -> Void) {
            var configuration = sound
            change(&configuration)
            #expect { try configuration.validate() } throws: { "\($0)".contains(mention) }
        }
        expect("discriminator judges 16² pixels") {
            $0.objective = .generation(.init(discriminator: .stylegan2(.init(size: 16, features: 2))))
        }
        expect("generator makes 32² pixels") { $0.cropSize = 16 }
        expect("reductions must be [1]") { $0.reductions = [1, 2] }
        expect("optimizer must be adam") { $0.optimizer = .momentum }
        expect("architecture is stylegan2, which takes no image") { $0.objective = .regression }
        expect("is for the architecture stylegan2 alone") { $0.architecture = .srresnet(.init(scale: 4)) }
    }
}

@Suite("Differentiable augmentation") struct DifferentiableAugmentationTests {
    private func drawn(_ augmentation: DifferentiableAugmentation, seed: UInt64) -> DifferentiableAugmentation.Drawn {
        var generator = SeededGenerator(seed: seed)
        return augmentation.drawn(count: 1, side: 8, using: &generator)
    }

    private let image = Generator(seed: 1).uniform([1, 1, 8, 8])

    @Test("nothing to change changes nothing")
    func identity() {
        let none = DifferentiableAugmentation(shift: 0, cutout: 0, contrast: 0, brightness: 0)
        #expect(drawn(none, seed: 1)(image).values == image.values)
    }

    @Test("a shift moves every pixel by as much as was drawn, and zeros come in")
    func shift() {
        let augmentation = DifferentiableAugmentation(shift: 0.25, cutout: 0, contrast: 0, brightness: 0)
        let moved = (1...99).lazy.map { drawn(augmentation, seed: $0) }.first { $0.rows[0] * $0.columns[0] == -2 }!
        let (rows, columns) = (moved.rows[0], moved.columns[0])
        let (before, after) = (image.values, moved(image).values)
        for row in 0..<8 {
            for column in 0..<8 {
                let (y, x) = (row - rows, column - columns)
                let expected = (0..<8).contains(y) && (0..<8).contains(x) ? before[y * 8 + x] : 0
                #expect((after[row * 8 + column] - expected).magnitude < 1e-6)
            }
        }
    }

    @Test("a hole is zero and nothing else changes; contrast keeps the mean, brightness moves it; gradients pass")
    func others() throws {
        let holed = drawn(.init(shift: 0, cutout: 0.5, contrast: 0, brightness: 0), seed: 2)
        let zeros = holed(image).values.count { $0 == 0 }
        let hole = holed.holes[0]
        #expect(zeros == hole.rows.clamped(to: 0..<8).count * hole.columns.clamped(to: 0..<8).count && zeros > 0)
        let strong = drawn(.init(shift: 0, cutout: 0, contrast: 0.5, brightness: 0), seed: 4)
        #expect((strong(image).mean().item - image.mean().item).magnitude < 1e-6)
        #expect(strong.gains[0] != 1)
        let bright = drawn(.init(shift: 0, cutout: 0, contrast: 0, brightness: 0.25), seed: 5)
        #expect((bright(image).mean().item - image.mean().item - bright.offsets[0]).magnitude < 1e-6)
        let leaf = image.detached
        leaf.requiresGradient = true
        drawn(.init(), seed: 6)(leaf).square.sum().backward()
        #expect(try #require(leaf.gradient).values.contains { $0 != 0 })
    }
}
