import Foundation
import Networks
import ONNX
import SwiftProtobuf
import Testing
import Torch
import TorchNN
import Training
import Upscaling

@Suite("Export to ONNX")
struct ExportTests {
    init() { useOneThread() }

    private func withFile<Result>(_ model: ModelProto, _ body: (URL) throws -> Result) throws -> Result {
        let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).onnx")
        defer { try? FileManager.default.removeItem(at: url) }
        try model.write(to: url)
        return try body(url)
    }

    private func run(_ url: URL, _ inputs: [String: Tensor], output name: String = "output") throws -> Tensor {
        let engine = try OpenVINOEngine(contentsOf: url, threads: 1)
        let output = try engine.run(
            inputs.mapValues { EngineTensor(shape: $0.shape, values: $0.values) }, output: name)
        return Tensor(output.values, shape: output.shape)
    }

    private func metadata(_ name: String, channels: Int, scale: Int) -> ModelMetadata {
        ModelMetadata(name: name, scale: scale, channels: channels, architecture: name)
    }

    @Test("OpenVINO gives for an exported network what libtorch gives, at any size", arguments: SmallNetwork.generators)
    func equalsLibtorch(network: SmallNetwork) throws {
        // The golden weights have running statistics that batch normalisation must be folded with.
        let loaded = try network.loaded()
        loaded.parameters.isTraining = true
        let model = try ONNXExporter.export(
            loaded.network, parameters: loaded.parameters,
            metadata: metadata(network.name, channels: network.channels, scale: network.scale!))
        #expect(loaded.parameters.isTraining)
        loaded.parameters.isTraining = false
        let operators = Set(model.graph.node.map(\.opType))
        #expect(!operators.contains("Identity"))
        // The hybrid's one normalisation does not follow a convolution.
        #expect(operators.contains("BatchNormalization") == network.name.hasPrefix("saeedi"))
        try withFile(model) { url in
            for shape in [[1, 11, 6], [2, 5, 23]] {
                let input = Generator(seed: 1).uniform([shape[0], network.channels, shape[1], shape[2]])
                let expected = TorchRuntime.withoutGradients { loaded.network(input) }
                let output = try run(url, ["input": input])
                #expect(largestDifference(output, expected) < 1e-5)
            }
            let output = try run(url, ["input": loaded.input])
            #expect(largestDifference(output, loaded.output) < 2e-5)
        }
    }

    @Test("A network that is told conditions takes them as a second input, and zeros are as if it were told nothing")
    func conditions() throws {
        let architecture = Architecture.foveola(.init(scale: 2, features: 8, blocks: 1, conditions: 2))
        let parameters = Parameters(seed: 3)
        let network = try #require(try architecture.makeNetwork(parameters) as? any ConditionedLayer)
        let input = Generator(seed: 1).uniform([1, 1, 9, 7])
        let told = Tensor([0.3, 0.8], shape: [1, 2])
        // As it begins, nothing that it is told matters.
        TorchRuntime.withoutGradients {
            #expect(largestDifference(network(input, conditions: told), network(input)) == 0)
        }
        let weight = try #require(parameters.trainable.first { $0.name == "conditions.weight" }?.tensor)
        let weights = Dictionary(
            uniqueKeysWithValues: parameters.trainable.map { name, tensor in
                (name, name == "conditions.weight" ? Generator(seed: 2).uniform(weight.shape) : tensor)
            })
        func trained() -> Parameters { Parameters(loading: weights) }
        let metadata = ModelMetadata(
            name: "told", scale: 2, channels: 1, output: .residual, inputTensor: "input",
            conditions: [LearnedCondition(.fineNoise, upTo: 12), LearnedCondition(.blur, upTo: 1)])
        let loaded = try #require(try architecture.makeNetwork(trained()) as? any ConditionedLayer)
        try withFile(try ONNXExporter.export(architecture, trained(), metadata: metadata)) { url in
            let expected = TorchRuntime.withoutGradients { loaded(input, conditions: told) }
            let unmoved = TorchRuntime.withoutGradients { loaded(input) }
            #expect(largestDifference(expected, unmoved) > 0.01)
            let output = try run(url, ["input": input, "conditions": told])
            #expect(largestDifference(output, expected) < 1e-5)
            let zeros = try run(url, ["input": input, "conditions": Tensor([0, 0], shape: [1, 2])])
            #expect(largestDifference(zeros, unmoved) < 1e-5)
            let file = try ModelFile(contentsOf: url)
            #expect(file.metadata.conditions == metadata.conditions)
        }
        var undescribed = metadata
        undescribed.conditions = [LearnedCondition(.blur, upTo: 1)]
        _ = try withFile(try ONNXExporter.export(architecture, trained(), metadata: undescribed)) { url in
            #expect(throws: ModelError.self) { try ModelFile(contentsOf: url) }
        }
    }

    @Test("At full size the published networks agree within 1e-4")
    func fullSize() throws {
        let networks: [(String, Int, Int, (ParameterPath) throws -> any Layer)] = [
            ("Foveola", 1, 4, { try Foveola($0, .init()) }), ("VDSR", 1, 1, { try VDSR($0, .init()) }),
            ("SRResNet", 3, 4, { try SRResNet($0, .init(channels: 3)) }),
        ]
        for (name, channels, scale, make) in networks {
            let parameters = Parameters()
            let network = try make(parameters.root)
            for (name, buffer) in parameters.buffers {
                let draws = Generator(seed: 2).uniform(buffer.shape)
                buffer.copy(from: name.hasSuffix("var") ? draws + 0.5 : draws - 0.5)
            }
            let model = try ONNXExporter.export(
                network, parameters: parameters, metadata: metadata(name, channels: channels, scale: scale))
            let input = Generator(seed: 3).uniform([1, channels, 13, 19])
            let expected = TorchRuntime.withoutGradients { network(input) }
            let output = try withFile(model) { try run($0, ["input": input]) }
            #expect(largestDifference(output, expected) < 1e-4, "\(name)")
        }
    }

    @Test("A model file takes and gives 0…1, whatever range its network was trained to give")
    func valueRange() throws {
        for architecture in ArchitectureTests.architectures where architecture.output == .image {
            let parameters = Parameters()
            let network = try architecture.makeNetwork(parameters)
            let model = try ONNXExporter.export(
                architecture, Parameters(loading: parameters.all),
                metadata: metadata("range", channels: architecture.channels, scale: architecture.scale!))
            let input = Generator(seed: 4).uniform([1, architecture.channels, 5, 6])
            let output = try withFile(model) { try run($0, ["input": input]) }
            let (lower, upper) = (architecture.outputRange.lowerBound, architecture.outputRange.upperBound)
            let expected = TorchRuntime.withoutGradients { (network(input) - lower) / (upper - lower) }
            #expect(largestDifference(output, expected) < 1e-5)
        }
    }

    @Test("The file says what it is, with free sizes, and weights by their names")
    func file() throws {
        let loaded = try SmallNetwork.generators.first { $0.name == "srresnet4" }!.loaded()
        var metadata = metadata("srresnet4", channels: 1, scale: 4)
        metadata.degradation = "bicubic"
        metadata.valueRange = 0...1
        let model = try ONNXExporter.export(loaded.network, parameters: loaded.parameters, metadata: metadata)
        #expect(model.feeds.map(\.name) == ["input"])
        #expect(model.feeds[0].dimensions == [nil, 1, nil, nil])
        #expect(model.graph.output[0].dimensions == [nil, 1, nil, nil])
        let names = Set(model.graph.initializer.map(\.name))
        #expect(names.isSuperset(of: ["head.weight", "blocks.1.first.weight", "upsampling.0.activation.weight"]))
        #expect(!names.contains { $0.contains("norm") })
        try withFile(model) {
            let file = try ModelFile(contentsOf: $0)
            #expect(file.metadata == metadata)
        }
        let again = try ONNXExporter.export(loaded.network, parameters: loaded.parameters, metadata: metadata)
        let (first, second): (Data, Data) = (try model.serializedBytes(), try again.serializedBytes())
        #expect(first == second)
    }

    @Test("A model file's network, built again for libtorch, gives what the engine gives for the file")
    func stored() throws {
        let file = try ModelLibrary.shipped.models(named: "fovea-general-x4")[0]
        let network = try StoredNetwork(file)
        let inputs = network.randomInputs(side: 24)
        let output = try run(file.url, inputs, output: file.outputTensor)
        #expect(largestDifference(output, network(inputs)) < 1e-5)
        // As a denoiser it takes more than an image.
        let denoiser = try StoredNetwork(ModelLibrary.shipped.models(named: "sr3-mri-x4")[0])
        #expect(denoiser(denoiser.randomInputs(side: 32)).shape == [1, 1, 32, 32])
    }

    /// What a denoiser with attention is made of: two inputs, embedded angles, group normalisation, heads, free sizes.
    private struct Denoiser {
        let head: Conv2d
        let norm: GroupNorm
        let dense: Linear
        let heads: Conv2d
        let tokens: Linear
        let tail: Conv2d

        init(_ path: ParameterPath) throws {
            head = try Conv2d(path / "head", 2, 8, stride: 2)
            norm = try GroupNorm(path / "norm", groups: 4, channels: 8)
            dense = try Linear(path / "dense", 8, 8)
            heads = try Conv2d(path / "heads", 8, 24, kernel: 1)
            tokens = try Linear(path / "tokens", 8, 8)
            tail = try Conv2d(path / "tail", 10, 1)
        }

        func callAsFunction(_ x: Tensor, _ level: Tensor) -> Tensor {
            let frequencies = (Tensor.arange(4) * -0.7).exp
            let angles = level.reshape([level.shape[0], 1]) * frequencies.reshape([1, 4])
            let embedding = dense(Tensor.concatenate([angles.sin, angles.cos], dimension: 1)).silu
            let features = (norm(head(x)) + embedding.reshape([x.shape[0], 8, 1, 1])).silu
            let (batch, height, width) = (features.shape[0], features.shape[2], features.shape[3])
            let all = heads(features).reshape([batch, 3, 2, 4, height * width])
            let parts = (0..<3).map {
                all.narrow(dimension: 1, start: $0, length: 1).reshape([batch * 2, 4, height * width])
            }
            let weights = (parts[0].permute([0, 2, 1]).matmul(parts[1]) * 0.5).softmax(dimension: -1)
            let seen = parts[2].matmul(weights.permute([0, 2, 1])).reshape([batch, 8, height * width])
            let mixed = tokens(seen.permute([0, 2, 1])).permute([0, 2, 1]).reshape([batch, 8, height, width])
            let enlarged = (features + mixed).upsampleNearest(2)
            return tail(Tensor.concatenate([enlarged, x], dimension: 1)) / 2.0.squareRoot()
        }
    }

    /// Where that variable hides instructions, OpenVINO cannot.
    private static let normalises = ProcessInfo.processInfo.environment["ONEDNN_MAX_CPU_ISA"] == nil

    @Test(
        "Two inputs, attention and group normalisation are exported with free sizes", .enabled(if: normalises))
    func denoiser() throws {
        let parameters = Parameters()
        let network = try Denoiser(parameters.root)
        let model = try ONNXExporter.export(
            parameters: parameters,
            inputs: [.image("image", channels: 2, multipleOf: 2), ExportInput("level", [.free("batch")])],
            metadata: metadata("denoiser", channels: 1, scale: 1)
        ) { network($0[0], $0[1]) }
        #expect(model.feeds.map(\.name) == ["image", "level"])
        try withFile(model) { url in
            for (batch, height, width) in [(1, 6, 10), (3, 12, 4)] {
                let image = Generator(seed: 5).uniform([batch, 2, height, width])
                let level = Generator(seed: 6).uniform([batch])
                let expected = TorchRuntime.withoutGradients { network(image, level) }
                let output = try run(url, ["image": image, "level": level])
                #expect(largestDifference(output, expected) < 1e-5)
            }
        }
    }

    /// Every operation that can be exported and that no network above uses.
    private static let operations: [@Sendable (Tensor) -> Tensor] = [
        { $0 - $0.mean([2, 3], keepDimensions: true) }, { $0 / ($0 + 2) }, { ($0 + 0.5).pow(1.7) },
        { ($0 + 0.5).squareRoot }, { ($0 - 0.5).clamp(-0.2...0.3) }, { ($0 - 0.5).abs }, { ($0 + 0.5).log },
        { $0 * $0.sum([-1], keepDimensions: true) }, { $0.permute([1, 0, 3, 2]) }, { $0.softplus }, { $0.sigmoid },
        { $0.mean([2, 3], keepDimensions: true).expand($0.shape) }, { $0.maxPool(2) }, { $0.averagePool(2) },
        { $0.indexSelect(dimension: 1, Tensor(indices: [1, 0, 1])) },
        { $0.narrow(dimension: 3, start: $0.shape[3] - 3, length: 2) },
        { $0.narrow(dimension: 2, start: 1, length: $0.shape[2] - 2) },
        { $0.prelu(weight: Tensor([0.1, 0.2], shape: [2])) }, { ($0 - 0.5).leakyRelu(slope: 0.1) },
        {
            $0.groupNorm(
                groups: 1, weight: Tensor([2, 3], shape: [2]), bias: Tensor([1, -1], shape: [2]), epsilon: 1e-5)
        },
        {
            $0.batchNorm(
                weight: Tensor([2, 3], shape: [2]), bias: Tensor([1, -1], shape: [2]),
                runningMean: Tensor([0.5, 0], shape: [2]), runningVariance: Tensor([2, 0.5], shape: [2]),
                training: false, momentum: 0.1, epsilon: 1e-5)
        },
        { $0.conv2d(weight: Tensor([1, 2, 3, 4], shape: [4, 1, 1, 1]), bias: nil, groups: 2) },
        {
            $0.transposedConv2d(
                weight: Generator(seed: 8).normal([2, 3, 3, 3]), bias: Tensor([1, 2, 3], shape: [3]), stride: 2,
                padding: 1, outputPadding: 1)
        },
        {
            let (batch, height, width) = ($0.shape[0], $0.shape[2], $0.shape[3])
            return $0.permute([0, 2, 3, 1]).reshape([batch * height * width, 2]).softmax(dimension: 0)
                .reshape([batch, height, width, 2]).permute([0, 3, 1, 2])
        },
    ]

    @Test("Every other operation is exported too", arguments: operations.indices)
    func operation(index: Int) throws {
        let operation = Self.operations[index]
        let model = try ONNXExporter.export(
            parameters: Parameters(), inputs: [.image("input", channels: 2, multipleOf: 2)],
            metadata: metadata("operation", channels: 2, scale: 1)
        ) { operation($0[0]) }
        guard Self.normalises || !model.graph.node.contains(where: { $0.opType == "InstanceNormalization" }) else {
            return
        }
        let input = Generator(seed: 7).uniform([2, 2, 4, 6])
        let output = try withFile(model) { try run($0, ["input": input]) }
        #expect(largestDifference(output, operation(input)) < 1e-5)
    }

    @Test("A network that depends on its input's size, or cannot be written, is refused in plain words")
    func refused() {
        func export(_ network: @escaping (Tensor) -> Tensor) throws -> ModelProto {
            try ONNXExporter.export(
                parameters: Parameters(), inputs: [.image("input", channels: 1)],
                metadata: metadata("refused", channels: 1, scale: 1)
            ) { network($0[0]) }
        }
        #expect(throws: ExportError.unsupported(operation: "flip")) { try export { $0.flip(dimension: 2) } }
        #expect(throws: ExportError.dependsOnSize(operation: "multiplyScalar")) {
            try export { $0 * Double($0.shape[2]) }
        }
        #expect(throws: ExportError.dependsOnSize(operation: "number of operations")) {
            try export { x in (0..<x.shape[2]).reduce(x) { sum, _ in sum + x } }
        }
        #expect(throws: ExportError.dependsOnSize(operation: "narrow")) {
            try export { $0.narrow(dimension: 2, start: 0, length: $0.shape[2] / 2) }
        }
        #expect(throws: ExportError.outputIsConstant) { try export { _ in Tensor.ones([1]) } }
        #expect {
            try export { $0 + Tensor.arange($0.shape[3]) }
        } throws: {
            "\($0)".contains("constant") && !"\($0)".contains("\n")
        }
    }
}
