import Torch

/// How a weight begins.
public enum Initializer: Sendable {
    case constant(Double)
    case normal(deviation: Double)
    /// U(−bound, bound).
    case uniform(bound: Double)
    /// A square matrix drawn of all that leave lengths as they are; further axes are of length 1.
    case orthogonal

    /// N(0, √(2 / fanIn)): He et al. 2015, for layers followed by ReLU.
    public static func he(fanIn: Int, gain: Double = 1) -> Initializer {
        .normal(deviation: gain * (2 / Double(fanIn)).squareRoot())
    }

    /// PyTorch's default for convolutions and linear layers: U(±1/√fanIn).
    public static func torchDefault(fanIn: Int) -> Initializer {
        .uniform(bound: 1 / Double(max(fanIn, 1)).squareRoot())
    }

    func make(_ shape: [Int], using generator: Generator) -> Tensor {
        switch self {
        case .constant(let value): .full(value, shape: shape, on: generator.device)
        case .normal(let deviation): generator.normal(shape) * deviation
        case .uniform(let bound): (generator.uniform(shape) * 2 - 1) * bound
        case .orthogonal:
            Tensor(
                Self.orthonormalized(generator.normal(shape).values, rows: shape[0]), shape: shape,
                on: generator.device)
        }
    }

    /// The rows of a square matrix made orthogonal and of length 1, one after the other (Gram and Schmidt, modified).
    private static func orthonormalized(_ values: [Float], rows count: Int) -> [Float] {
        precondition(values.count == count * count, "only a square matrix can be orthogonal")
        var rows: [[Double]] = []
        for index in 0..<count {
            var row = values[index * count..<(index + 1) * count].map(Double.init)
            for earlier in rows {
                let share = zip(row, earlier).reduce(0) { $0 + $1.0 * $1.1 }
                for column in 0..<count { row[column] -= share * earlier[column] }
            }
            let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            rows.append(row.map { $0 / length })
        }
        return rows.flatMap { $0.map(Float.init) }
    }
}

/// All weights of one network by name: what is trained, what is only carried along, and whether layers that differ
/// between the two are training now.
public final class Parameters {
    /// Draws weights, and what dropout drops.
    public let generator: Generator
    /// Of every weight; Float32 but where rounding is to be told from error.
    public let type: ScalarType
    public var device: Device { generator.device }
    /// Batch normalisation and dropout ask this.
    public var isTraining = false
    /// Trained tensors by full name, in the order the network made them.
    public private(set) var trainable: [(name: String, tensor: Tensor)] = []
    /// Tensors that are part of the network but not trained, such as running statistics.
    public private(set) var buffers: [(name: String, tensor: Tensor)] = []
    private var stored: [String: Tensor]?

    /// Weights that are drawn as layers are made.
    public init(using generator: Generator, type: ScalarType = .float32) {
        self.generator = generator
        self.type = type
    }

    /// The same by a seed.
    public convenience init(seed: UInt64 = 0, type: ScalarType = .float32, on device: Device = .cpu) {
        self.init(using: Generator(seed: seed, on: device), type: type)
    }

    /// Weights that a layer's initialiser finds here by name instead of drawing them.
    public convenience init(loading stored: [String: Tensor], on device: Device = .cpu) {
        self.init(on: device)
        self.stored = stored
    }

    /// Where the network's own names begin.
    public var root: ParameterPath { ParameterPath(parameters: self, name: "") }

    /// Number of trained scalars: the count papers state.
    public var count: Int { trainable.reduce(0) { $0 + $1.tensor.count } }

    public var tensors: [Tensor] { trainable.map(\.tensor) }

    /// Everything needed to build the network again.
    public var all: [String: Tensor] {
        Dictionary(uniqueKeysWithValues: (trainable + buffers).map { ($0.name, $0.tensor) })
    }

    /// - Throws: `TorchError/unusedParameters(names:)` if the loaded weights hold more than the network took.
    public func requireAllUsed() throws {
        guard let stored else { return }
        let unused = Set(stored.keys).subtracting(all.keys)
        if !unused.isEmpty { throw TorchError.unusedParameters(names: unused.sorted()) }
    }

    /// Overwrites every tensor with the one of the same name.
    public func copy(from tensors: [String: Tensor]) throws {
        for (name, tensor) in trainable + buffers {
            guard let source = tensors[name] else { throw TorchError.missingParameter(name: name) }
            guard source.shape == tensor.shape else {
                throw TorchError.shapeMismatch(name: name, expected: tensor.shape, found: source.shape)
            }
            tensor.copy(from: source)
        }
    }

    fileprivate func make(_ name: String, shape: [Int], initializer: Initializer, isTrained: Bool) throws -> Tensor {
        precondition(!(trainable + buffers).contains { $0.name == name }, "two weights are called '\(name)'")
        var tensor: Tensor
        if let stored {
            guard let found = stored[name] else { throw TorchError.missingParameter(name: name) }
            guard found.shape == shape else {
                throw TorchError.shapeMismatch(name: name, expected: shape, found: found.shape)
            }
            tensor = found.to(type: type, device: device).clone
        } else {
            tensor = TorchRuntime.withoutGradients { initializer.make(shape, using: generator).to(type: type) }
        }
        if shape.count == 4 { tensor = tensor.channelsLast }
        if isTrained {
            tensor.requiresGradient = true
            trainable.append((name, tensor))
        } else {
            buffers.append((name, tensor))
        }
        return tensor
    }
}

/// A place in a network's tree of names: `path / "body" / 3` names the weights of the fourth block.
public struct ParameterPath {
    public let parameters: Parameters
    public let name: String

    public static func / (path: ParameterPath, part: String) -> ParameterPath {
        ParameterPath(parameters: path.parameters, name: path.name.isEmpty ? part : "\(path.name).\(part)")
    }

    public static func / (path: ParameterPath, index: Int) -> ParameterPath { path / String(index) }

    /// A trained weight of this name.
    public func weight(_ part: String, shape: [Int], _ initializer: Initializer) throws -> Tensor {
        try parameters.make((self / part).name, shape: shape, initializer: initializer, isTrained: true)
    }

    /// A tensor of this name that is kept with the weights but not trained.
    public func buffer(_ part: String, shape: [Int], _ initializer: Initializer) throws -> Tensor {
        try parameters.make((self / part).name, shape: shape, initializer: initializer, isTrained: false)
    }
}

extension Parameters {
    /// Overwrites every tensor for which `tensors` has one of the same name and shape: a start from a relative.
    public func adopt(_ tensors: [String: Tensor]) {
        for (name, tensor) in trainable + buffers {
            if let source = tensors[name], source.shape == tensor.shape { tensor.copy(from: source) }
        }
    }
}
