import DataSets
import Evaluation
import Foundation
import Imaging
import Networks
import ONNX
import Testing
import Torch
import Training
import Upscaling

@Suite(.serialized) struct TrainingRunTests {
    /// Runs in a new folder and returns the weights, stopping and going on after each step of `stops`.
    private func train(_ configuration: TrainingConfiguration, stops: Set<Int> = []) throws -> [String: [Float]] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fovea-run-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for attempt in 0...stops.count {
            try TrainingRun(configuration, folder: folder).run(resume: attempt > 0) { event in
                if case .stepped(let step, _, _, _) = event, stops.contains(step) { return .stop }
                return .proceed
            }
        }
        let checkpoint = try Checkpoint(contentsOf: folder.appendingPathComponent("checkpoint.safetensors"))
        #expect(checkpoint.step == configuration.steps)
        return checkpoint.state.mapValues(\.values)
    }

    @Test func `a run that is stopped and resumed ends bit for bit where an unbroken one does`() throws {
        let images = try Phantom.folder(Phantom.names)
        defer { try? FileManager.default.removeItem(at: images) }
        let configuration = Phantom.configuration(images)
        let whole = try train(configuration)
        let broken = try train(configuration, stops: [3, 8])
        #expect(whole.keys == broken.keys)
        for (name, values) in whole { #expect(broken[name] == values, "\(name) differs") }
    }

    @Test func `an adversarial run that is stopped before and after its discriminator joins ends bit for bit as well`()
        throws
    {
        let images = try Phantom.folder(Phantom.names)
        defer { try? FileManager.default.removeItem(at: images) }
        var configuration = Phantom.configuration(images, steps: 6)
        configuration.architecture = .srresnet(.init(scale: 2, features: 4, blocks: 1))
        configuration.objective = .adversarial(
            AdversarialObjective(
                discriminator: .srgan(.init(size: 24, features: 2, hidden: 4)), pixelSteps: 3,
                content: .discriminatorFeatures))
        let whole = try train(configuration)
        let broken = try train(configuration, stops: [2, 4])
        #expect(whole.keys == broken.keys && whole.keys.contains { $0.hasPrefix("discriminatorOptimizer.") })
        for (name, values) in whole { #expect(broken[name] == values, "\(name) differs") }
    }

    @Test func `another seed gives other weights`() throws {
        let images = try Phantom.folder(Phantom.names)
        defer { try? FileManager.default.removeItem(at: images) }
        var configuration = Phantom.configuration(images, steps: 2)
        let first = try train(configuration)
        configuration.seed = 2
        #expect(try train(configuration)["network.head.weight"] != first["network.head.weight"])
    }

    @Test func `auto takes bfloat16 where the processor computes it, and what a person names is left alone`() {
        let (precision, reason) = TrainingPrecision.auto.resolved(on: .cpu)
        if let arithmetic = Device.cpu.bfloat16Arithmetic {
            #expect(precision == .bfloat16 && reason.contains(arithmetic))
        } else {
            #expect(precision == .float32)
        }
        for named in [TrainingPrecision.float32, .bfloat16] { #expect(named.resolved(on: .cpu).precision == named) }
    }

    @Test func `auto becomes float32 where bfloat16 would be imitated`() async {
        await #expect(processExitsWith: .success) {
            setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1)
            #expect(TrainingPrecision.auto.resolved(on: .cpu).precision == .float32)
            #expect(TrainingPrecision.auto.scalarType(on: .cpu) == nil)
        }
    }

    @Test func `a run keeps the precision that it began with`() throws {
        let images = try Phantom.folder(Phantom.names)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fovea-run-\(UUID().uuidString)")
        defer {
            try? FileManager.default.removeItem(at: images)
            try? FileManager.default.removeItem(at: folder)
        }
        var configuration = Phantom.configuration(images, steps: 1)
        configuration.precision = .auto
        let run = try TrainingRun(configuration, folder: folder)
        try run.run(resume: false)
        let written = try JSONDecoder().decode(
            TrainingConfiguration.self, from: Data(contentsOf: folder.appendingPathComponent("configuration.json")))
        #expect(written.precision == TrainingPrecision.auto.resolved(on: .cpu).precision)
        #expect(try Checkpoint(contentsOf: run.checkpointURL).configuration == written)
    }

    @Test func `a folder that holds a run is not trained over`() throws {
        let images = try Phantom.folder(Phantom.names)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fovea-run-\(UUID().uuidString)")
        defer {
            try? FileManager.default.removeItem(at: images)
            try? FileManager.default.removeItem(at: folder)
        }
        let run = try TrainingRun(Phantom.configuration(images, steps: 1), folder: folder)
        func train() throws {
            try run.run(resume: false)
        }
        try train()
        #expect(throws: TrainingError.self) { try train() }
    }

    @Test func `a run writes down its configuration, its split and its curves`() throws {
        let images = try Phantom.folder(Phantom.names)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fovea-run-\(UUID().uuidString)")
        defer {
            try? FileManager.default.removeItem(at: images)
            try? FileManager.default.removeItem(at: folder)
        }
        let run = try TrainingRun(Phantom.configuration(images, steps: 50), folder: folder)
        try run.run(resume: false)
        func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }
        #expect(
            try JSONDecoder().decode(TrainingConfiguration.self, from: data("configuration.json")) == run.configuration)
        let split = try JSONDecoder().decode([String: DataSplit].self, from: data("split.json"))
        #expect(split[images.path]?.validation == [Phantom.names[9]])
        #expect(split[images.path]?.training == Array(Phantom.names.dropLast()))
        #expect(String(decoding: try data("losses.csv"), as: UTF8.self).hasPrefix("step,loss\n1,"))
        #expect(String(decoding: try data("validation.csv"), as: UTF8.self).split(separator: "\n").count == 10)
    }

    @Test func `a run goes on from a model file, grown by blocks that change nothing at first`() throws {
        let images = try Phantom.folder(Phantom.names)
        let folder = images.appendingPathComponent("runs")
        defer { try? FileManager.default.removeItem(at: images) }
        var configuration = Phantom.configuration(images, steps: 6)
        let first = try TrainingRun(configuration, folder: folder.appendingPathComponent("first"))
        try first.run(resume: false)
        let export = try ModelExport(checkpoint: first.checkpointURL, name: "first-x2")
        let model = folder.appendingPathComponent("first-x2.onnx")
        try export.proto().write(to: model)

        configuration.architecture = .foveola(.init(scale: 2, features: 8, blocks: 3))
        configuration.initialWeights = model.path
        configuration.steps = 1
        configuration.learningRate = 1e-12
        let second = try TrainingRun(configuration, folder: folder.appendingPathComponent("second"))
        try second.run(resume: false)
        let checkpoint = try Checkpoint(contentsOf: second.checkpointURL)
        let before = try Checkpoint(contentsOf: first.checkpointURL)
        #expect(abs(checkpoint.scores[0].psnr - before.scores[0].psnr) < 1e-3)
        let metadata = try ModelExport(checkpoint: second.checkpointURL, name: "second-x2").metadata
        #expect(metadata.steps == 7 && metadata.trainingData == export.metadata.trainingData)
    }

    // In a process of its own, since other tests make and drop tensors meanwhile.
    @Test func `training leaves no tensor behind`() async {
        await #expect(processExitsWith: .success) {
            let images = try Phantom.folder(Phantom.names)
            defer { try? FileManager.default.removeItem(at: images) }
            let configuration = Phantom.configuration(images)
            let sets = try TrainingImages(configuration).load()
            var sampler = try BatchSampler(sets, configuration: configuration)
            let trainee = try RegressionTrainee(configuration, initialWeights: nil, on: .cpu)
            _ = try trainee.step(sampler.next(on: .cpu), step: 0)
            let before = TorchRuntime.liveTensorCount
            for step in 1..<10 { _ = try trainee.step(sampler.next(on: .cpu), step: step) }
            #expect(TorchRuntime.liveTensorCount == before)
        }
    }
}
