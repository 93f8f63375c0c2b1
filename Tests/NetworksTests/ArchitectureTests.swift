import Foundation
import Imaging
import Networks
import Testing
import Torch
import TorchNN
import Upscaling

@Suite("Architectures")
struct ArchitectureTests {
    init() { useOneThread() }

    static let architectures: [Architecture] = [
        .foveola(.init(scale: 2, features: 4, blocks: 2)), .vdsr(.init(depth: 5, features: 4)),
        .srresnet(.init(features: 4, blocks: 2)),
        .saeedi(.init(features: 4, residualBlocks: 2, plainLayers: 3)),
        .saeedi(.init(features: 4, residualBlocks: 1, plainLayers: 2, sharpening: .projectedCross)),
        .ahmad(.init(features: 4, deepBlocks: 2, enlargedBlocks: 1)),
        .rrdb(.init(scale: 4, features: 4, blocks: 1, growth: 2)), .enhanceNet(.init(features: 4, blocks: 2)),
    ]

    @Test("An architecture comes back from its file, and makes what it says", arguments: architectures)
    func contract(architecture: Architecture) throws {
        let stored = try JSONEncoder().encode(architecture)
        #expect(try JSONDecoder().decode(Architecture.self, from: stored) == architecture)
        let network = try architecture.makeNetwork(Parameters())
        let input = Generator(seed: 1).uniform([1, architecture.channels, 6, 9])
        let scale = architecture.input == .bicubicUpscaled ? 1 : architecture.scale!
        let output = TorchRuntime.withoutGradients { network(input) }
        #expect(output.shape == [1, architecture.channels, 6 * scale, 9 * scale])
        if architecture.outputRange == -1...1 { #expect(output.values.allSatisfy { (-1...1).contains($0) }) }
    }

    @Test("No pixel beyond the receptive field changes a result", arguments: architectures)
    func receptiveField(architecture: Architecture) throws {
        let parameters = Parameters()
        let network = try architecture.makeNetwork(parameters)
        // Weights that lean to the positive keep every ReLU alive; small ones keep tanh from saturating.
        for tensor in parameters.tensors where tensor.shape.count == 4 {
            let spread = (1 / Float(tensor.count / tensor.shape[0])).squareRoot()
            let values = (0..<tensor.count).map { (Float($0 * 7919 % 101) / 101 - 0.45) * spread }
            tensor.copy(from: Tensor(values, shape: tensor.shape))
        }
        // Drawn by libtorch's generator too; a positive one keeps its ReLU alive.
        for (name, tensor) in parameters.trainable where name.hasSuffix("bias") {
            tensor.copy(from: .full(0.05, shape: tensor.shape))
        }
        let field = try #require(architecture.receptiveField)
        let length = 2 * field + 12
        let scale = architecture.input == .bicubicUpscaled ? 1 : architecture.scale!
        // Not libtorch's generator: what it gives depends on which tests run beside this one.
        var generator = SeededGenerator(seed: 1)
        let count = architecture.channels * 4 * length
        let input = Tensor(
            (0..<count).map { _ in Float(generator.uniform()) }, shape: [1, architecture.channels, 4, length])
        input.requiresGradient = true
        let middle = length / 2
        network(input).narrow(dimension: 3, start: middle * scale, length: scale).sum().backward()
        let gradient = try #require(input.gradient).values
        func reaches(_ distance: Int) -> Bool {
            gradient.indices.contains { gradient[$0] != 0 && abs($0 % length - middle) == distance }
        }
        for distance in field + 1..<middle { #expect(!reaches(distance), "\(distance) px") }
        #expect((0..<field).reversed().prefix(5).contains(where: reaches), "the stated field is far too large")
    }

    @Test("A discriminator comes back from its file")
    func discriminators() throws {
        let all: [DiscriminatorArchitecture] = [
            .srgan(.init(channels: 3, size: 24, features: 2, hidden: 4)), .ahmad(.init(size: 32, features: 2)),
            .esrgan(.init(size: 32, features: 2)), .enhanceNet(.init(size: 32, features: 2, hidden: 4)),
            .stylegan2(.init(size: 32, features: 2, mostFeatures: 4)),
        ]
        for architecture in all {
            let stored = try JSONEncoder().encode(architecture)
            #expect(try JSONDecoder().decode(DiscriminatorArchitecture.self, from: stored) == architecture)
            let discriminator = try architecture.makeDiscriminator(Parameters())
            let images = Generator(seed: 2).uniform([2, architecture.channels, architecture.size, architecture.size])
            #expect(discriminator(images).shape == [2, 1])
        }
    }

    @Test("An unknown architecture is refused with those that are known")
    func unknown() {
        #expect {
            try JSONDecoder().decode(Architecture.self, from: Data(#"{"edsr": {}}"#.utf8))
        } throws: {
            "\($0)".contains("foveola, vdsr, srresnet, saeedi, ahmad, rrdb, enhanceNet, sr3")
        }
    }
}
