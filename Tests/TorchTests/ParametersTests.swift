import Foundation
import Testing
import Torch
import TorchNN

@Suite("Parameters")
struct ParametersTests {
    init() { useOneThread() }

    /// One of every layer that has weights.
    private struct Everything: Layer {
        let convolution: Conv2d
        let norm: BatchNorm2d
        let groups: GroupNorm
        let activation: PReLU
        let dropout: Dropout
        let linear: Linear

        init(_ path: ParameterPath) throws {
            convolution = try Conv2d(path / "convolution", 2, 4)
            norm = try BatchNorm2d(path / "norm", 4)
            groups = try GroupNorm(path / "groups", groups: 2, channels: 4)
            activation = try PReLU(path / "activations" / 0, slopes: 4)
            dropout = Dropout(path / "dropout", probability: 0.5)
            linear = try Linear(path / "linear", 5, 3, initializer: .he(fanIn: 5))
        }

        func callAsFunction(_ x: Tensor) -> Tensor { linear(dropout(activation(groups(norm(convolution(x)))))) }
    }

    @Test("The same initialiser draws weights or loads them by name")
    func createdThenLoaded() throws {
        let created = Parameters()
        let network = try Everything(created.root)
        #expect(
            created.trainable.map(\.name) == [
                "convolution.weight", "convolution.bias", "norm.weight", "norm.bias", "groups.weight", "groups.bias",
                "activations.0.weight", "linear.weight", "linear.bias",
            ])
        #expect(created.buffers.map(\.name) == ["norm.running_mean", "norm.running_var"])
        #expect(created.count == 72 + 4 + 4 + 4 + 4 + 4 + 4 + 15 + 3)

        let loaded = Parameters(loading: created.all)
        let again = try Everything(loaded.root)
        try loaded.requireAllUsed()
        let x = Tensor((0..<40).map { Float($0 % 7) }, shape: [1, 2, 4, 5])
        #expect(network(x).values == again(x).values)
        // Loaded weights are their own.
        created.trainable[0].tensor.copy(from: .zeros([4, 2, 3, 3]))
        #expect(loaded.trainable[0].tensor.values.contains { $0 != 0 })
    }

    @Test("Weights of another network are refused, with the name and what to do")
    func foreignWeights() throws {
        let created = Parameters()
        _ = try Everything(created.root)
        var weights = created.all
        weights["norm.bias"] = nil
        #expect { try Everything(Parameters(loading: weights).root) } throws: { "\($0)".contains("lack 'norm.bias'") }
        weights["norm.bias"] = Tensor.zeros([5])
        #expect { try Everything(Parameters(loading: weights).root) } throws: {
            "\($0)".contains("'norm.bias' has shape [5], the network needs [4]")
        }
        weights["norm.bias"] = Tensor.zeros([4])
        weights["head.weight"] = Tensor.zeros([1])
        let loaded = Parameters(loading: weights)
        _ = try Everything(loaded.root)
        #expect { try loaded.requireAllUsed() } throws: { "\($0)".contains("'head.weight'") }
        #expect(throws: TorchError.self) { try created.copy(from: ["norm.bias": Tensor.zeros([4])]) }
    }

    @Test("Batch normalisation and dropout do something else while training")
    func trainingMode() throws {
        let parameters = Parameters()
        let norm = try BatchNorm2d(parameters.root / "norm", 1)
        let dropout = Dropout(parameters.root, probability: 0.5)
        let x = Tensor([1, 2, 3, 4], shape: [1, 1, 2, 2])
        #expect(largestDifference(norm(x), x) < 1e-4)
        #expect(dropout(x).values == x.values)
        parameters.isTraining = true
        #expect(norm(x).mean().item.magnitude < 1e-6)
        // A tenth of the way from 0 to the mean 2.5, and from 1 to the unbiased variance 5/3.
        #expect((parameters.all["norm.running_mean"]!.item - 0.25).magnitude < 1e-6)
        #expect((parameters.all["norm.running_var"]!.item - (0.9 + 0.1 * 5 / 3)).magnitude < 1e-6)
        let dropped = dropout(Tensor.ones([10_000])).values
        #expect(Set(dropped) == [0, 2])
        #expect((4_500...5_500).contains(dropped.count { $0 == 0 }))
    }

    @Test("Initialisers draw with the spread that they promise")
    func initializers() throws {
        let path = Parameters().root
        let he = try path.weight("he", shape: [100, 100], .he(fanIn: 50)).values
        let deviation = (he.reduce(0) { $0 + $1 * $1 } / 10_000).squareRoot()
        #expect((deviation - 0.2).magnitude < 0.01)
        let uniform = try path.weight("uniform", shape: [100, 100], .torchDefault(fanIn: 16)).values
        #expect(uniform.allSatisfy { $0.magnitude <= 0.25 })
        #expect(uniform.max()! > 0.24 && uniform.min()! < -0.24)
    }

    @Test("A training run keeps no tensors alive")
    func noLeak() async {
        await #expect(processExitsWith: .success) {
            let parameters = Parameters()
            let network = try Everything(parameters.root)
            parameters.isTraining = true
            let optimizer = Adam(parameters, learningRate: 1e-3, clipNorm: 1)
            let average = MovingAverage(of: parameters, decay: 0.99)
            func train(_ steps: Range<Int>) {
                for step in steps {
                    let x = Generator(seed: 1).normal([2, 2, 5, 5])
                    let loss = TorchRuntime.autocast(to: .bfloat16) {
                        Loss.l1(network(x.channelsLast), Tensor.ones([1]))
                    }
                    loss.backward()
                    optimizer.step()
                    average.update(step: step)
                    _ = optimizer.state
                }
            }
            train(1..<3)
            let alive = TorchRuntime.liveTensorCount
            train(3..<30)
            precondition(
                alive > 0 && TorchRuntime.liveTensorCount == alive, "\(alive) → \(TorchRuntime.liveTensorCount)")
        }
    }

    @Test("A seed repeats its draws, a stored state continues them, and another generator does not disturb them")
    func generators() {
        let generator = Generator(seed: 5)
        let first = generator.normal([8]).values
        let state = generator.state
        let second = generator.uniform([8]).values
        #expect(Generator(seed: 6).normal([8]).values != first)
        let again = Generator(seed: 5)
        #expect(again.normal([8]).values == first)
        _ = again.normal([100])
        again.state = state
        #expect(again.uniform([8]).values == second)
        func dropped(_ seed: UInt64) -> [Float] {
            Tensor.ones([100]).dropout(0.5, using: Generator(seed: seed)).values
        }
        #expect(dropped(7) == dropped(7))
        #expect(dropped(7) != dropped(8))
    }

    @Test("Shapes that do not fit trap")
    func badShapes() async {
        await #expect(processExitsWith: .failure) { _ = Tensor.ones([2, 3]) + Tensor.ones([4]) }
        await #expect(processExitsWith: .failure) { _ = Tensor([1, 2], shape: [3]) }
    }
}
