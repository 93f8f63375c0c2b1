import Foundation
import Torch

/// What a training loop asks of an optimiser; its state goes into checkpoints by name.
public protocol Optimizer: AnyObject {
    var learningRate: Double { get set }
    /// Moves the parameters against their gradients, then clears those.
    func step()
    /// Everything beyond the parameters that the next step depends on.
    var state: [String: Tensor] { get }
    func restore(_ state: [String: Tensor]) throws
}

extension Optimizer {
    fileprivate func copy(_ pairs: [(String, Tensor)], from state: [String: Tensor]) throws {
        for (name, tensor) in pairs {
            guard let source = state[name] else { throw TorchError.missingParameter(name: name) }
            tensor.copy(from: source)
        }
    }
}

/// Adam (Kingma & Ba 2015).
public final class Adam: Optimizer {
    public var learningRate: Double
    let beta1: Double
    let beta2: Double
    let epsilon: Double
    let weightDecay: Double
    /// Limit of the joint gradient norm; `nil` leaves gradients alone.
    let clipNorm: Double?
    private let parameters: [(name: String, tensor: Tensor)]
    private let means: [Tensor]
    private let squares: [Tensor]
    private let steps: [Tensor]

    public init(
        _ parameters: Parameters, learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0, clipNorm: Double? = nil
    ) {
        self.parameters = parameters.trainable
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.clipNorm = clipNorm
        // Adding to the parameter's zeroed copy keeps its memory layout, which the fused step needs.
        means = parameters.tensors.map { ($0.detached * 0) }
        squares = parameters.tensors.map { ($0.detached * 0) }
        steps = parameters.tensors.map { .zeros([], on: $0.device) }
    }

    public func step() {
        // A parameter without a gradient took no part in this step and keeps its moments.
        let active = parameters.indices.compactMap { index in parameters[index].tensor.gradient.map { (index, $0) } }
        let indices = active.map(\.0)
        let gradients = active.map(\.1)
        if let clipNorm { TorchRuntime.clipGradients(gradients, norm: clipNorm) }
        TorchRuntime.adamStep(
            parameters: indices.map { parameters[$0].tensor }, gradients: gradients, means: indices.map { means[$0] },
            squares: indices.map { squares[$0] }, steps: indices.map { steps[$0] }, learningRate: learningRate,
            beta1: beta1, beta2: beta2, weightDecay: weightDecay, epsilon: epsilon)
        for (_, parameter) in parameters { parameter.clearGradient() }
    }

    private var named: [(String, Tensor)] {
        parameters.indices.flatMap { index in
            let name = parameters[index].name
            return [("\(name).mean", means[index]), ("\(name).square", squares[index]), ("\(name).step", steps[index])]
        }
    }

    public var state: [String: Tensor] { Dictionary(uniqueKeysWithValues: named) }
    public func restore(_ state: [String: Tensor]) throws { try copy(named, from: state) }
}

/// Gradient descent with momentum, as VDSR is trained.
public final class MomentumDescent: Optimizer {
    public var learningRate: Double
    let momentum: Double
    let weightDecay: Double
    /// VDSR's adjustable clipping bounds gradients by θ / learningRate, so that the step itself stays bounded.
    let clipStep: Double?
    private let parameters: [(name: String, tensor: Tensor)]
    private let velocities: [Tensor]

    public init(
        _ parameters: Parameters, learningRate: Double, momentum: Double = 0.9, weightDecay: Double = 1e-4,
        clipStep: Double? = nil
    ) {
        self.parameters = parameters.trainable
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.clipStep = clipStep
        velocities = parameters.tensors.map { ($0.detached * 0) }
    }

    public func step() {
        let active = parameters.indices.compactMap { index in parameters[index].tensor.gradient.map { (index, $0) } }
        let gradients = active.map(\.1)
        if let clipStep { TorchRuntime.clipGradients(gradients, norm: clipStep / learningRate) }
        TorchRuntime.momentumStep(
            parameters: active.map { parameters[$0.0].tensor }, gradients: gradients,
            velocities: active.map { velocities[$0.0] }, learningRate: learningRate, momentum: momentum,
            weightDecay: weightDecay)
        for (_, parameter) in parameters { parameter.clearGradient() }
    }

    private var named: [(String, Tensor)] {
        parameters.indices.map { ("\(parameters[$0].name).velocity", velocities[$0]) }
    }

    public var state: [String: Tensor] { Dictionary(uniqueKeysWithValues: named) }
    public func restore(_ state: [String: Tensor]) throws { try copy(named, from: state) }
}

/// An exponential moving average of a network's weights, which validates better than the weights themselves.
public final class MovingAverage {
    private let decay: Double
    private let sources: [(name: String, tensor: Tensor)]
    private let averages: [Tensor]

    public init(of parameters: Parameters, decay: Double) {
        self.decay = decay
        sources = parameters.trainable + parameters.buffers
        averages = sources.map { $0.tensor.detached.clone }
    }

    /// Call after every step; `step` counts from 1. The decay grows from 0 so that the beginning is forgotten fast.
    public func update(step: Int) {
        let warm = min(decay, Double(1 + step) / Double(10 + step))
        TorchRuntime.interpolate(averages, towards: sources.map(\.tensor), weight: 1 - warm)
    }

    public var weights: [String: Tensor] {
        Dictionary(uniqueKeysWithValues: zip(sources.map(\.name), averages).map { ($0, $1) })
    }

    public func restore(_ weights: [String: Tensor]) throws {
        for (source, average) in zip(sources, averages) {
            guard let stored = weights[source.name] else { throw TorchError.missingParameter(name: source.name) }
            average.copy(from: stored)
        }
    }
}

/// How the learning rate changes over a training run, as a factor of its peak.
public enum LearningRateSchedule: Codable, Sendable, Equatable {
    case constant
    /// Linear rise over `warmup` steps, then half a cosine down to `floor` of the peak at the last step.
    case cosine(warmup: Int, floor: Double)
    /// Multiplied by `factor` at every `interval` steps.
    case steps(interval: Int, factor: Double)
    /// Linear rise over `warmup` steps, then constant (SR3).
    case warmup(steps: Int)

    /// - Parameters:
    ///   - step: counted from 0.
    ///   - total: the run's steps; only the cosine depends on it.
    public func factor(step: Int, of total: Int) -> Double {
        switch self {
        case .constant: return 1
        case .cosine(let warmup, let floor):
            if step < warmup { return Double(step + 1) / Double(warmup) }
            let progress = Double(step - warmup) / Double(max(1, total - warmup))
            return floor + (1 - floor) * 0.5 * (1 + cos(.pi * min(1, progress)))
        case .steps(let interval, let factor):
            return (0..<step / interval).reduce(1.0) { result, _ in result * factor }
        case .warmup(let steps): return min(1, Double(step + 1) / Double(steps))
        }
    }
}
