import Foundation
import Imaging
import Networks
import TestSupport
import Testing
import Torch
import TorchNN
import Training
import Upscaling

@Suite("Priors beside images") struct PriorTests {
    init() { TorchRuntime.threadCount = 1 }

    private func configuration(_ folder: TemporaryFolder, masks: String?) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: .fsrnet(.init(channels: 1, features: 8, encoderBlocks: 1, hourglasses: 1, addsInput: true)),
            scale: 8,
            data: [
                TrainingFolder(
                    folder: folder["images"].path, modality: .chestXRay, priors: masks.map { folder[$0].path })
            ], reductions: [1], validationShare: 0, batchSize: 4, cropSize: 32, steps: 100, learningRate: 2e-3,
            schedule: .constant, loss: .mse, precision: .float32)
    }

    /// An image that is its own mask: 255 within an ellipse.
    private func write(_ folder: TemporaryFolder, _ name: String, width: Int = 64, height: Int = 48) throws {
        let samples = (0..<width * height).map { index -> Float in
            let (x, y) = (Double(index % width) - 20, Double(index / width) - 30)
            return x * x / 300 + y * y / 100 < 1 ? 255 : 0
        }
        let image = Image(
            header: ImageHeader(width: width, height: height, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: width, height: height, samples: samples))
        try FileManager.default.createDirectory(
            at: folder[name].deletingLastPathComponent(), withIntermediateDirectories: true)
        try ImageFile.write(image, to: folder[name])
    }

    @Test("a mask is cut and turned with its image, and gives a soft and a sharp map")
    func together() throws {
        let folder = try TemporaryFolder()
        try write(folder, "images/a1.png")
        try write(folder, "masks/a1.tif")
        let configuration = configuration(folder, masks: "masks")
        try configuration.validate()
        var sampler = try BatchSampler(TrainingImages(configuration).load(), configuration: configuration)
        var crops: Set<[Float]> = []
        for _ in 0..<6 {
            let batch = sampler.next(on: .cpu)
            let maps = try #require(batch.priors)
            #expect(maps.shape == [4, 2, 32, 32])
            let sharp = maps.narrow(dimension: 1, start: 1, length: 1).contiguous.values
            // The image is its own mask.
            #expect(sharp == batch.target.contiguous.values)
            crops.insert(sharp)
            let soft = maps.narrow(dimension: 1, start: 0, length: 1).contiguous.values
            #expect(soft.allSatisfy { (-1e-5...1.00001).contains($0) } && soft.contains { $0 > 0.1 && $0 < 0.9 })
        }
        #expect(crops.count == 6)
    }

    @Test("a mask is reduced with its image")
    func reduced() throws {
        let folder = try TemporaryFolder()
        try write(folder, "images/a1.png", width: 128, height: 96)
        try write(folder, "masks/a1.png", width: 128, height: 96)
        var configuration = configuration(folder, masks: "masks")
        configuration.data[0].reduction = 2
        var sampler = try BatchSampler(TrainingImages(configuration).load(), configuration: configuration)
        let batch = sampler.next(on: .cpu)
        let sharp = try #require(batch.priors).narrow(dimension: 1, start: 1, length: 1)
        // Half covered pixels of the edge alone may fall on either side.
        #expect((sharp - batch.target).abs.mean().item < 0.03)
        #expect(Set(sharp.contiguous.values) == [0, 1])
    }

    @Test("an image without a mask, or with one of another size, is left out and named")
    func missing() throws {
        let folder = try TemporaryFolder()
        for name in ["a1", "a2", "a3"] { try write(folder, "images/\(name).png") }
        try write(folder, "masks/a1.png")
        try write(folder, "masks/a2.png", width: 40, height: 40)
        let sets = try TrainingImages(configuration(folder, masks: "masks")).load()
        #expect(sets[0].training.map(\.name) == ["a1.png"])
        let reasons = sets[0].leftOut.unreadable.map(\.reason)
        #expect(reasons.count == 2)
        #expect(reasons[0].contains("40 × 40") && reasons[1].contains("no mask named a3"))
    }

    @Test("a network that estimates wants masks, and one that does not refuses them")
    func contradiction() throws {
        let folder = try TemporaryFolder()
        #expect { try configuration(folder, masks: nil).validate() } throws: {
            "\($0)".contains("data.0.priors is missing; fsrnet")
        }
        var other = configuration(folder, masks: "masks")
        other.architecture = .vdsr(.init(depth: 2, features: 4))
        #expect { try other.validate() } throws: { "\($0)".contains("vdsr estimates nothing") }
        var many = configuration(folder, masks: "masks")
        many.architecture = .fsrnet(.init(channels: 1, features: 8, maps: 3))
        #expect { try many.validate() } throws: { "\($0)".contains("estimates 3 maps") }
    }

    @Test("the loss is half the sum of the image's, the coarse image's and the maps', each said by its name")
    func loss() throws {
        let folder = try TemporaryFolder()
        try write(folder, "images/a1.png")
        try write(folder, "masks/a1.png")
        let configuration = configuration(folder, masks: "masks")
        var sampler = try BatchSampler(TrainingImages(configuration).load(), configuration: configuration)
        let batch = sampler.next(on: .cpu)
        let trainee = try configuration.makeTrainee(initialWeights: nil, on: .cpu)
        let first = try trainee.step(batch, step: 0)
        #expect(first.map(\.name) == ["loss", "image", "coarse", "prior"])
        #expect((first[0].value - (first[1].value + first[2].value + first[3].value) / 2).magnitude < 1e-4)
        var last = first
        for step in 1..<60 { last = try trainee.step(batch, step: step) }
        for (before, after) in zip(first, last) { #expect(after.value < 0.5 * before.value, "\(before.name)") }
    }
}

@Suite("Simple segmentations") struct SegmentationTests {
    /// A made-up film: bright body on a dark ground, with what `inside` says darker.
    private func film(_ inside: (_ column: Double, _ row: Double) -> Bool) -> Pixels {
        let (width, height) = (96, 80)
        let samples = (0..<width * height).map { index -> Float in
            let (x, y) = (Double(index % width), Double(index / width))
            guard (8...88).contains(x), y >= 4 else { return 5 }
            return inside(x, y) ? 60 : 200
        }
        return Pixels(width: width, height: height, samples: samples)
    }

    private func ellipse(_ x: Double, _ y: Double, at center: Double) -> Bool {
        pow((x - center) / 12, 2) + pow((y - 40) / 24, 2) < 1
    }

    @Test("two dark regions that the body encloses are lungs, and what they enclose is part of them")
    func lungs() throws {
        let rib = { (y: Double) in (38...40).contains(y) }
        let picture = film { x, y in
            ellipse(x, y, at: 30) && !(rib(y) && (26...33).contains(x)) || ellipse(x, y, at: 66)
        }
        let mask = try #require(Anatomy.lungs.mask(of: picture))
        var (wrong, within) = (0, 0)
        for index in mask.samples.indices {
            let (x, y) = (Double(index % 96), Double(index / 96))
            let truth = ellipse(x, y, at: 30) || ellipse(x, y, at: 66)
            within += truth ? 1 : 0
            wrong += (mask.samples[index] == 1) == truth ? 0 : 1
        }
        #expect(Double(wrong) < 0.06 * Double(within), "\(wrong) of \(within)")
        #expect(mask.samples[39 * 96 + 30] == 1)
    }

    @Test("one lung, two on one side, or none are not lungs")
    func notLungs() {
        #expect(Anatomy.lungs.mask(of: film { x, y in ellipse(x, y, at: 30) }) == nil)
        #expect(Anatomy.lungs.mask(of: film { x, y in (20...30).contains(x) || (34...44).contains(x) && y > 8 }) == nil)
        #expect(Anatomy.lungs.mask(of: Pixels(width: 40, height: 40)) == nil)
    }

    @Test("the largest bright region is the head, with its ventricles and without a speck beside it")
    func head() throws {
        var picture = Pixels(width: 64, height: 64)
        for index in picture.samples.indices {
            let (x, y) = (Double(index % 64) - 32, Double(index / 64) - 32)
            let radius = (x * x + y * y).squareRoot()
            if radius < 24 { picture.samples[index] = radius < 5 ? 0 : 100 }
        }
        picture.samples[2 * 64 + 2] = 100
        let mask = try #require(Anatomy.head.mask(of: picture))
        #expect(mask.samples[32 * 64 + 32] == 1 && mask.samples[2 * 64 + 2] == 0)
        let area = Double(mask.samples.count { $0 == 1 })
        #expect(abs(area - .pi * 24 * 24) < 0.06 * .pi * 24 * 24)
    }

    /// The variance between classes of 10 zeros, 6 ones and 4 fours is largest between ones and fours, by hand:
    /// 16 · 4 · (4 − 6/16)² = 841 against 10 · 10 · (2.2 − 0)² = 484.
    @Test("Otsu's threshold parts where the variance between the classes is largest")
    func otsu() {
        let samples: [Float] =
            Array(repeating: 0, count: 10) + Array(repeating: 1, count: 6) + Array(repeating: 4, count: 4)
        let threshold = otsuThreshold(of: samples)
        #expect(threshold > 1 && threshold <= 4)
        let other: [Float] =
            Array(repeating: 0, count: 10) + Array(repeating: 3, count: 6) + Array(repeating: 4, count: 4)
        #expect((0.001...3).contains(otsuThreshold(of: other)))
    }
}
