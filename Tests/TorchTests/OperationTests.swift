import Foundation
import Testing
import Torch
import TorchNN

/// Values, and gradients, that PyTorch computed.
enum Golden {
    static func tensors(_ name: String) throws -> [String: Tensor] {
        let url = Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "Golden")!
        return try Safetensors(contentsOf: url).tensors
    }
}

/// Tensors this small are slower on several threads, and tests, which run side by side, would wait for each other.
func useOneThread() { TorchRuntime.threadCount = 1 }

func largestDifference(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.shape == b.shape else { return .infinity }
    return zip(a.values, b.values).reduce(0) { largest, pair in
        let difference = (pair.0 - pair.1).magnitude
        return difference.isNaN ? .infinity : max(largest, difference)
    }
}

/// One operation as PyTorch names its arguments.
struct OperationCase: Sendable, CustomTestStringConvertible {
    var name: String
    var run: @Sendable ([String: Tensor]) -> Tensor

    init(_ name: String, _ run: @escaping @Sendable ([String: Tensor]) -> Tensor) {
        self.name = name
        self.run = run
    }

    var testDescription: String { name }

    static let all = [
        OperationCase("add") { $0["a"]! + $0["b"]! },
        OperationCase("subtract") { $0["a"]! - $0["b"]! },
        OperationCase("multiply") { $0["a"]! * $0["b"]! },
        OperationCase("divide") { $0["a"]! / $0["b"]! },
        OperationCase("scalars") { 3 * (($0["a"]! + 2.5) / 4 - 1) },
        OperationCase("power") { $0["a"]!.pow(3) },
        OperationCase("squareRoot") { $0["a"]!.squareRoot },
        OperationCase("matmul") { $0["a"]!.matmul($0["b"]!) },
        OperationCase("clamp") { $0["a"]!.clamp(-0.5...0.5) },
        OperationCase("abs") { $0["a"]!.abs },
        OperationCase("exp") { $0["a"]!.exp },
        OperationCase("log") { $0["a"]!.log },
        OperationCase("sin") { $0["a"]!.sin },
        OperationCase("cos") { $0["a"]!.cos },
        OperationCase("sum") { $0["a"]!.sum([1, 3], keepDimensions: true) },
        OperationCase("mean") { $0["a"]!.mean([0, 2]) },
        OperationCase("reshape") { $0["a"]!.reshape([2, 12]) },
        OperationCase("expand") { $0["a"]!.expand([4, 3]) },
        OperationCase("permute") { $0["a"]!.permute([2, 0, 1]) },
        OperationCase("narrow") { $0["a"]!.narrow(dimension: 1, start: 1, length: 2) },
        OperationCase("flip") { $0["a"]!.flip(dimension: 2) },
        OperationCase("concatenate") { .concatenate([$0["a"]!, $0["b"]!], dimension: 1) },
        OperationCase("indexSelect") { $0["a"]!.indexSelect(dimension: 0, Tensor(indices: [2, 0, 2])) },
        OperationCase("conv2d") { $0["x"]!.conv2d(weight: $0["w"]!, bias: $0["b"]!, padding: 1) },
        OperationCase("convStride") { $0["x"]!.conv2d(weight: $0["w"]!, bias: nil, stride: 2, padding: 1) },
        OperationCase("convGroups") { $0["x"]!.conv2d(weight: $0["w"]!, bias: $0["b"]!, padding: 2, groups: 2) },
        OperationCase("linear") { $0["x"]!.linear(weight: $0["w"]!, bias: $0["b"]!) },
        OperationCase("batchNormEvaluation") { batchNorm($0, training: false) },
        OperationCase("batchNormTraining") { batchNorm($0, training: true) },
        OperationCase("groupNorm") { $0["x"]!.groupNorm(groups: 2, weight: $0["w"]!, bias: $0["b"]!, epsilon: 1e-5) },
        OperationCase("relu") { $0["a"]!.relu },
        OperationCase("leakyRelu") { $0["a"]!.leakyRelu(slope: 0.2) },
        OperationCase("prelu") { $0["x"]!.prelu(weight: $0["w"]!) },
        OperationCase("preluOneSlope") { $0["x"]!.prelu(weight: $0["w"]!) },
        OperationCase("tanh") { $0["a"]!.tanh },
        OperationCase("sigmoid") { $0["a"]!.sigmoid },
        OperationCase("silu") { $0["a"]!.silu },
        OperationCase("softplus") { $0["a"]!.softplus },
        OperationCase("softmax") { $0["a"]!.softmax(dimension: -1) },
        OperationCase("pixelShuffle") { $0["x"]!.pixelShuffle(2) },
        OperationCase("upsampleNearest") { $0["x"]!.upsampleNearest(2) },
        OperationCase("averagePool") { $0["x"]!.averagePool(2) },
        OperationCase("maxPool") { $0["x"]!.maxPool(2) },
        OperationCase("l1") { Loss.l1($0["a"]!, $0["b"]!) },
        OperationCase("mse") { Loss.mse($0["a"]!, $0["b"]!) },
        OperationCase("charbonnier") { Loss.charbonnier($0["a"]!, $0["b"]!) },
        OperationCase("binaryCrossEntropyReal") { Loss.binaryCrossEntropy($0["a"]!, real: true) },
        OperationCase("binaryCrossEntropyFake") { Loss.binaryCrossEntropy($0["a"]!, real: false) },
    ]

    private static func batchNorm(_ tensors: [String: Tensor], training: Bool) -> Tensor {
        tensors["x"]!.batchNorm(
            weight: tensors["w"]!, bias: tensors["b"]!, runningMean: tensors["Mean"]!,
            runningVariance: tensors["Variance"]!, training: training, momentum: 0.1, epsilon: 1e-5)
    }
}

@Suite("Operations")
struct OperationTests {
    init() { useOneThread() }

    @Test("An operation and its gradients equal PyTorch's", arguments: OperationCase.all)
    func equalsPyTorch(operation: OperationCase) throws {
        let prefix = operation.name + "/"
        let golden = try Golden.tensors("operations").filter { $0.key.hasPrefix(prefix) }
        var inputs: [String: Tensor] = [:]
        for (key, tensor) in golden where !key.contains(".") {
            let name = String(key.dropFirst(prefix.count))
            if golden["\(key).gradient"] != nil { tensor.requiresGradient = true }
            if name != "output" && name != "cotangent" { inputs[name] = tensor }
        }
        let output = operation.run(inputs)
        #expect(largestDifference(output, golden[prefix + "output"]!) < 1e-5)
        (output * golden[prefix + "cotangent"]!).sum().backward()
        for (name, input) in inputs {
            if let expected = golden["\(prefix)\(name).gradient"] {
                let gradient = try #require(input.gradient)
                #expect(largestDifference(gradient, expected) < 2e-5, "gradient of \(name)")
            }
            if let after = golden["\(prefix)\(name).after"] {
                #expect(largestDifference(input, after) < 1e-6, "\(name) after the operation")
            }
        }
    }

    @Test("Every case that PyTorch computed is tested")
    func everyCase() throws {
        let computed = Set(try Golden.tensors("operations").keys.map { $0.split(separator: "/")[0] })
        #expect(computed == Set(OperationCase.all.map { $0.name[...] } + ["autocast"]))
    }

    @Test("Autocast convolves in bfloat16 and leaves the operands as they are")
    func autocast() throws {
        let golden = try Golden.tensors("operations")
        let (x, w) = (golden["autocast/x"]!, golden["autocast/w"]!)
        let output = TorchRuntime.autocast(to: .bfloat16) { x.conv2d(weight: w, bias: nil, padding: 1) }
        #expect(output.type == .bfloat16)
        #expect(x.type == .float32 && w.type == .float32)
        // One unit in the last of bfloat16's eight places at most: sums may be ordered differently.
        for (value, expected) in zip(output.values, golden["autocast/output"]!.values) {
            #expect((value - expected).magnitude <= expected.magnitude / 128 + 1e-3)
        }
        let outside = x.conv2d(weight: w, bias: nil, padding: 1)
        #expect(outside.type == .float32)
    }

    @Test("Without gradients nothing is recorded for autograd, and afterwards it is again")
    func withoutGradients() {
        let x = Tensor.ones([2])
        x.requiresGradient = true
        #expect(!TorchRuntime.withoutGradients { x * 2 }.requiresGradient)
        #expect((x * 2).requiresGradient)
        #expect(!(x.detached * 2).requiresGradient)
    }

    @Test("Gradients add up until they are cleared")
    func gradientsAccumulate() {
        let x = Tensor([2], shape: [1])
        x.requiresGradient = true
        x.square.sum().backward()
        x.square.sum().backward()
        #expect(x.gradient?.values == [8])
        x.clearGradient()
        #expect(x.gradient == nil)
    }

    @Test("Tensors keep their elements through types and layouts")
    func movingKeepsValues() {
        let x = Tensor((0..<24).map(Float.init), shape: [1, 2, 3, 4])
        #expect(x.channelsLast.values == x.values)
        #expect(x.to(type: .float64).to(type: .float32).values == x.values)
        #expect(x.to(type: .bfloat16).values == x.values)
        #expect(x.permute([0, 2, 3, 1]).contiguous.shape == [1, 3, 4, 2])
        #expect(Tensor.arange(4).values == [0, 1, 2, 3])
        #expect(Tensor(indices: [5, 7]).type == .int64)
        let copy = x.clone
        copy.copy(from: x * 2)
        #expect(x.values[1] == 1 && copy.values[1] == 2)
    }
}
