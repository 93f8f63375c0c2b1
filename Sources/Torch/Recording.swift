/// An operation of a recorded forward pass, with PyTorch's meaning and arguments.
public enum Operation: Sendable, Equatable {
    /// Same values in another type, layout or place.
    case identity
    case add, subtract, multiply, divide, matrixMultiply
    case addScalar(Double)
    case multiplyScalar(Double)
    case power(Double)
    case clamp(ClosedRange<Double>)
    case absolute, exponential, logarithm, sine, cosine
    case mean(dimensions: [Int], keepDimensions: Bool)
    case sum(dimensions: [Int], keepDimensions: Bool)
    case reshape([Int])
    case expand([Int])
    case permute([Int])
    case narrow(dimension: Int, start: Int, length: Int)
    case concatenate(dimension: Int)
    case flip(dimension: Int)
    case indexSelect(dimension: Int)
    case conv2d(stride: Int, padding: Int, groups: Int)
    case transposedConv2d(stride: Int, padding: Int, outputPadding: Int)
    case linear
    case batchNorm(epsilon: Double)
    case groupNorm(groups: Int, epsilon: Double)
    case relu
    case leakyRelu(slope: Double)
    case prelu, tanh, sigmoid, silu, softplus
    case softmax(dimension: Int)
    case pixelShuffle(factor: Int)
    case upsampleNearest(factor: Int)
    case averagePool(size: Int)
    case maxPool(size: Int)
    case dropout(probability: Double)
}

/// A forward pass written down as it ran: which operations made which tensors from which.
public final class Recording {
    public struct Step {
        public let operation: Operation
        public let inputs: [Tensor]
        public let output: Tensor
    }

    /// In the order they ran. Tensors are held, so that their identities stay distinct.
    public private(set) var steps: [Step] = []

    private init() {}

    func append(_ operation: Operation, inputs: [Tensor], output: Tensor) {
        steps.append(Step(operation: operation, inputs: inputs, output: output))
    }

    /// The recording that the current task's operations go to.
    static var current: Recording? { slot?.recording }

    /// Runs `body` and returns what it did.
    public static func of<Result>(_ body: () throws -> Result) rethrows -> (result: Result, recording: Recording) {
        let recording = Recording()
        let result = try $slot.withValue(Slot(recording: recording), operation: body)
        return (result, recording)
    }

    /// A task-local value must be Sendable. A recording is not, but it is only reached through ``current`` by the
    /// operations of the task that made it, one after the other: tensors, which alone can reach it, are not Sendable.
    private struct Slot: @unchecked Sendable {
        let recording: Recording
    }

    @TaskLocal private static var slot: Slot?
}
