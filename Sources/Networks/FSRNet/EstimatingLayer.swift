import Torch
import TorchNN

/// A network that estimates, on the way to its image, things that can be compared with truths of their own.
public protocol EstimatingLayer: Layer {
    /// - Parameter x: (B, C, H, W), as ``callAsFunction(_:)`` takes it.
    func estimates(of x: Tensor) -> Estimates
}

extension EstimatingLayer {
    public func callAsFunction(_ x: Tensor) -> Tensor { estimates(of: x).image }
}

/// What an ``EstimatingLayer`` gives: its image and its side outputs.
public struct Estimates {
    /// (B, C, H, W).
    public let image: Tensor
    /// The image before its prior was known, (B, C, H, W).
    public let coarse: Tensor
    /// Maps of what is where, (B, maps, H / 2, W / 2), from 0, nowhere, to 1.
    public let priors: Tensor
}
