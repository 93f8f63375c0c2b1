import CTorch
import Foundation

/// Where tensors live and are computed.
public enum Device: Sendable, Hashable, CustomStringConvertible {
    case cpu
    case cuda(index: Int)
    case mps

    public static let cuda = Device.cuda(index: 0)

    /// `cpu`, `cuda`, `cuda:1` or `mps`, as PyTorch spells them.
    public init?(_ name: String) {
        let parts = name.lowercased().split(separator: ":")
        switch (parts.first, parts.count) {
        case ("cpu", 1): self = .cpu
        case ("mps", 1): self = .mps
        case ("cuda", 1): self = .cuda
        case ("cuda", 2):
            guard let index = Int(parts[1]), (0...127).contains(index) else { return nil }
            self = .cuda(index: index)
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        case .mps: "mps"
        }
    }

    /// The device's arithmetic for bfloat16, as `processor has AVX512_BF16`; `nil` where bfloat16 is imitated by Float32.
    public var bfloat16Arithmetic: String? {
        switch self {
        case .cpu: Self.processorArithmetic
        case .cuda: CTorchCUDAHasBFloat16() ? "GPU has compute capability 8.0 or more" : nil
        case .mps: nil
        }
    }

    private static let processorArithmetic: String? = {
        // What oneDNN is told to leave alone it does not compute with.
        let limit = ProcessInfo.processInfo.environment["ONEDNN_MAX_CPU_ISA"]?.uppercased()
        let older = ["SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"]
        if let limit, older.contains(limit) { return nil }
        let names = [("amx_bf16", "AMX"), ("avx512_bf16", "AVX512_BF16")]
        return names.first { CTorchProcessorHas($0.0) }.map { "processor has \($0.1)" }
    }()

    /// Makes sure that the device can be used. libtorch's CUDA half is opened here, on first use, so that a machine
    /// without a GPU never loads it.
    ///
    /// - Throws: ``TorchError/deviceUnavailable(_:reason:)``.
    public func prepare() throws {
        switch self {
        case .cpu: return
        case .mps:
            guard CTorchMPSIsAvailable() else {
                throw TorchError.deviceUnavailable(self, reason: "this libtorch has no MPS")
            }
        case .cuda:
            if CTorchCUDAIsAvailable() { return }
            let folder = ProcessInfo.processInfo.environment["LIBTORCH"].map { $0 + "/lib/" } ?? ""
            guard CTorchOpenCUDA(folder + "libtorch_cuda.so") == 0 else {
                throw TorchError.deviceUnavailable(self, reason: TorchError.lastMessage)
            }
            guard CTorchCUDAIsAvailable() else {
                throw TorchError.deviceUnavailable(self, reason: "no GPU answers")
            }
        }
    }
}

/// What a person can cause; everything else that libtorch refuses is a programmer's mistake and traps.
public enum TorchError: Error, CustomStringConvertible {
    case deviceUnavailable(Device, reason: String)
    case missingParameter(name: String)
    case shapeMismatch(name: String, expected: [Int], found: [Int])
    case unusedParameters(names: [String])
    case badFile(path: String, reason: String)

    public var description: String {
        switch self {
        case .deviceUnavailable(let device, let reason):
            "the device \(device) cannot be used: \(reason); use --device cpu"
        case .missingParameter(let name): "the weights lack '\(name)'; they belong to another architecture"
        case .shapeMismatch(let name, let expected, let found):
            "the weight '\(name)' has shape \(found), the network needs \(expected); check the configuration"
        case .unusedParameters(let names):
            "the weights hold \(names.count) tensors the network does not have, such as '\(names[0])'"
        case .badFile(let path, let reason): "\(path): \(reason)"
        }
    }

    static var lastMessage: String { String(cString: CTorchLastError()) }
}

/// What concerns the whole process.
public enum TorchRuntime {
    /// Of libtorch, such as 2.11.0.
    public static var version: String { String(cString: CTorchVersion()) }

    /// What of the processor's instructions arithmetic differs by, in libtorch's names: `avx2`, `avx512_f`.
    public static var instructions: [String] {
        [
            "sse4_1", "avx", "avx2", "avx512_f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8",
            "neon", "sve",
        ]
        .filter { CTorchProcessorHas($0) }
    }

    /// Tensors alive, counted where C hands them out: what a leak would raise.
    public static var liveTensorCount: Int { Int(CTorchLiveTensorCount()) }

    public static var threadCount: Int {
        get { Int(CTorchThreadCount()) }
        set { CTorchSetThreadCount(Int32(newValue)) }
    }

    /// Lets the C library keep the memory of tensors that are gone, for the next ones. A training step makes and drops the
    /// same hundred megabytes every time; asking the system for them anew takes a tenth of its time. The process stays as
    /// large as it ever was.
    public static func keepFreedMemory() { CTorchKeepFreedMemory() }

    /// Runs `body` without recording it for gradients.
    public static func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = CTorchSetGradientEnabled(false)
        defer { _ = CTorchSetGradientEnabled(before) }
        return try body()
    }

    /// Runs `body` with convolutions and matrix products in a narrower type; weights stay as they are.
    public static func autocast<Result>(
        to type: ScalarType?, on device: Device = .cpu, _ body: () throws -> Result
    ) rethrows -> Result {
        guard let type, type != .float32 else { return try body() }
        CTorchAutocastBegin(device.description, type.rawValue)
        defer { CTorchAutocastEnd(device.description) }
        return try body()
    }
}

extension TorchError: LocalizedError {
    public var errorDescription: String? { description }
}
