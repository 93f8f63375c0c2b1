import DataSets
import Evaluation
import Foundation
import Imaging
import Networks
import Testing
import Torch
import Training
import Upscaling

@Suite struct TrainingImagesTests {
    @Test func `a patient held out of one folder is trained on in none`() throws {
        let first = try Phantom.folder(Phantom.names)
        let second = try Phantom.folder(["00000010_003.png", "00000011_000.png", "00000012_000.png"])
        defer { for folder in [first, second] { try? FileManager.default.removeItem(at: folder) } }
        var configuration = Phantom.configuration(first)
        configuration.data.append(TrainingFolder(folder: second.path, modality: .chestXRay))
        let sets = try TrainingImages(configuration).load()
        #expect(sets[0].validation.map(\.name) == ["00000010_000.png"])
        #expect(sets[1].training.map(\.name) == ["00000011_000.png"])
        #expect(sets[1].validation.map(\.name) == ["00000012_000.png"])
    }

    @Test func `input and residual add up to the image`() throws {
        let folder = try Phantom.folder(["a1.png", "a2.png"])
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        configuration.architecture = .vdsr(.init(depth: 2, features: 4))
        let pair = configuration.pair(of: try #require(try TrainingImages(configuration).load()[0].training.first))
        let truth = Phantom.image(0).pixels.samples.map { $0 / 255 }
        #expect(pair.input.width == 96 && pair.target.width == 96)
        for index in truth.indices {
            #expect(abs(pair.input.samples[index] + pair.target.samples[index] - truth[index]) < 1e-6)
        }
    }

    @Test func `crops of input and target show the same place in the same orientation`() throws {
        let folder = try Phantom.folder(["a1.png"])
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        configuration.architecture = .srresnet(.init(scale: 2, features: 4, blocks: 1))
        var sampler = try BatchSampler(try TrainingImages(configuration).load(), configuration: configuration)
        for _ in 0..<8 {
            let batch = sampler.next(on: .cpu)
            // Averaging the target's pixels two by two is nearly the input where both show the same.
            let difference = (batch.target.averagePool(2) - batch.input).abs.mean().item
            #expect(difference < 0.02)
        }
    }

    @Test func `a crop is what the whole image gives at its place`() throws {
        let folder = try Phantom.folder(["a1.png"])
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        configuration.batchSize = 8
        let sets = try TrainingImages(configuration).load()
        let whole = configuration.pair(of: sets[0].training[0])
        var sampler = try BatchSampler(sets, configuration: configuration)
        let (crop, size) = (configuration.cropSize, configuration.batchSize)
        let input = sampler.next(on: .cpu).input.values
        for index in 0..<size {
            let values = Array(input[index * crop * crop..<(index + 1) * crop * crop])
            let places = (0...whole.input.height - crop).flatMap { row in
                (0...whole.input.width - crop).map { (column: $0, row: row) }
            }
            let isThere = places.contains { place in
                let part = whole.input.cropped(
                    columns: place.column..<place.column + crop, rows: place.row..<place.row + crop)
                return part.orientations.contains { zip($0, values).allSatisfy { abs($0 - $1) < 1e-6 } }
            }
            #expect(isThere)
        }
    }

    @Test func `noise is in what the network sees, and not in what it is to give`() throws {
        let folder = try Phantom.folder(["a1.png"])
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        let sets = try TrainingImages(configuration).load()
        func batch(_ steps: String) throws -> Batch {
            var configuration = configuration
            configuration.degradations = [TrainingDegradation(steps)]
            var sampler = try BatchSampler(sets, configuration: configuration)
            return sampler.next(on: .cpu)
        }
        let (noisy, clean) = (try batch("blur:1,bicubic,noise:12"), try batch("blur:1,bicubic,noise:0"))
        let noise = (noisy.input - clean.input).square.mean().item.squareRoot()
        #expect(abs(noise - 12 / 255) < 0.006)
        // The images differ by half a gray level at most, by which the clean one was rounded to 8 bits.
        #expect((noisy.target - clean.target).abs.mean().item < 0.5 / 255)
    }

    @Test func `the grain of flat parts is laid on what the network sees, at the strength that it has there`() throws {
        let folder = try Phantom.folder([])
        defer { try? FileManager.default.removeItem(at: folder) }
        var film = Phantom.image(0, width: 160, height: 128)
        film.pixels = Pixels(width: 160, height: 128, samples: film.pixels.samples.map { min($0 + 40, 200) })
            .withGaussianNoise(sigma: 5, seed: 1)
        film.pixels.samples = film.pixels.samples.map(film.header.intensity.quantized)
        try ImageFile.write(film, to: folder.appendingPathComponent("film.png"))
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        configuration.batchSize = 1
        func batch(_ harvest: ClosedRange<Double>?) throws -> Batch {
            var configuration = configuration
            configuration.degradations = [TrainingDegradation("bicubic", harvest: harvest)]
            var sampler = try BatchSampler(try TrainingImages(configuration).load(), configuration: configuration)
            return sampler.next(on: .cpu)
        }
        let plain = try batch(nil)
        for strength in [1.0, 2] {
            let grainy = try batch(strength...strength)
            let added = (grainy.input - plain.input).square.mean().item.squareRoot() * 255
            #expect(abs(Double(added) / strength - 5) < 0.8)
            #expect((grainy.target - plain.target).abs.mean().item < 0.5 / 255)
        }
    }

    @Test func `a network is told the noise and the blur of its crops, and of some nothing`() throws {
        let folder = try Phantom.folder(["a1.png"])
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        configuration.batchSize = 64
        configuration.architecture = .foveola(.init(scale: 2, features: 4, blocks: 1, conditions: 3))
        configuration.conditions = [
            LearnedCondition(.blur, upTo: 2), LearnedCondition(.fineNoise, upTo: 20),
            LearnedCondition(.coarseNoise, upTo: 20),
        ]
        configuration.degradations = [TrainingDegradation("blur:2,bicubic,noise:8")]
        var sampler = try BatchSampler(try TrainingImages(configuration).load(), configuration: configuration)
        let told = try #require(sampler.next(on: .cpu).conditions)
        #expect(told.shape == [64, 3])
        let rows = (0..<64).map { Array(told.values[$0 * 3..<$0 * 3 + 3]) }
        // Two pixels of the image are one of its reduction, half of what is learned at most.
        #expect(rows.allSatisfy { abs($0[0] - 0.5) < 1e-6 })
        let known = rows.filter { $0[1] > 0 }
        #expect((45..<64).contains(known.count))
        let fine = known.map { 20 * $0[1] }.sorted()[known.count / 2]
        #expect(fine > 7.2 && fine < 10)
        #expect(known.allSatisfy { $0[2] > 0 })

        configuration.conditions.removeLast()
        #expect(throws: TrainingError.self) { try configuration.validate() }
    }

    @Test func `a folder's own degradations come on top of the run's`() throws {
        let folder = try Phantom.folder(["a1.png"])
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        configuration.batchSize = 32
        configuration.degradations = [TrainingDegradation("bicubic")]
        configuration.data[0].degradations = [TrainingDegradation("bicubic,noise:40", weight: 1)]
        var sampler = try BatchSampler(try TrainingImages(configuration).load(), configuration: configuration)
        let batch = sampler.next(on: .cpu)
        // Of noise of 40 gray levels a crop differs from its own 2 × 2 means; of none it hardly does.
        let noisy = (0..<32).filter { index in
            let crop = batch.input.narrow(dimension: 0, start: index, length: 1)
            return (crop - crop.averagePool(2).upsampleNearest(2)).square.mean().item.squareRoot() > 0.08
        }
        #expect((6...26).contains(noisy.count))
        configuration.data[0].degradations = [TrainingDegradation("noise:1")]
        #expect(throws: TrainingError.self) { try configuration.validate() }
    }

    @Test func `more than 8 bits are seen by the range that use takes`() throws {
        let folder = try Phantom.folder([])
        defer { try? FileManager.default.removeItem(at: folder) }
        // A signal that fills most of what 16 bits declare: the declared range, not the signal's own, becomes 0…1.
        var wide = Phantom.image(0)
        wide.header.intensity = Intensity(sampleType: .uint16)
        wide.pixels.samples = wide.pixels.samples.map { $0 * 200 }
        try ImageFile.write(wide, to: folder.appendingPathComponent("a1.png"))
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        configuration.architecture = .vdsr(.init(depth: 2, features: 4))
        let pair = configuration.pair(of: try #require(try TrainingImages(configuration).load()[0].training.first))
        for index in wide.pixels.samples.indices {
            let seen = pair.input.samples[index] + pair.target.samples[index]
            #expect(abs(seen - wide.pixels.samples[index] / 65535) < 1e-5)
        }
    }

    @Test func `images whose reductions are smaller than a crop give whole crops alone`() throws {
        let folder = try Phantom.folder([])
        defer { try? FileManager.default.removeItem(at: folder) }
        // VDSR's crops of 41 pixels come of 160 and 80, but not of 40, which 4 divides as often as 41.
        try ImageFile.write(Phantom.image(1, width: 160, height: 160), to: folder.appendingPathComponent("a.png"))
        let configuration = Preset.vdsr.configuration(
            scale: 4, data: [TrainingFolder(folder: folder.path, modality: .general)])
        let sets = try TrainingImages(configuration).load()
        #expect(sets[0].training.map(\.pixels.width) == [160, 80, 52])
        var sampler = try BatchSampler(sets, configuration: configuration)
        #expect(sampler.next(on: .cpu).input.shape == [64, 1, 41, 41])
    }

    @Test func `a folder without images is named together with what its first file is`() throws {
        let folder = try Phantom.folder([])
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("no image".utf8).write(to: folder.appendingPathComponent("notes.txt"))
        let error = #expect(throws: TrainingError.self) {
            try TrainingImages(Phantom.configuration(folder)).load()
        }
        #expect(error?.description.contains("notes.txt") == true)
    }
}

@Suite struct SplitTests {
    @Test func `a split that is given is kept to, and what it does not name is not touched`() throws {
        let folder = try Phantom.folder(["a1.png", "a2.png", "a3.png", "a4.png"])
        defer { try? FileManager.default.removeItem(at: folder) }
        let split = folder.appendingPathComponent("split.json")
        try JSONEncoder().encode(DataSplit(rule: "by hand", training: ["a4.png", "a2.png"], validation: ["a1.png"]))
            .write(to: split)
        var configuration = Phantom.configuration(folder)
        configuration.data[0].split = split.path
        let set = try TrainingImages(configuration).load()[0]
        #expect(set.training.map(\.name) == ["a2.png", "a4.png"] && set.validation.map(\.name) == ["a1.png"])
        #expect(set.split.rule == "by hand")
        try FileManager.default.removeItem(at: folder.appendingPathComponent("a2.png"))
        let error = #expect(throws: TrainingError.self) { try TrainingImages(configuration).load() }
        #expect(error?.description.contains("a2.png") == true)
    }

    @Test func `drawn labels of a data set are not trained on`() throws {
        let folder = try Phantom.folder([])
        defer { try? FileManager.default.removeItem(at: folder) }
        for patient in ["patient0001", "patient0002"] {
            let inner = folder.appendingPathComponent(patient)
            try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
            for name in ["2CH_ED", "2CH_ED_gt", "4CH_ES"] {
                try ImageFile.write(
                    Phantom.image(name.count), to: inner.appendingPathComponent("\(patient)_\(name).nii.gz"))
            }
        }
        var configuration = Phantom.configuration(folder)
        configuration.validationShare = 0
        let set = try TrainingImages(configuration).load()[0]
        #expect(set.split.training.count == 4 && !set.split.training.contains { $0.contains("_gt") })
    }
}

extension Pixels {
    /// The samples of this square in its eight orientations.
    fileprivate var orientations: [[Float]] {
        (0..<8).map { bits in
            (0..<height).flatMap { y in
                (0..<width).map { x in
                    let (column, row) = bits & 1 == 0 ? (x, y) : (y, x)
                    return samples[
                        (bits & 2 == 0 ? row : height - 1 - row) * width + (bits & 4 == 0 ? column : width - 1 - column)
                    ]
                }
            }
        }
    }
}
