import CTorch

/// A source of random numbers of its own: two networks that are trained side by side do not disturb each other's draws.
///
/// Draws from libtorch's generator of the device; a seed gives the same numbers as PyTorch's `torch.Generator` does.
public final class Generator {
    public let device: Device
    let pointer: CTorchGenerator

    public init(seed: UInt64, on device: Device = .cpu) {
        guard let pointer = CTorchGeneratorMake(seed, device.description) else {
            fatalError("libtorch: \(TorchError.lastMessage)")
        }
        self.pointer = pointer
        self.device = device
    }

    deinit { CTorchGeneratorFree(pointer) }

    /// Where the generator stands, to be kept in a checkpoint: bytes, in the processor's memory.
    public var state: Tensor {
        get { Tensor(CTorchGeneratorState(pointer)) }
        set { Tensor.check(CTorchGeneratorSetState(pointer, newValue.pointer)) }
    }

    /// Standard normal draws.
    public func normal(_ shape: [Int]) -> Tensor {
        Tensor(CTorchRandomNormal(shape.int64, Int32(shape.count), device.description, pointer))
    }

    /// Draws from [0, 1).
    public func uniform(_ shape: [Int]) -> Tensor {
        Tensor(CTorchRandomUniform(shape.int64, Int32(shape.count), device.description, pointer))
    }
}
