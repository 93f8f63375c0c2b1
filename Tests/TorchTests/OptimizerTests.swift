import Foundation
import Testing
import Torch
import TorchNN

@Suite("Optimisers")
struct OptimizerTests {
    init() { useOneThread() }

    private typealias Golden = TorchTests.Golden

    private func parameters() throws -> Parameters {
        let start = try Golden.tensors("optimizers")
        let parameters = Parameters(loading: [
            "a": start["start/a"]!, "b": start["start/b"]!, "unused": start["start/unused"]!,
        ])
        _ = try parameters.root.weight("a", shape: [3, 2], .constant(0))
        _ = try parameters.root.weight("b", shape: [4], .constant(0))
        _ = try parameters.root.weight("unused", shape: [2], .constant(0))
        return parameters
    }

    private func descend(
        _ parameters: Parameters, with optimizer: any Optimizer, steps: Range<Int>, expecting name: String
    )
        throws
    {
        let golden = try Golden.tensors("optimizers")
        for step in steps {
            let (a, b) = (parameters.all["a"]!, parameters.all["b"]!)
            let loss = a.pow(4).sum() + (b.exp * a.mean()).sum()
            loss.backward()
            optimizer.step()
            for (key, tensor) in parameters.all {
                #expect(tensor.gradient == nil)
                guard let expected = golden["\(name)/\(step)/\(key)"] else { continue }
                #expect(largestDifference(tensor, expected) < 2e-6, "\(key) after step \(step)")
            }
        }
    }

    @Test("Adam goes where torch.optim.Adam goes")
    func adam() throws {
        let plain = try parameters()
        try descend(plain, with: Adam(plain, learningRate: 0.05), steps: 1..<8, expecting: "adam")
        let decaying = try parameters()
        let optimizer = Adam(
            decaying, learningRate: 0.02, beta1: 0.5, beta2: 0.9, epsilon: 1e-6, weightDecay: 0.1)
        try descend(decaying, with: optimizer, steps: 1..<8, expecting: "adamDecay")
        let clipped = try parameters()
        try descend(
            clipped, with: Adam(clipped, learningRate: 0.05, clipNorm: 0.7), steps: 1..<8, expecting: "adamClip")
    }

    @Test("Momentum descent goes where torch.optim.SGD goes")
    func momentum() throws {
        let plain = try parameters()
        try descend(plain, with: MomentumDescent(plain, learningRate: 0.01), steps: 1..<8, expecting: "momentum")
        let clipped = try parameters()
        let optimizer = MomentumDescent(clipped, learningRate: 0.01, weightDecay: 0, clipStep: 0.004)
        try descend(clipped, with: optimizer, steps: 1..<8, expecting: "momentumClip")
    }

    @Test("An optimiser made anew from its state goes on as the old one would have")
    func resumes() throws {
        func resume(_ name: String, _ make: (Parameters) -> any Optimizer) throws {
            let first = try parameters()
            let optimizer = make(first)
            try descend(first, with: optimizer, steps: 1..<4, expecting: name)
            let second = try parameters()
            try second.copy(from: first.all)
            let resumed = make(second)
            try resumed.restore(optimizer.state)
            try descend(second, with: resumed, steps: 4..<8, expecting: name)
        }
        try resume("adam") { Adam($0, learningRate: 0.05) }
        try resume("momentum") { MomentumDescent($0, learningRate: 0.01) }
    }

    @Test("A state that lacks a tensor is refused by its name")
    func incompleteState() throws {
        let parameters = try parameters()
        let optimizer = Adam(parameters, learningRate: 0.1)
        var state = optimizer.state
        state["b.square"] = nil
        #expect { try optimizer.restore(state) } throws: { "\($0)".contains("'b.square'") }
    }

    @Test("A moving average forgets the beginning fast and then follows slowly")
    func movingAverage() throws {
        let parameters = Parameters()
        let weight = try parameters.root.weight("w", shape: [1], .constant(1))
        let average = MovingAverage(of: parameters, decay: 0.9)
        var expected: Float = 1
        for step in 1...200 {
            weight.copy(from: Tensor([Float(step % 7)], shape: [1]))
            average.update(step: step)
            // As diffusers' EMAModel warms up: (1 + n) / (10 + n), at most the decay.
            let decay = min(0.9, Float(1 + step) / Float(10 + step))
            expected = decay * expected + (1 - decay) * Float(step % 7)
            #expect((average.weights["w"]!.item - expected).magnitude < 1e-5)
        }
        let restored = MovingAverage(of: parameters, decay: 0.9)
        try restored.restore(average.weights)
        #expect(restored.weights["w"]!.values == average.weights["w"]!.values)
    }

    @Test("Learning rates follow PyTorch's schedulers")
    func schedules() throws {
        let url = Bundle.module.url(forResource: "schedules", withExtension: "json", subdirectory: "Golden")!
        let golden = try JSONDecoder().decode([String: [Double]].self, from: Data(contentsOf: url))
        let schedules: [String: LearningRateSchedule] = [
            "cosine": .cosine(warmup: 4, floor: 0.1), "steps": .steps(interval: 6, factor: 0.1),
            "warmup": .warmup(steps: 4),
        ]
        #expect(golden.count == schedules.count)
        for (name, values) in golden {
            for (step, value) in values.enumerated() {
                let factor = schedules[name]!.factor(step: step, of: 20)
                #expect((factor - value).magnitude < 1e-9, "\(name), step \(step)")
            }
        }
        #expect(LearningRateSchedule.constant.factor(step: 12, of: 20) == 1)
        #expect(LearningRateSchedule.cosine(warmup: 0, floor: 0.25).factor(step: 500, of: 20) == 0.25)
    }
}
