import Foundation
import Imaging
import Networks
import Testing
import Torch
import Training

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
        let pair = try #require(try TrainingImages(configuration).load()[0].training.first)
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
        var sampler = BatchSampler(try TrainingImages(configuration).load(), configuration: configuration)
        for _ in 0..<8 {
            let batch = sampler.next(on: .cpu)
            // Averaging the target's pixels two by two is nearly the input where both show the same.
            let difference = (batch.target.averagePool(2) - batch.input).abs.mean().item
            #expect(difference < 0.02)
        }
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
