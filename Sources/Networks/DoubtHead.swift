import Torch
import TorchNN

/// A layer that says, beside its result, where that is to be doubted.
public protocol DoubtingLayer: Layer {
    /// - Parameters:
    ///   - x: (B, 1, H, W).
    ///   - conditions: (B, count), where the layer is told any.
    /// - Returns: the result, and how much more or less it is to be doubted at each place of the input, (B, 1, H, W), than by
    ///   its distance from interpolation: the logarithm of a factor, within ±``DoubtHead/limit``.
    func doubted(_ x: Tensor, conditions: Tensor?) -> (result: Tensor, correction: Tensor)
}

/// Learns, of what a finished network saw, where it errs more or less than it changes: three small convolutions on its last
/// features and on the size of what it adds, all at low resolution, a fiftieth of the network's work.
///
/// It begins with zeros, where the doubt is what it would be without.
public struct DoubtHead {
    /// The greatest magnitude of a correction's logarithm.
    public static let limit = 3.0
    /// What is added to changes before their logarithm is taken: half of a 255th.
    private static let least = 0.5 / 255

    private let first: Conv2d
    private let second: Conv2d
    private let last: Conv2d
    /// (width, conditions)
    private let told: Tensor?
    /// (1, changes, 1, 1): the mean over the changes, as a convolution, which every processor's engine has.
    private let mean: Tensor

    /// - Parameters:
    ///   - path: where its weights are named.
    ///   - features: of the network.
    ///   - changes: of the network's last layer, before they are shuffled to pixels.
    ///   - conditions: how many numbers the network is told.
    ///   - width: channels of the head.
    init(_ path: ParameterPath, features: Int, changes: Int, conditions: Int, width: Int) throws {
        let inputs = features + changes + 1
        mean = Tensor(
            [Float](repeating: 1 / Float(changes), count: changes), shape: [1, changes, 1, 1],
            on: path.parameters.device)
        first = try Conv2d(path / "first", inputs, width, kernel: 1, initializer: .he(fanIn: inputs))
        second = try Conv2d(path / "second", width, width, initializer: .he(fanIn: 9 * width))
        last = try Conv2d(path / "last", width, 1, initializer: .constant(0))
        told =
            conditions == 0
            ? nil : try (path / "conditions").weight("weight", shape: [width, conditions], .he(fanIn: conditions))
    }

    /// - Parameters:
    ///   - features: (B, features, H, W).
    ///   - changes: (B, changes, H, W).
    ///   - conditions: (B, count).
    /// - Returns: (B, 1, H, W), within ±``limit``.
    func callAsFunction(_ features: Tensor, changes: Tensor, conditions: Tensor?) -> Tensor {
        let sizes = changes.abs
        // Sizes in 32nds of the range, and how many times the least the mean of them is, both near 1.
        let strength = ((sizes.conv2d(weight: mean, bias: nil) + Self.least) / Self.least).log * 0.5
        var hidden = first(.concatenate([features, sizes * 32, strength], dimension: 1))
        if let told, let conditions {
            let offsets = conditions.linear(weight: told, bias: nil)
            hidden = hidden + offsets.reshape([offsets.shape[0], offsets.shape[1], 1, 1])
        }
        return (last(second(hidden.relu).relu) / Self.limit).tanh * Self.limit
    }
}
