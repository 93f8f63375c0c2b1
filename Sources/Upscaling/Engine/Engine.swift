/// Something that runs a network: OpenVINO here, libtorch on a GPU elsewhere.
///
/// Tensors are Float32, dense, in the order their shape says: images (batch, channel, row, column).
public protocol Engine: Sendable {
    /// How many requests run at once without waiting for each other.
    var concurrency: Int { get }

    /// A place to run the network with inputs of these shapes, by name. Building the network for new shapes costs time;
    /// for shapes seen lately it does not.
    ///
    /// - Throws: ``ModelError`` where the network does not take such inputs.
    func request(shapes: [String: [Int]]) throws(ModelError) -> any InferenceRequest
}

/// One run of a network at a time, with memory for its inputs and outputs. Belongs to one thread at a time; for several
/// at once, ask the engine for several.
public protocol InferenceRequest: AnyObject {
    /// Fills the memory of an input, which keeps its contents between runs.
    func withInput(_ name: String, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) throws(ModelError)

    func run() throws(ModelError)

    /// Reads the result of the last run.
    func withOutput(
        _ name: String, _ read: (_ shape: [Int], _ values: UnsafeBufferPointer<Float>) throws(ModelError) -> Void
    ) throws(ModelError)
}

/// A value that goes into or comes out of a network.
public struct EngineTensor: Sendable, Equatable {
    public var shape: [Int]
    public var values: [Float]

    /// - Precondition: `values` are as many as `shape` says.
    public init(shape: [Int], values: [Float]) {
        precondition(values.count == shape.reduce(1, *), "value count disagrees with the shape")
        self.shape = shape
        self.values = values
    }
}

extension Engine {
    /// Runs the network once, copying values in and out.
    public func run(
        _ inputs: [String: EngineTensor], output name: String
    ) throws(ModelError) -> EngineTensor {
        let request = try request(shapes: inputs.mapValues(\.shape))
        for (name, tensor) in inputs {
            try request.withInput(name) { _ = $0.update(fromContentsOf: tensor.values) }
        }
        try request.run()
        var result: EngineTensor?
        try request.withOutput(name) { shape, values in result = EngineTensor(shape: shape, values: Array(values)) }
        return result!
    }
}
