import CTorch

/// The type of a tensor's elements; raw values are libtorch's codes.
public enum ScalarType: Int32, Sendable, CaseIterable {
    case uint8 = 0
    case int64 = 4
    case float32 = 6
    case float64 = 7
    case bool = 11
    case bfloat16 = 15

    public var byteCount: Int {
        switch self {
        case .uint8, .bool: 1
        case .bfloat16: 2
        case .float32: 4
        case .int64, .float64: 8
        }
    }
}

/// A libtorch tensor, freed with its last reference.
///
/// Images are (B, C, H, W). Operations have PyTorch's names and broadcasting. A shape that does not fit is a
/// programmer's mistake and traps with libtorch's own words. Deliberately not `Sendable`: a tensor and its gradient
/// belong to one thread.
public final class Tensor {
    let pointer: CTorchTensor

    /// Takes over what C returned; traps where C reports an error.
    init(_ pointer: CTorchTensor?) {
        guard let pointer else { fatalError("libtorch: \(TorchError.lastMessage)") }
        self.pointer = pointer
    }

    /// As ``init(_:)``, and tells the recording in progress how the tensor came about.
    convenience init(_ pointer: CTorchTensor?, _ operation: @autoclosure () -> Operation, of inputs: Tensor...) {
        self.init(pointer)
        Recording.current?.append(operation(), inputs: inputs, output: self)
    }

    deinit { CTorchFree(pointer) }

    static func check(_ status: Int32) {
        if status != 0 { fatalError("libtorch: \(TorchError.lastMessage)") }
    }

    // MARK: Making

    public convenience init(_ values: [Float], shape: [Int], on device: Device = .cpu) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
        self.init(
            values.withUnsafeBytes {
                CTorchFromBytes(
                    $0.baseAddress, shape.int64, Int32(shape.count), ScalarType.float32.rawValue, device.description)
            })
    }

    /// Row-major elements of any type, little-endian.
    public convenience init(bytes: UnsafeRawBufferPointer, shape: [Int], type: ScalarType, on device: Device = .cpu) {
        precondition(bytes.count == shape.reduce(type.byteCount, *), "\(bytes.count) bytes do not fill \(shape)")
        self.init(
            CTorchFromBytes(bytes.baseAddress, shape.int64, Int32(shape.count), type.rawValue, device.description))
    }

    public convenience init(indices: [Int], on device: Device = .cpu) {
        self.init(
            indices.int64.withUnsafeBytes {
                CTorchFromBytes(
                    $0.baseAddress, [Int64(indices.count)], 1, ScalarType.int64.rawValue, device.description)
            })
    }

    public static func full(
        _ value: Double, shape: [Int], type: ScalarType = .float32, on device: Device = .cpu
    ) -> Tensor {
        Tensor(CTorchFull(value, shape.int64, Int32(shape.count), type.rawValue, device.description))
    }

    public static func zeros(_ shape: [Int], type: ScalarType = .float32, on device: Device = .cpu) -> Tensor {
        full(0, shape: shape, type: type, on: device)
    }

    public static func ones(_ shape: [Int], on device: Device = .cpu) -> Tensor {
        full(1, shape: shape, on: device)
    }

    /// 0, 1, … count − 1 as float32.
    public static func arange(_ count: Int, on device: Device = .cpu) -> Tensor {
        Tensor(CTorchArange(Int64(count), device.description))
    }

    // MARK: Reading

    public var shape: [Int] { (0..<CTorchDimensions(pointer)).map { Int(CTorchSize(pointer, $0)) } }
    public var count: Int { shape.reduce(1, *) }

    public var type: ScalarType {
        guard let type = ScalarType(rawValue: CTorchTypeOf(pointer)) else {
            fatalError("an element type Fovea does not use")
        }
        return type
    }

    public var device: Device {
        guard let device = Device(String(cString: CTorchDeviceOf(pointer))) else {
            fatalError("a device Fovea does not use")
        }
        return device
    }

    /// All elements, row-major, as Float.
    public var values: [Float] {
        let source = type == .float32 ? self : to(type: .float32)
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            Tensor.check(CTorchCopyBytes(source.pointer, buffer.baseAddress, buffer.count * MemoryLayout<Float>.size))
            initialized = buffer.count
        }
    }

    /// All elements, row-major, as they are stored.
    public var bytes: [UInt8] {
        let byteCount = count * type.byteCount
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            Tensor.check(CTorchCopyBytes(pointer, buffer.baseAddress, byteCount))
            initialized = byteCount
        }
    }

    /// The only element.
    public var item: Float {
        precondition(count == 1, "a tensor of shape \(shape) is not one number")
        return values[0]
    }

    // MARK: Moving

    public func to(type: ScalarType? = nil, device: Device? = nil) -> Tensor {
        Tensor(
            CTorchTo(pointer, (type ?? self.type).rawValue, (device ?? self.device).description), .identity, of: self)
    }

    /// The same (B, C, H, W) tensor with channels innermost in memory: the layout CPUs and tensor cores convolve fastest.
    public var channelsLast: Tensor { Tensor(CTorchChannelsLast(pointer), .identity, of: self) }
    public var contiguous: Tensor { Tensor(CTorchContiguous(pointer), .identity, of: self) }
    public var clone: Tensor { Tensor(CTorchClone(pointer), .identity, of: self) }

    // MARK: Gradients

    public var detached: Tensor { Tensor(CTorchDetach(pointer), .identity, of: self) }

    public var requiresGradient: Bool {
        get { CTorchRequiresGradient(pointer) }
        set { Tensor.check(CTorchSetRequiresGradient(pointer, newValue)) }
    }

    /// Accumulates d(self)/d(leaf) into every leaf's ``gradient``. `self` is one number.
    public func backward() { Tensor.check(CTorchBackward(pointer)) }

    public var gradient: Tensor? { CTorchHasGradient(pointer) ? Tensor(CTorchGradient(pointer)) : nil }
    public func clearGradient() { CTorchClearGradient(pointer) }

    /// How this number changes with `input`: a tensor of the input's shape that can itself be differentiated, which
    /// penalties on gradients need. Stored gradients stay as they are.
    ///
    /// - Parameter input: requires its gradient, and took part in this number.
    public func differentiableGradient(for input: Tensor) -> Tensor {
        Tensor(CTorchDifferentiableGradient(pointer, input.pointer))
    }

    /// Overwrites the elements in place, outside of autograd.
    public func copy(from source: Tensor) { Tensor.check(CTorchCopyInto(pointer, source.pointer)) }
}

extension [Int] {
    var int64: [Int64] { map(Int64.init) }
}
