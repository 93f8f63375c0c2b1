import Foundation
import Imaging
import ONNX
import Testing
import Upscaling

@Suite("The model library")
struct ModelLibraryTests {
    /// A folder with a made-up collection: every model is the tiny gray network under another description.
    private func withLibrary(_ body: (ModelLibrary) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (family, modalities) in [
            ("all", [Modality.general]), ("film", [.chestXRay]), ("brain", [.brainMRI, .ultrasound]),
        ] {
            for scale in [2, 4] {
                let source = scale == 2 ? "gray-x2" : "residual-x4"
                var (model, _) = try ModelProto.read(Golden.url("\(source).onnx"))
                let name = "\(family)-x\(scale)"
                try model.describe(
                    ModelMetadata(
                        name: name, scale: scale, channels: 1, output: scale == 2 ? .image : .residual,
                        receptiveField: 3, modalities: modalities))
                try model.write(to: folder.appendingPathComponent("\(name).onnx"))
            }
        }
        try Data("# Brain".utf8).write(to: folder.appendingPathComponent("brain-x4.md"))
        try body(ModelLibrary(folder: folder))
    }

    @Test("keeps from trying models on what states its modality, and on codes")
    func statedModality() throws {
        try withLibrary { library in
            var codes = Image.noise(96, 80)
            codes.header.meaning = .codes(statement: "a test")
            let choice = try library.choose(for: codes, scale: 4)
            #expect(choice.reason.hasPrefix("codes (a test)") && !choice.reason.contains("dB"))
            #expect(try library.choose(for: .noise(96, 80), scale: 4).reason.contains("dB"))
        }
    }

    @Test("prefers networks that leave grain alone where one of them is for everything")
    func grain() throws {
        try withLibrary { library in
            func teach(_ name: String) throws {
                let url = library.folder.appendingPathComponent("\(name).onnx")
                var (model, _) = try ModelProto.read(url)
                var metadata = try ModelFile(contentsOf: url).metadata
                metadata.noise = 0...12
                try model.describe(metadata)
                try model.write(to: url)
            }
            try teach("brain-x4")
            // None for everything yet: the models are tried.
            #expect(try library.choose(for: .noise(96, 80), scale: 4).reason.contains("dB"))
            try teach("all-x4")
            let taught = ModelLibrary(folder: library.folder)
            let picture = try taught.choose(for: .noise(96, 80), scale: 4)
            #expect(picture.models.map(\.metadata.name) == ["all-x2", "all-x4"] && !picture.reason.contains("dB"))
            // At ×2 none has learned it.
            #expect(try taught.choose(for: .noise(200, 200), scale: 2).reason.contains("dB"))
        }
    }

    @Test("lists models, families and cards")
    func list() throws {
        try withLibrary { library in
            #expect(library.names == ["all-x2", "all-x4", "brain-x2", "brain-x4", "film-x2", "film-x4"])
            let names = try library.models().map(\.metadata.name)
            #expect(names == library.names)
            let (one, family) = (try library.models(named: "film-x4"), try library.models(named: "film"))
            #expect(one.map(\.metadata.scale) == [4] && family.map(\.metadata.scale) == [2, 4])
            #expect(library.card(of: "brain-x4") == "# Brain" && library.card(of: "all-x2") == nil)
            #expect(ModelLibrary.family(of: "fovea-x-ray-x4") == "fovea-x-ray")
            #expect(ModelLibrary.family(of: "fovea-x-ray") == "fovea-x-ray")
        }
    }

    @Test("names what it has when asked for what it has not")
    func unknown() throws {
        try withLibrary { library in
            let error = #expect(throws: ModelError.self) { try library.models(named: "knee") }
            let text = try #require(error).description
            #expect(text.contains("film-x4"))
        }
        let empty = ModelLibrary(folder: URL(fileURLWithPath: "/nowhere"))
        #expect(throws: ModelError.self) { try empty.choose(for: .noise(4, 4), scale: 4) }
    }

    @Test("chooses by what the file says about the image")
    func choose() throws {
        try withLibrary { library in
            let picture = try library.choose(for: .noise(8, 8), scale: 4)
            #expect(picture.models.map(\.metadata.name) == ["all-x2", "all-x4"])
            #expect(picture.reason.hasPrefix("all: "))
            let upscaler = try Upscaler(models: picture.models)
            let header = try upscaler.header(for: .noise(8, 8), scale: 4)
            #expect(header.derivation?.model == "all-x4")
        }
    }

    @Test("tries its models on a picture that does not say what it shows")
    func trial() throws {
        try withLibrary { library in
            // A network of zeros restores what bicubic does; the random ones do worse.
            var (model, _) = try ModelProto.read(Golden.url("residual-x4.onnx"))
            for index in model.graph.initializer.indices
            where model.graph.initializer[index].dataType == TensorProto.DataType.float.rawValue {
                model.graph.initializer[index].floatData = model.graph.initializer[index].floatData.map { _ in 0 }
                model.graph.initializer[index].rawData = Data(count: model.graph.initializer[index].rawData.count)
            }
            try model.describe(
                ModelMetadata(
                    name: "zero-x4", scale: 4, channels: 1, output: .residual, receptiveField: 3,
                    modalities: [.ultrasound]))
            try model.write(to: library.folder.appendingPathComponent("zero-x4.onnx"))
            let choice = try library.choose(for: .noise(96, 80), scale: 4)
            #expect(choice.models.map(\.metadata.name) == ["zero-x4"])
            #expect(choice.reason.contains("+0.0 dB"))
            // Too small to be reduced once more.
            #expect(try library.choose(for: .noise(60, 200), scale: 4).models[0].metadata.name == "all-x2")
        }
    }

    @Test(
        "never chooses what was trained to look sharp, nor what is made for nothing",
        arguments: [TrainingObjective.perception, .fidelity])
    func takenByNameAlone(objective: TrainingObjective) throws {
        try withLibrary { library in
            for name in library.names where name.hasPrefix("all") {
                let url = library.folder.appendingPathComponent("\(name).onnx")
                var (model, _) = try ModelProto.read(url)
                var metadata = try ModelFile(contentsOf: url).metadata
                metadata.objective = objective
                if objective == .fidelity { metadata.modalities = [] }
                try model.describe(metadata)
                try model.write(to: url)
            }
            #expect(throws: ModelError.self) { try library.choose(for: .noise(8, 8), scale: 4) }
        }
    }

    @Test("that ships can be found, and every model in it is described and has a card")
    func shipped() throws {
        let library = ModelLibrary.shipped
        #expect(FileManager.default.fileExists(atPath: library.folder.path))
        let models = try library.models()
        // What the README and 'auto' count on.
        for name in [
            "fovea-general-x2", "fovea-general-x4", "fovea-mri-x4", "fovea-chest-x4", "sr3-mri-x4", "srflow-mri-x4",
        ] {
            #expect(models.contains { $0.metadata.name == name }, "\(name) is missing")
        }
        for model in models {
            #expect(model.url.deletingPathExtension().lastPathComponent == model.metadata.name)
            #expect(library.card(of: model.metadata.name) != nil)
            // SR3's regression twin is there for comparison alone.
            #expect(!model.metadata.modalities.isEmpty || model.metadata.architecture == "sr3")
            #expect(!model.metadata.scores.isEmpty)
            #expect(model.metadata.notFor != nil && model.metadata.degradation != nil)
        }
    }
}
