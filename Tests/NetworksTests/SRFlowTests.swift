import Foundation
import Networks
import Testing
import Torch
import TorchNN

@Suite("SRFlow") struct SRFlowTests {
    static let small = SRFlow.Configuration(
        encoder: Foveola.Configuration(scale: 4, features: 4, blocks: 2), depths: 2, projected: 3, steps: 2, hidden: 5,
        deviation: 0.2)

    /// A flow none of whose weights is as it begins, since zeros would hide what depends on them.
    private static func perturbed(
        _ configuration: SRFlow.Configuration = small, type: ScalarType = .float32
    ) throws -> SRFlow {
        let parameters = Parameters(seed: 3, type: type)
        let flow = try SRFlow(parameters.root, configuration)
        for tensor in parameters.tensors {
            tensor.copy(from: tensor.detached + parameters.generator.normal(tensor.shape).to(type: type) * 0.1)
        }
        return flow
    }

    private static func normal(_ shape: [Int], seed: UInt64, type: ScalarType = .float32) -> Tensor {
        Generator(seed: seed).normal(shape).to(type: type)
    }

    /// What Tools/golden/srflow.py wrote.
    private static func golden() throws -> [String: Tensor] {
        let url = Bundle.module.url(forResource: "srflow", withExtension: "safetensors", subdirectory: "Golden")!
        return try Safetensors(contentsOf: url).tensors
    }

    @Test("Latent, log-determinant and log-density equal NumPy's of the papers' equations")
    func reference() throws {
        let golden = try Self.golden()
        let prefix = "weights."
        let weights = Dictionary(
            uniqueKeysWithValues: golden.filter { $0.key.hasPrefix(prefix) }.map {
                (String($0.key.dropFirst(prefix.count)), $0.value)
            })
        let parameters = Parameters(loading: weights)
        let flow = try SRFlow(
            parameters.root,
            SRFlow.Configuration(
                encoder: Foveola.Configuration(scale: 4, features: 3, blocks: 2), depths: 2, projected: 2, steps: 1,
                hidden: 3, leastScale: 0.4, deviation: 0.3))
        try parameters.requireAllUsed()
        let condition = flow.condition(golden["low"]!)
        let (latent, logDeterminant) = flow.latent(of: golden["residual"]!, given: condition)
        let logDensity = flow.logDensity(of: golden["residual"]!, given: condition)
        #expect(latent.shape == [2, 16, 2, 3])
        for (found, name) in [(latent, "latent"), (logDeterminant, "logDeterminant"), (logDensity, "logDensity")] {
            let expected = golden[name]!
            #expect(found.shape == expected.shape)
            let largest = expected.values.reduce(0) { max($0, abs($1)) }
            #expect(zip(found.values, expected.values).allSatisfy { abs($0 - $1) < 1e-4 * largest }, "\(name)")
        }
    }

    @Test("The inverse undoes the flow, at odd sizes, as far as the numbers reach", arguments: [2, 4, 8])
    func inverse(scale: Int) throws {
        var configuration = Self.small
        configuration.encoder.scale = scale
        for (type, limit) in [(ScalarType.float32, Float(1e-4)), (.float64, 1e-10)] {
            let flow = try Self.perturbed(configuration, type: type)
            let condition = flow.condition(Self.normal([2, 1, 3, 5], seed: 1, type: type))
            let residual = Self.normal([2, 1, 3 * scale, 5 * scale], seed: 2, type: type) * 0.2
            let latent = flow.latent(of: residual, given: condition).latent
            #expect(latent.shape == [2, scale * scale, 3, 5])
            let error = (flow.residual(of: latent, given: condition) - residual).abs
            #expect(error.values.max()! < limit, "\(type)")
        }
    }

    @Test("The log-determinant is that of the Jacobian which differentiation gives")
    func jacobian() throws {
        let flow = try Self.perturbed(type: .float64)
        let condition = TorchRuntime.withoutGradients {
            flow.condition(Self.normal([1, 1, 1, 1], seed: 5, type: .float64))
        }
        let residual = Self.normal([1, 1, 4, 4], seed: 6, type: .float64) * 0.2
        residual.requiresGradient = true
        let rows = (0..<16).map { index in
            residual.clearGradient()
            flow.latent(of: residual, given: condition).latent.reshape([16])
                .narrow(dimension: 0, start: index, length: 1).sum().backward()
            return residual.gradient!.clone.reshape([1, 16])
        }
        let expected = Tensor.concatenate(rows, dimension: 0).logAbsoluteDeterminant
        let found = flow.latent(of: residual, given: condition).logDeterminant
        #expect(abs((found - expected).values[0]) < 1e-6)
    }

    @Test("An untrained flow stretches space as its constants say")
    func untrained() throws {
        var configuration = Self.small
        configuration.leastScale = 0.25
        let flow = try SRFlow(Parameters(seed: 1).root, configuration)
        let condition = flow.condition(Self.normal([1, 1, 3, 2], seed: 1))
        let found = flow.latent(of: Self.normal([1, 1, 12, 8], seed: 2), given: condition).logDeterminant.item
        // σ(2) = 0.880797: every injector multiplies all channels by 1e-4 + 0.9999 σ(2), every coupling half of them by
        // 0.25 + 0.75 σ(2). Level 1 has 4 channels at 6 × 4 places, level 2 has 8 at 3 × 2, each two steps; all 96 values
        // are divided by 0.2 before.
        let (injector, coupling) = (log(0.880809), log(0.910598))
        let expected = 2 * (4 * 24 * injector + 2 * 24 * coupling) + 2 * (8 * 6 * injector + 4 * 6 * coupling)
        #expect(abs(Double(found) - (expected + 96 * log(5))) < 1e-2)
    }

    @Test("A flow that only turns gives normal values their own density: 2.047 bits")
    func knownDensity() throws {
        var configuration = Self.small
        (configuration.steps, configuration.deviation) = (0, 1)
        let flow = try SRFlow(Parameters(seed: 2).root, configuration)
        let low = Self.normal([4, 1, 16, 16], seed: 3)
        let (condition, mean) = (flow.condition(low), flow(low))
        // ½ log₂(2πe); the mean of 16,384 draws is off by 0.006 at one deviation.
        let bits =
            flow.logDensity(of: mean + Self.normal([4, 1, 64, 64], seed: 4), given: condition).mean()
            * (-1 / (64 * 64 * log(2)))
        #expect(abs(bits.item - 2.0471) < 0.025)
    }

    @Test("At temperature 0 it is one image, the layer's own, and samples spread with the temperature")
    func temperature() throws {
        let flow = try Self.perturbed()
        let low = Self.normal([1, 1, 4, 6], seed: 1)
        let condition = flow.condition(low)
        let latent = Self.normal([1, 16, 4, 6], seed: 2)
        let still = flow(low)
        let spreads = [0, 0.5, 1].map { temperature in
            (flow.residual(of: latent * temperature, given: condition) - still).square.mean().item
        }
        #expect(spreads[0] == 0 && spreads[1] > 0 && spreads[2] > 2 * spreads[1])
    }

    @Test("Fitted to a batch, its normalisations leave values of mean 0 and deviation 1")
    func fits() throws {
        var configuration = Self.small
        configuration.steps = 0
        let flow = try SRFlow(Parameters(seed: 2).root, configuration)
        let condition = flow.condition(Self.normal([8, 1, 8, 8], seed: 3))
        let residual = Self.normal([8, 1, 32, 32], seed: 4) * 3 + 7
        _ = TorchRuntime.withoutGradients { flow.latent(of: residual, given: condition, fits: true) }
        let latent = flow.latent(of: residual, given: condition).latent
        // The last level's eight channels: what left before is spread over positions, whose means are not fitted one by one.
        let mean = latent.mean([0, 2, 3]).values[8...]
        let square = latent.square.mean([0, 2, 3]).values[8...]
        #expect(mean.allSatisfy { abs($0) < 1e-3 })
        // Turned, channels share what they deviate.
        #expect(abs(square.reduce(0, +) / 8 - 1) < 1e-2)
    }

    @Test("The small one for MRI has as many weights as counted by hand, none shared")
    func count() throws {
        let parameters = Parameters()
        _ = try SRFlow(parameters.root, SRFlow.Configuration())
        func convolution(_ inputs: Int, _ outputs: Int, _ kernel: Int = 3) -> Int {
            inputs * outputs * kernel * kernel + outputs
        }
        // Of `told` inputs for `channels` values: 3 × 3 to 32, 1 × 1, and 3 × 3 to shift and scale with their trained scale.
        func affine(_ told: Int, _ channels: Int) -> Int {
            convolution(told, 32) + convolution(32, 32, 1) + convolution(32, 2 * channels) + 2 * channels
        }
        func level(_ channels: Int) -> Int {
            let transition = 2 * channels + channels * channels
            return 2 * transition + 4 * (transition + affine(96, channels) + affine(96 + channels / 2, channels / 2))
        }
        let flow = 3 * convolution(64, 32, 1) + level(4) + level(8) + convolution(2, 4) + 4
        #expect(flow == 515_392)
        // With the shipped network that it tells from, which its card says has 379,152.
        #expect(parameters.count == flow + 379_152)
    }
}
