import Foundation
import Networks
import Torch
import TorchNN
import Upscaling

/// What a training loop drives: networks with their optimisers, one step at a time.
public protocol Trainee: AnyObject {
    /// Learns from one batch. Returns the losses by name, the first the one to watch.
    func step(_ batch: Batch, step: Int) throws -> [(name: String, value: Float)]
    /// Everything the next step depends on, by name.
    var state: [String: Tensor] { get }
    func restore(_ state: [String: Tensor]) throws
    /// The weights that validate and ship.
    var finalWeights: [String: Tensor] { get }
}

extension TrainingConfiguration {
    /// What trains this configuration's network for its objective.
    ///
    /// - Parameters:
    ///   - initialWeights: the start of every weight whose name and shape agree; the others are drawn.
    ///   - device: what the networks and their training run on.
    /// - Throws: `TorchError`, or what reading a file that the objective names throws.
    public func makeTrainee(initialWeights: [String: Tensor]?, on device: Device) throws -> any Trainee {
        try objective.learning.makeTrainee(self, initialWeights: initialWeights, on: device)
    }
}

extension Layer {
    /// The network of what it is told beside its input, where it is told anything.
    func callAsFunction(_ x: Tensor, told conditions: Tensor?) -> Tensor {
        if let conditions, let network = self as? any ConditionedLayer { return network(x, conditions: conditions) }
        return self(x)
    }
}

extension Architecture {
    /// A target in 0…1, or a residual, in the units of the network's output.
    func scaledTarget(_ target: Tensor) -> Tensor {
        output == .image
            ? target * (outputRange.upperBound - outputRange.lowerBound) + outputRange.lowerBound : target
    }
}

extension TrainingPrecision {
    /// What is computed in on `device`, and why: ``auto`` becomes bfloat16 where the device has arithmetic for it. Elsewhere
    /// bfloat16 is imitated, several times slower than Float32.
    public func resolved(on device: Device) -> (precision: TrainingPrecision, reason: String) {
        guard self == .auto else { return (self, "as configured") }
        return device.bfloat16Arithmetic.map { (.bfloat16, "because the \($0)") }
            ?? (.float32, "because \(device) has no arithmetic for bfloat16")
    }

    /// `nil` for Float32, which needs no casting.
    public func scalarType(on device: Device) -> ScalarType? {
        resolved(on: device).precision == .bfloat16 ? .bfloat16 : nil
    }
}

extension [String: Tensor] {
    func prefixed(_ prefix: String) -> [String: Tensor] {
        Dictionary(uniqueKeysWithValues: map { (prefix + $0.key, $0.value) })
    }

    func under(_ prefix: String) -> [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: compactMap {
                $0.key.hasPrefix(prefix) ? (String($0.key.dropFirst(prefix.count)), $0.value) : nil
            })
    }
}
