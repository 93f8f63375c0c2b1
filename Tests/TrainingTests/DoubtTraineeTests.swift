import Foundation
import Imaging
import Networks
import TestSupport
import Testing
import Torch
import TorchNN
import Training
import Upscaling

@Suite("Training a head that doubts a network", .serialized)
struct DoubtTraineeTests {
    /// Networks this small lose more to waiting for other threads than they gain.
    init() { TorchRuntime.threadCount = 1 }

    static let network = Foveola.Configuration(scale: 2, features: 8, blocks: 1, doubt: 8)

    static func configuration(_ objective: DoubtObjective = DoubtObjective(), steps: Int = 300) -> TrainingConfiguration
    {
        TrainingConfiguration(
            architecture: .foveola(network), objective: .doubt(objective), scale: 2,
            data: [TrainingFolder(folder: "images", modality: .chestXRay)], batchSize: 4, cropSize: 24, steps: steps,
            learningRate: 1e-2, schedule: .cosine(warmup: 5, floor: 0.02), averageDecay: 0.9, precision: .float32,
            initialWeights: "network.onnx")
    }

    private static func trunk() throws -> [String: Tensor] {
        let parameters = Parameters(seed: 9)
        var plain = network
        plain.doubt = 0
        _ = try Foveola(parameters.root, plain)
        return parameters.all
    }

    /// What a network of these weights makes of images, and how it doubts it.
    private static func doubted(_ weights: [String: Tensor], _ input: Tensor) throws -> (
        result: Tensor, correction: Tensor
    ) {
        let made = try Architecture.foveola(network).makeNetwork(Parameters(loading: weights))
        return TorchRuntime.withoutGradients { (made as! Foveola).doubted(input, conditions: nil) }
    }

    /// Images of one gray, and what is missing of them.
    private static func batch(_ grays: [Float], errors: (Int) -> Tensor, result: Tensor) -> Batch {
        let input = grays.flatMap { [Float](repeating: $0, count: 24 * 24) }
        let shape = [grays.count, 1, 48, 48]
        let errors = Tensor.concatenate(grays.indices.map(errors), dimension: 0)
        return Batch(
            input: Tensor(input, shape: [grays.count, 1, 24, 24]).channelsLast, target: (result + errors).channelsLast,
            bicubic: .full(0.5, shape: shape))
    }

    @Test("begins as no head: the same result, and no correction")
    func begins() throws {
        let weights = try Self.configuration().makeTrainee(initialWeights: Self.trunk(), on: .cpu).finalWeights
        let input = Generator(seed: 1).uniform([2, 1, 24, 24])
        let (result, correction) = try Self.doubted(weights, input)
        var plain = Self.network
        plain.doubt = 0
        let network = try Architecture.foveola(plain).makeNetwork(Parameters(loading: Self.trunk()))
        TorchRuntime.withoutGradients { #expect(network(input).values == result.values) }
        #expect(correction.shape == [2, 1, 24, 24])
        #expect(correction.values.allSatisfy { $0 == 0 })
    }

    @Test("learns where errors are known to be four times as large, and leaves the network as it was, bit for bit")
    func learns() throws {
        let trunk = try Self.trunk()
        let trainee = try Self.configuration().makeTrainee(initialWeights: trunk, on: .cpu)
        let grays: [Float] = [0.2, 0.8, 0.2, 0.8]
        let input = Tensor(grays.flatMap { [Float](repeating: $0, count: 24 * 24) }, shape: [4, 1, 24, 24])
        let result = try Self.doubted(trainee.finalWeights, input).result
        // The same everywhere in an image, 4 and 16 in 255: the bound is narrowest where doubts have the errors' ratio.
        let errors = [4.0, 16, 4, 16].map { Tensor.full($0 / 255, shape: [1, 1, 48, 48]) }
        let batch = Self.batch(grays, errors: { errors[$0] }, result: result)
        for step in 0..<300 { _ = try trainee.step(batch, step: step) }
        for (name, weight) in trunk { #expect(trainee.finalWeights[name]!.values == weight.values, "\(name)") }
        let (after, correction) = try Self.doubted(trainee.finalWeights, input)
        #expect(after.values == result.values)
        // Inside, where no border is seen: the doubt that the head makes of the change and the least doubt.
        let doubts = grays.indices.map { image in
            let change = Double(abs(result.values[image * 48 * 48 + 24 * 48 + 24])) * 255 + 0.5
            return change * exp(Double(correction.values[image * 24 * 24 + 12 * 24 + 12]))
        }
        #expect(abs(doubts[1] / doubts[0] / 4 - 1) < 0.1, "\(doubts)")
    }

    @Test(
        "counts the width of a bound: the doubts' mean times what the errors need, whatever all doubts are multiplied by"
    )
    func width() throws {
        let trainee = try Self.configuration(DoubtObjective(withinCrops: 2, acrossCrops: 1))
            .makeTrainee(initialWeights: Self.trunk(), on: .cpu)
        let grays: [Float] = [0.2, 0.8]
        let input = Tensor(grays.flatMap { [Float](repeating: $0, count: 24 * 24) }, shape: [2, 1, 24, 24])
        let result = try Self.doubted(trainee.finalWeights, input).result
        // Errors alike all over an image, and the doubt that the network's change makes, alike away from the border: every power
        // mean is the ratio itself, and the mean of the two images' by the exponent 1 the plain one.
        let errors = [0.02, 0.06]
        let changes = grays.indices.map { Double(abs(result.values[$0 * 48 * 48 + 24 * 48 + 24])) * 255 + 0.5 }
        let batch = Self.batch(
            grays, errors: { Tensor.full(errors[$0], shape: [1, 1, 48, 48]) }, result: result)
        let needed = zip(errors, changes).map { $0 * 255 / $1 }
        let expected = (log(changes[0]) + log(changes[1])) / 2 + log((needed[0] + needed[1]) / 2)
        let spread = log((needed[0] + needed[1]) / 2) - (log(needed[0]) + log(needed[1])) / 2
        let losses = try trainee.step(batch, step: 0)
        #expect(abs(Double(losses[0].value) - expected) < 0.02, "\(losses[0].value), not \(expected)")
        #expect(abs(Double(losses[1].value) - spread) < 0.02, "\(losses[1].value), not \(spread)")
    }

    @Test("refuses a network that is another's, and a run without one or without a head")
    func refusals() throws {
        try Self.configuration().validate()
        let other = Parameters()
        _ = try Foveola(other.root, Foveola.Configuration(scale: 2, features: 7, blocks: 1))
        var error = #expect(throws: TrainingError.self) {
            try Self.configuration().makeTrainee(initialWeights: other.all, on: .cpu)
        }
        #expect(error?.description.contains("network.onnx: has head.weight of shape [7, 1, 3, 3]") == true)
        var configuration = Self.configuration()
        configuration.initialWeights = nil
        error = #expect(throws: TrainingError.self) { try configuration.validate() }
        #expect(error?.description.contains("--from") == true)
        configuration = Self.configuration()
        configuration.architecture = .foveola(.init(scale: 2))
        #expect(throws: TrainingError.self) { try configuration.validate() }
        configuration = Self.configuration()
        configuration.objective = .regression
        error = #expect(throws: TrainingError.self) { try configuration.validate() }
        #expect(error?.description.contains("doubt") == true)
    }
}
