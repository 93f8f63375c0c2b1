import Foundation
import Networks
import Testing
import Torch
import TorchNN

@Suite("Networks")
struct NetworkTests {
    init() { useOneThread() }

    private func count(_ make: (ParameterPath) throws -> any Layer) throws -> Int {
        let parameters = Parameters()
        _ = try make(parameters.root)
        return parameters.count
    }

    @Test("As published, networks have as many parameters as papers and code say")
    func parameterCounts() throws {
        // Kim et al. 2016: 665 k.
        #expect(try count { try VDSR($0, .init()) } / 1000 == 665)
        // SRResNet ×4: 1.55 M, as mmediting counts it with one slope a PReLU.
        #expect(try abs(count { try SRResNet($0, .init(channels: 3)) } - 1_550_000) < 5000)
        // Counted once in PyTorch: the completion with fused paths, and without.
        #expect(try count { try AhmadGenerator($0, .init(channels: 3)) } / 10_000 == 318)
        #expect(try count { try AhmadGenerator($0, .init(channels: 3, fusesPaths: false)) } / 100_000 == 173)
        // By hand: 15 617 stem, 8 × 74 113 blocks, 20 × 36 929 layers, 128, 7169 up-block, 9233 and 1203.
        #expect(try count { try SaeediHybrid($0, .init()) } == 1_364_834)
        // The published RRDB_ESRGAN_x4 holds 16 697 987.
        #expect(try count { try RRDBNet($0, .init(channels: 3)) } == 16_697_987)
        // The 14 502 281 of the first code without the 2880 biases that batch normalisation makes idle.
        #expect(try count { try ESRGANDiscriminator($0, .init(channels: 3)) } == 14_499_401)
        // The convolutions of torchvision's vgg19: 20 024 384.
        let vgg = Parameters()
        _ = try VGG19(vgg.root)
        #expect(vgg.buffers.reduce(0) { $0 + $1.tensor.count } == 20_024_384)
    }

    @Test("Images of any size are magnified by the scale", arguments: SmallNetwork.generators)
    func oddSizes(network: SmallNetwork) throws {
        let layer = try network.make(Parameters().root)
        for (batch, height, width) in [(1, 2, 3), (2, 17, 8), (1, 9, 31)] {
            let input = Generator(seed: 1).uniform([batch, network.channels, height, width])
            let output = TorchRuntime.withoutGradients { layer(input) }
            #expect(output.shape == [batch, network.channels, height * network.scale!, width * network.scale!])
            #expect(output.values.allSatisfy { $0.isFinite })
        }
    }

    @Test("A network learns one batch by heart", arguments: SmallNetwork.generators)
    func overfits(network: SmallNetwork) throws {
        let loaded = try network.loaded()
        loaded.parameters.isTraining = true
        let values = (0..<2 * network.channels * 36).map { Float($0 * 29 % 61) / 61 }
        let input = Tensor(values, shape: [2, network.channels, 6, 6])
        let scale = network.scale!
        let side = 6 * scale
        let target = input.upsampleNearest(scale) * 0.8 - Tensor.full(0.3, shape: [2, network.channels, side, side])
        let optimizer = Adam(loaded.parameters, learningRate: 0.01)
        var losses: [Float] = []
        for _ in 0..<150 {
            let loss = Loss.mse(loaded.network(input), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item)
        }
        #expect(losses[149] < 0.35 * losses[0], "\(losses[0]) → \(losses[149])")
    }

    @Test("A discriminator learns to tell two images apart", arguments: SmallNetwork.discriminators)
    func discriminates(network: SmallNetwork) throws {
        let loaded = try network.loaded()
        let critic = try #require(loaded.network as? any Discriminator)
        loaded.parameters.isTraining = true
        let real = loaded.input
        // Without any detail along rows.
        let made = real.mean([3], keepDimensions: true).expand(real.shape).contiguous
        for loss in AdversarialLoss.allCases {
            let optimizer = Adam(loaded.parameters, learningRate: 5e-3)
            var losses: [Float] = []
            for _ in 0..<60 {
                let value = loss.discriminator(real: critic(real), made: critic(made))
                value.backward()
                optimizer.step()
                losses.append(value.item)
            }
            #expect(losses[59] < 0.5 * losses[0] || losses[59] < 0.05, "\(loss): \(losses[0]) → \(losses[59])")
        }
        let judged = critic.judge(real)
        #expect(judged.logits.shape == [2, 1])
        #expect(judged.features.count >= 4)
        #expect(judged.features.map { $0.shape[0] }.allSatisfy { $0 == 2 })
    }

    @Test("A two-network step reaches the generator through the discriminator, and nothing through a detached image")
    func twoNetworks() throws {
        let (generator, critic) = (Parameters(), Parameters())
        let network = try RRDBNet(generator.root, .init(features: 4, blocks: 1, growth: 2))
        let judge = try ESRGANDiscriminator(critic.root, .init(size: 32, features: 2))
        critic.isTraining = true
        let target = Generator(seed: 2).uniform([2, 1, 32, 32])
        let made = network(Generator(seed: 3).uniform([2, 1, 8, 8]))
        let loss = AdversarialLoss.relativisticAverage
        loss.discriminator(real: judge(target), made: judge(made.detached)).backward()
        #expect(generator.tensors.allSatisfy { $0.gradient == nil })
        #expect(critic.tensors.allSatisfy { $0.gradient != nil })
        for tensor in critic.tensors { tensor.clearGradient() }
        loss.generator(real: judge(target), made: judge(made)).backward()
        #expect(generator.tensors.allSatisfy { $0.gradient?.values.contains { $0 != 0 } == true })
    }

    @Test("Adversarial losses are the papers' formulas")
    func adversarialLosses() {
        let (real, made) = (Tensor([2, -1], shape: [2, 1]), Tensor([0.5, 1], shape: [2, 1]))
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        func close(_ a: Tensor, _ b: Double) -> Bool { (Double(a.item) - b).magnitude < 1e-6 }
        // −log D(x) − log(1 − D(G)), each averaged.
        let plain =
            -(log(sigmoid(2)) + log(sigmoid(-1))) / 2
            - (log(1 - sigmoid(0.5)) + log(1 - sigmoid(1))) / 2
        #expect(close(AdversarialLoss.vanilla.discriminator(real: real, made: made), plain))
        #expect(
            close(
                AdversarialLoss.vanilla.generator(real: real, made: made),
                -(log(sigmoid(0.5)) + log(sigmoid(1))) / 2))
        // D_Ra(x_r, x_f) = σ(C(x_r) − E C(x_f)); means: real 0.5, made 0.75.
        let seemsReal = [sigmoid(2 - 0.75), sigmoid(-1 - 0.75)]
        let seemsMade = [sigmoid(0.5 - 0.5), sigmoid(1 - 0.5)]
        func mean(_ values: [Double], _ transform: (Double) -> Double) -> Double {
            values.map(transform).reduce(0, +) / 2
        }
        let critic = -mean(seemsReal) { log($0) } - mean(seemsMade) { log(1 - $0) }
        #expect(close(AdversarialLoss.relativisticAverage.discriminator(real: real, made: made), critic / 2))
        let generator = -mean(seemsReal) { log(1 - $0) } - mean(seemsMade) { log($0) }
        #expect(close(AdversarialLoss.relativisticAverage.generator(real: real, made: made), generator / 2))
    }

    @Test("Interpolated networks lie between two, and foreign ones are refused")
    func interpolation() throws {
        let configuration = RRDBNet.Configuration(features: 4, blocks: 1, growth: 2)
        let (first, second) = (Parameters(), Parameters())
        _ = try RRDBNet(first.root, configuration)
        _ = try RRDBNet(second.root, configuration)
        let middle = try interpolateNetworks(first.all, second.all, alpha: 0.25)
        let name = "body.0.rdb2.conv3.weight"
        let expected = zip(first.all[name]!.values, second.all[name]!.values).map { 0.75 * $0 + 0.25 * $1 }
        #expect(zip(middle[name]!.values, expected).allSatisfy { abs($0 - $1) < 1e-7 })
        #expect(try interpolateNetworks(first.all, second.all, alpha: 0)[name]!.values == first.all[name]!.values)
        _ = try RRDBNet(Parameters(loading: middle).root, configuration)

        var foreign = second.all
        foreign[name] = nil
        #expect { try interpolateNetworks(first.all, foreign, alpha: 0.5) } throws: { "\($0)".contains(name) }
        foreign[name] = Tensor.zeros([1])
        #expect { try interpolateNetworks(first.all, foreign, alpha: 0.5) } throws: { "\($0)".contains(name) }
        foreign = second.all.merging(["extra": Tensor.zeros([1])]) { $1 }
        #expect { try interpolateNetworks(first.all, foreign, alpha: 0.5) } throws: { "\($0)".contains("'extra'") }
    }
}
