import COpenVINO
import Foundation
import Synchronization

/// Runs an ONNX network on the processor with OpenVINO.
///
/// A network is compiled for fixed shapes, which is how OpenVINO is fastest; the last few are kept.
public final class OpenVINOEngine: Engine {
    /// Of the OpenVINO that runs, such as 2026.4.1.
    public static var version: String {
        var version = ov_version_t()
        guard ov_get_openvino_version(&version) == OK else { return "of unknown version" }
        defer { ov_version_free(&version) }
        // 2026.4.1-22052-5a2c…: the number of its build and its commit follow.
        return String(String(cString: version.buildNumber).prefix { $0 != "-" })
    }

    public let concurrency: Int

    private let path: String
    private let networks: Mutex<CompiledNetworks>

    /// - Parameters:
    ///   - url: of the ONNX file.
    ///   - precision: of the network's inner layers.
    ///   - threads: processor threads in all.
    ///   - concurrency: how many requests share them; by default one up to three threads, and one for two threads beyond.
    ///     One request on all threads is the better choice where a network cannot be cut into tiles.
    ///   - cache: a folder in which compiled networks are kept from one process to the next; `nil` keeps none.
    /// - Throws: ``ModelError/engine(path:reason:)`` where OpenVINO cannot read the network,
    ///   ``ModelError/processor(path:reason:)`` where it cannot compute here.
    public init(
        contentsOf url: URL, precision: Precision = .float32,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount, concurrency: Int? = nil, cache: URL? = nil
    ) throws(ModelError) {
        try Processor.check(for: url)
        path = url.path
        self.concurrency = max(1, concurrency ?? Self.requests(sharing: threads))
        var core: OpaquePointer?
        try Self.check(ov_core_create(&core), path)
        do throws(ModelError) {
            var properties = [
                ("INFERENCE_PRECISION_HINT", precision == .float32 ? "f32" : "bf16"),
                ("INFERENCE_NUM_THREADS", String(max(1, threads))),
                ("NUM_STREAMS", String(self.concurrency)),
                // Threads tied to cores would wait for whatever else runs there.
                ("ENABLE_CPU_PINNING", "NO"),
            ]
            if let cache { properties.append(("CACHE_DIR", cache.path)) }
            for (key, value) in properties { try Self.check(copenvino_set_property(core, "CPU", key, value), path) }
            var model: OpaquePointer?
            try Self.check(ov_core_read_model(core, url.path, nil, &model), path)
            networks = Mutex(CompiledNetworks(core: Handle(pointer: core!), model: Handle(pointer: model!), path: path))
        } catch {
            ov_core_free(core)
            throw error
        }
    }

    /// How many requests share threads where nothing else is asked for.
    ///
    /// - Parameter threads: in all.
    package static func requests(sharing threads: Int) -> Int { threads <= 3 ? 1 : min(8, threads / 2) }

    deinit { networks.withLock { $0.freeAll() } }

    public func request(shapes: [String: [Int]]) throws(ModelError) -> any InferenceRequest {
        let network = try networks.withLock { networks throws(ModelError) in try networks.network(shapes) }
        return try network.request()
    }

    /// Turns a status into an error with OpenVINO's own words, in one line.
    fileprivate static func check(_ status: ov_status_e, _ path: String) throws(ModelError) {
        guard status != OK else { return }
        let text = ov_get_last_err_msg().map { String(cString: $0) } ?? ""
        // OpenVINO wraps a message in lines that say where in its source it arose.
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter {
            !$0.isEmpty && !$0.hasPrefix("Exception from") && !($0.hasPrefix("Check '") && $0.contains("failed at"))
        }
        let message = lines.isEmpty ? String(cString: ov_get_error_info(status)) : lines.joined(separator: " ")
        throw .engine(path: path, reason: String(message.prefix(400)))
    }
}

/// What C made and only one thread at a time may use: whoever holds a handle sees to that.
private struct Handle: @unchecked Sendable {
    // Unchecked because of the pointer: OpenVINO's cores, models and requests may move between threads.
    let pointer: OpaquePointer
}

/// A model and the networks that were compiled of it, each for its shapes.
private struct CompiledNetworks: Sendable {
    let core: Handle
    let model: Handle
    let path: String
    /// The most recently used last.
    private var compiled: [(shapes: [String: [Int]], network: CompiledNetwork)] = []
    private static let limit = 6

    init(core: Handle, model: Handle, path: String) {
        self.core = core
        self.model = model
        self.path = path
    }

    mutating func freeAll() {
        compiled = []
        ov_model_free(model.pointer)
        ov_core_free(core.pointer)
    }

    mutating func network(_ shapes: [String: [Int]]) throws(ModelError) -> CompiledNetwork {
        if let index = compiled.firstIndex(where: { $0.shapes == shapes }) {
            compiled.append(compiled.remove(at: index))
            return compiled[compiled.count - 1].network
        }
        try reshape(shapes)
        var result: OpaquePointer?
        try OpenVINOEngine.check(copenvino_compile(core.pointer, model.pointer, "CPU", &result), path)
        let network = CompiledNetwork(Handle(pointer: result!), path: path)
        compiled.append((shapes, network))
        if compiled.count > Self.limit { compiled.removeFirst() }
        return network
    }

    private func reshape(_ shapes: [String: [Int]]) throws(ModelError) {
        var names: [UnsafePointer<CChar>?] = []
        var partialShapes: [ov_partial_shape_t] = []
        defer {
            for name in names { free(UnsafeMutableRawPointer(mutating: name)) }
            for index in partialShapes.indices { ov_partial_shape_free(&partialShapes[index]) }
        }
        for (name, shape) in shapes {
            var partial = ov_partial_shape_t()
            try OpenVINOEngine.check(
                ov_partial_shape_create_static(Int64(shape.count), shape.map(Int64.init), &partial), path)
            names.append(UnsafePointer(strdup(name)))
            partialShapes.append(partial)
        }
        try OpenVINOEngine.check(ov_model_reshape(model.pointer, &names, partialShapes, shapes.count), path)
    }
}

/// A network compiled for fixed shapes, with the requests that wait to be used again.
private final class CompiledNetwork: Sendable {
    let path: String
    /// OpenVINO makes requests of it on several threads.
    private let compiled: Handle
    private let idle = Mutex<[Handle]>([])

    init(_ compiled: Handle, path: String) {
        self.compiled = compiled
        self.path = path
    }

    deinit {
        idle.withLock { for request in $0 { ov_infer_request_free(request.pointer) } }
        ov_compiled_model_free(compiled.pointer)
    }

    func request() throws(ModelError) -> OpenVINORequest {
        if let request = idle.withLock({ $0.popLast() }) { return OpenVINORequest(request, of: self) }
        var request: OpaquePointer?
        try OpenVINOEngine.check(ov_compiled_model_create_infer_request(compiled.pointer, &request), path)
        return OpenVINORequest(Handle(pointer: request!), of: self)
    }

    func giveBack(_ request: Handle) { idle.withLock { $0.append(request) } }
}

private final class OpenVINORequest: InferenceRequest {
    private let request: Handle
    private let network: CompiledNetwork

    init(_ request: Handle, of network: CompiledNetwork) {
        self.request = request
        self.network = network
    }

    deinit { network.giveBack(request) }

    func withInput(_ name: String, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) throws(ModelError) {
        let tensor = try OpenVINOTensor(name, of: request.pointer, path: network.path)
        fill(tensor.values)
    }

    func run() throws(ModelError) {
        try OpenVINOEngine.check(ov_infer_request_infer(request.pointer), network.path)
    }

    func withOutput(
        _ name: String, _ read: ([Int], UnsafeBufferPointer<Float>) throws(ModelError) -> Void
    ) throws(ModelError) {
        let tensor = try OpenVINOTensor(name, of: request.pointer, path: network.path)
        try read(tensor.shape, UnsafeBufferPointer(tensor.values))
    }
}

/// A view of a request's own memory, valid while the request lives.
private struct OpenVINOTensor {
    let shape: [Int]
    let values: UnsafeMutableBufferPointer<Float>

    init(_ name: String, of request: OpaquePointer, path: String) throws(ModelError) {
        var tensor: OpaquePointer?
        try OpenVINOEngine.check(ov_infer_request_get_tensor(request, name, &tensor), path)
        defer { ov_tensor_free(tensor) }
        var type = DYNAMIC
        try OpenVINOEngine.check(ov_tensor_get_element_type(tensor, &type), path)
        guard type == F32 else {
            throw .badGraph(path: path, reason: "its tensor \(name) is not of 32-bit floating point")
        }
        var shape = ov_shape_t()
        try OpenVINOEngine.check(ov_tensor_get_shape(tensor, &shape), path)
        defer { ov_shape_free(&shape) }
        var data: UnsafeMutableRawPointer?
        try OpenVINOEngine.check(ov_tensor_data(tensor, &data), path)
        self.shape = UnsafeBufferPointer(start: shape.dims, count: Int(shape.rank)).map(Int.init)
        let count = self.shape.reduce(1, *)
        values = UnsafeMutableBufferPointer(start: data?.bindMemory(to: Float.self, capacity: count), count: count)
    }
}
