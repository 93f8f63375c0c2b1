import Foundation
import Networks
import Testing
import Torch
import TorchNN

@Suite("FSRNet")
struct FSRNetTests {
    init() { useOneThread() }

    @Test("gives the image, the coarse image and the maps that PyTorch gives with the same weights")
    func parity() throws {
        let url = Bundle.module.url(forResource: "fsrnet", withExtension: "safetensors", subdirectory: "Golden")!
        let golden = try Safetensors(contentsOf: url).tensors
        let parameters = Parameters(loading: golden.under("weights/"))
        let network = try FSRNet(parameters.root, .init(features: 4, encoderBlocks: 2))
        try parameters.requireAllUsed()
        let made = TorchRuntime.withoutGradients { network.estimates(of: golden["input"]!) }
        #expect(largestDifference(made.image, golden["output"]!) < 2e-5)
        #expect(largestDifference(made.coarse, golden["coarse"]!) < 2e-5)
        #expect(largestDifference(made.priors, golden["priors"]!) < 5e-5)
    }

    /// The parts' counts are PyTorch's for the same layers (`Tools/golden/fsrnet.py` prints them); 3.26 M and .57 M in all.
    @Test("has the published number of weights, none of them shared")
    func count() throws {
        let parameters = Parameters()
        _ = try FSRNet(parameters.root, .init())
        func count(_ part: String) -> Int {
            parameters.trainable.filter { $0.name.hasPrefix(part + ".") }.reduce(0) { $0 + $1.tensor.count }
        }
        #expect(count("coarse") == 225_539)
        #expect(count("encoder") == 926_592)
        #expect(count("prior") == 1_739_074)
        #expect(parameters.count == 3_262_536)
        let small = Parameters()
        _ = try FSRNet(small.root, .small)
        #expect(small.count == 571_620)
    }

    @Test("what is learned of the maps alone moves the coarse network, which sees the image first")
    func priorGradient() throws {
        let parameters = Parameters(seed: 1)
        let network = try FSRNet(parameters.root, .init(channels: 1, features: 4, encoderBlocks: 1, hourglasses: 1))
        network.estimates(of: Generator(seed: 2).uniform([1, 1, 16, 16])).priors.square.mean().backward()
        for (name, tensor) in parameters.trainable {
            let isReached = tensor.gradient?.values.contains { $0 != 0 } ?? false
            if name.hasPrefix("coarse.tail") || name.hasPrefix("prior.maps") { #expect(isReached, "\(name)") }
            if name.hasPrefix("encoder") || name.hasPrefix("decoder") { #expect(!isReached, "\(name)") }
        }
    }

    @Test("where it adds its input, a network whose last layers are zero gives its input, image and coarse image alike")
    func addsInput() throws {
        let parameters = Parameters(seed: 1)
        let network = try FSRNet(
            parameters.root, .init(channels: 1, features: 4, encoderBlocks: 1, hourglasses: 1, addsInput: true))
        for (name, tensor) in parameters.trainable where name.hasPrefix("tail.") || name.hasPrefix("coarse.tail.") {
            tensor.copy(from: .zeros(tensor.shape))
        }
        let x = Generator(seed: 2).uniform([1, 1, 32, 16])
        let made = TorchRuntime.withoutGradients { network.estimates(of: x) }
        #expect(made.image.values == x.values && made.coarse.values == x.values)
        #expect(made.priors.shape == [1, 2, 16, 8])
    }
}
