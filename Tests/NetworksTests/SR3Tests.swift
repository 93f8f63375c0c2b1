import Foundation
import Networks
import Testing
import Torch
import TorchNN

@Suite("SR3")
struct SR3Tests {
    /// What Tools/golden/sr3.py wrote.
    static func golden() throws -> [String: Tensor] {
        let url = Bundle.module.url(forResource: "sr3", withExtension: "safetensors", subdirectory: "Golden")!
        return try Safetensors(contentsOf: url).tensors
    }

    static func loaded(_ name: String, from golden: [String: Tensor]) -> Parameters {
        let prefix = "\(name).weights."
        return Parameters(
            loading: Dictionary(
                uniqueKeysWithValues: golden.compactMap {
                    $0.hasPrefix(prefix) ? (String($0.dropFirst(prefix.count)), $1) : nil
                }))
    }

    @Test(
        "A residual block equals diffusers', at one resolution and between two",
        arguments: [
            ("plain", 8, 12, ResampledResidualBlock.Resampling.none), ("half", 8, 8, .half), ("double", 8, 8, .double),
        ])
    func residualBlock(name: String, inputs: Int, outputs: Int, resampling: ResampledResidualBlock.Resampling) throws {
        let golden = try Self.golden()
        let parameters = Self.loaded(name, from: golden)
        let block = try ResampledResidualBlock(
            parameters.root, inputs, outputs, embedding: 6, resampling: resampling)
        try parameters.requireAllUsed()
        let result = block(golden["\(name).input"]!, golden["\(name).embedding"]!)
        let expected = golden["\(name).output"]!
        #expect(result.shape == expected.shape)
        #expect(zip(result.values, expected.values).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("Self-attention equals diffusers'")
    func attention() throws {
        let golden = try Self.golden()
        let parameters = Self.loaded("attention", from: golden)
        let attention = try SelfAttention(parameters.root, 8)
        try parameters.requireAllUsed()
        let (result, expected) = (attention(golden["attention.input"]!), golden["attention.output"]!)
        #expect(zip(result.values, expected.values).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test(
        "The paper's configurations have its parameters within 3 percent",
        arguments: [
            (SR3.Configuration.faces16to128, 550), (.natural64to256, 625), (.faces64to512, 625),
            (.faces256to1024, 150),
        ])
    func paperCounts(configuration: SR3.Configuration, millions: Int) {
        #expect(abs(Double(configuration.parameterCount) / Double(millions * 1_000_000) - 1) < 0.03)
    }

    static let variants: [SR3.Configuration] = [
        .tiny, .small,
        SR3.Configuration(
            channels: 3,
            network: UNet.Configuration(
                features: 16, multipliers: [1, 2, 2, 4], blocks: 2, attentionLevels: [1, 3], hasMiddleAttention: true)),
        SR3.Configuration(channels: 1, network: UNet.Configuration(features: 8, multipliers: [1], blocks: 1)),
    ]

    @Test("Parameters counted are parameters made", arguments: variants.indices)
    func counts(index: Int) throws {
        let parameters = Parameters()
        _ = try SR3(parameters.root, Self.variants[index])
        #expect(parameters.count == Self.variants[index].parameterCount)
    }

    @Test("The tiny network has about 2.4 million parameters, the small one 14")
    func presetSizes() {
        #expect(abs(Double(SR3.Configuration.tiny.parameterCount) / 2.4e6 - 1) < 0.05)
        #expect(abs(Double(SR3.Configuration.small.parameterCount) / 14e6 - 1) < 0.05)
    }

    @Test("Denoiser and regression keep the shape of any image of the right multiple", arguments: variants.indices)
    func shapes(index: Int) throws {
        let configuration = Self.variants[index]
        let multiple = configuration.network.multiple
        let shape = [2, configuration.channels, 3 * multiple, 5 * multiple]
        let image = Generator(seed: 1).normal(shape)
        let result = TorchRuntime.withoutGradients {
            try! SR3(Parameters().root, configuration)(
                noisy: image, condition: image, level: Generator(seed: 2).normal([2, configuration.levelFeatures]))
        }
        #expect(result.shape == shape)
        #expect(try SR3Regression(Parameters().root, configuration)(image).shape == shape)
    }

    @Test("Noise, condition and level all reach the result, and gradients reach every weight")
    func allInputsCount() throws {
        let parameters = Parameters()
        let configuration = SR3.Configuration(
            channels: 1,
            network: UNet.Configuration(
                features: 8, multipliers: [1, 2], blocks: 1, attentionLevels: [1], hasMiddleAttention: true, patch: 2))
        let network = try SR3(parameters.root, configuration)
        // Weights that begin near nothing would hide what does not reach the result.
        for (name, tensor) in parameters.trainable where name.hasSuffix("weight") {
            tensor.copy(from: Generator(seed: 3).normal(tensor.shape) * 0.2)
        }
        let (noisy, condition) = (Generator(seed: 4).normal([1, 1, 8, 8]), Generator(seed: 5).normal([1, 1, 8, 8]))
        let level = Generator(seed: 6).normal([1, 8])
        let result = network(noisy: noisy, condition: condition, level: level)
        func change(_ other: Tensor) -> Float { (other - result).abs.mean().item }
        #expect(change(network(noisy: noisy + 1, condition: condition, level: level)) > 1e-3)
        #expect(change(network(noisy: noisy, condition: condition + 1, level: level)) > 1e-3)
        #expect(change(network(noisy: noisy, condition: condition, level: level + 1)) > 1e-3)
        result.square.mean().backward()
        // Before a norm over single channels a bias has no effect; every weight has one.
        for (name, tensor) in parameters.trainable where name.hasSuffix("weight") {
            #expect(tensor.gradient.map { $0.abs.sum().item > 0 } ?? false, "\(name)")
        }
    }
}
