import Foundation
import Networks
import ONNX
import Torch
import TorchNN
import Upscaling

/// Turns a network's forward pass into an ONNX model.
///
/// The network runs twice on small inputs of different sizes while its operations are recorded. What both runs agree on
/// is written as it is; a size on which they differ is free, and is computed in the exported graph. So no operation
/// needs to be told about free sizes, and a network that does depend on its input's size is noticed.
///
/// Batch normalisation after a convolution is folded into it, casts and layouts are dropped, and everything that
/// depends on no input is written as a constant. Weights keep their names.
public enum ONNXExporter {
    /// The set of operators that is written: old enough for every engine, and it holds all that is needed.
    static let operatorSet: Int64 = 17
    /// The input that the image goes into.
    static let imageTensor = "input"
    /// The output that the image comes out of.
    public static let imageOutput = "output"

    /// Exports a network of one image in and one image out, for free batch, height and width.
    ///
    /// - Throws: ``ExportError``.
    public static func export(
        _ network: some Layer, parameters: Parameters, metadata: ModelMetadata
    ) throws -> ModelProto {
        let image = ExportInput.image(imageTensor, channels: metadata.channels, multipleOf: metadata.paddingMultiple)
        return try export(parameters: parameters, inputs: [image], metadata: metadata) { network($0[0]) }
    }

    /// Exports a network by its architecture. Whatever range it was trained to give, what the file gives is in 0…1, as
    /// what it takes is: one range describes a model file.
    ///
    /// - Parameters:
    ///   - architecture: the network to make.
    ///   - parameters: hold the weights to load.
    ///   - metadata: what the file will say about itself; its channels and padding multiple also shape the input.
    /// - Throws: ``ExportError``, or `TorchError` where the weights are another network's.
    public static func export(
        _ architecture: Architecture, _ parameters: Parameters, metadata: ModelMetadata
    ) throws -> ModelProto {
        let network = try architecture.makeNetwork(parameters)
        let range = architecture.outputRange
        var inputs = [
            ExportInput.image(imageTensor, channels: metadata.channels, multipleOf: metadata.paddingMultiple)
        ]
        if architecture.conditions > 0 {
            inputs.append(
                ExportInput(ModelMetadata.conditionsTensor, [.free("batch"), .fixed(architecture.conditions)]))
        }
        if architecture.doubts, let network = network as? any DoubtingLayer {
            let outputs = [imageOutput, ModelMetadata.doubtTensor]
            return try export(parameters: parameters, inputs: inputs, outputs: outputs, metadata: metadata) {
                let doubted = network.doubted($0[0], conditions: $0.count > 1 ? $0[1] : nil)
                return [doubted.result, doubted.correction]
            }
        }
        return try export(parameters: parameters, inputs: inputs, metadata: metadata) {
            let output = network($0[0], told: $0.count > 1 ? $0[1] : nil)
            return range == 0...1 ? output : (output - range.lowerBound) / (range.upperBound - range.lowerBound)
        }
    }

    /// Exports any function of tensors that gives one.
    ///
    /// - Parameters:
    ///   - parameters: the network's weights. It is switched to evaluation for the export.
    ///   - inputs: what `network` takes, in this order.
    ///   - output: the name of what it gives.
    ///   - metadata: what the file will say about itself.
    ///   - network: the function, of tensors in the order of `inputs`. It is called twice, with sizes that differ.
    /// - Throws: ``ExportError``.
    public static func export(
        parameters: Parameters, inputs: [ExportInput], output: String = imageOutput, metadata: ModelMetadata,
        network: ([Tensor]) -> Tensor
    ) throws -> ModelProto {
        try export(parameters: parameters, inputs: inputs, outputs: [output], metadata: metadata) { [network($0)] }
    }

    /// Exports any function of tensors.
    ///
    /// - Parameters:
    ///   - parameters: the network's weights. It is switched to evaluation for the export.
    ///   - inputs: what `network` takes, in this order.
    ///   - outputs: the names of what it gives, in this order.
    ///   - metadata: what the file will say about itself.
    ///   - network: the function, of tensors in the order of `inputs`. It is called twice, with sizes that differ.
    /// - Throws: ``ExportError``.
    public static func export(
        parameters: Parameters, inputs: [ExportInput], outputs: [String], metadata: ModelMetadata,
        network: ([Tensor]) -> [Tensor]
    ) throws -> ModelProto {
        let wasTraining = parameters.isTraining
        parameters.isTraining = false
        defer { parameters.isTraining = wasTraining }

        func run(_ choice: Int) -> ExportTrace.Run {
            let examples = inputs.enumerated().map { position, input in
                input.example(choice, position: position, names: inputs.freeNames, on: parameters.device)
            }
            let (results, recording) = Recording.of { TorchRuntime.withoutGradients { network(examples) } }
            return (examples, results, recording)
        }
        let trace = try ExportTrace(
            first: run(0), second: run(1), inputNames: inputs.map(\.name), parameters: parameters)

        var writer = GraphWriter(trace: trace, outputNames: outputs)
        var model = ModelProto()
        model.irVersion = 8
        model.producerName = "Fovea"
        var operators = OperatorSetIdProto()
        operators.version = operatorSet
        model.opsetImport = [operators]
        model.graph = try writer.graph(name: metadata.architecture ?? metadata.name, inputs: inputs)
        try model.describe(metadata)
        return model
    }
}

/// An input of an exported network.
public struct ExportInput: Sendable, Equatable {
    public enum Dimension: Sendable, Equatable {
        case fixed(Int)
        /// Any multiple of `multipleOf`. Dimensions of one name have one size.
        case free(String, multipleOf: Int = 1)
    }

    public var name: String
    public var dimensions: [Dimension]

    public init(_ name: String, _ dimensions: [Dimension]) {
        self.name = name
        self.dimensions = dimensions
    }

    /// (batch, `channels`, height, width), all but the channels free.
    public static func image(_ name: String, channels: Int, multipleOf multiple: Int = 1) -> ExportInput {
        ExportInput(
            name,
            [
                .free("batch"), .fixed(channels), .free("height", multipleOf: multiple),
                .free("width", multipleOf: multiple),
            ])
    }

    /// Sizes for the two runs. Ratios of different primes are never alike, so that no free size, and no multiple or
    /// fraction of one, can be taken for another.
    private static let primes = [(2, 3), (11, 13), (17, 19), (23, 29), (31, 37), (41, 43)]

    fileprivate func example(_ choice: Int, position: Int, names: [String], on device: Device) -> Tensor {
        let shape = dimensions.map { dimension in
            switch dimension {
            case .fixed(let size): return size
            case .free(let name, let multiple):
                let sizes = Self.primes[names.firstIndex(of: name)!]
                return (choice == 0 ? sizes.0 : sizes.1) * multiple
            }
        }
        // Any values in (0, 1) do; libtorch's generator stays untouched, so that training can go on after an export.
        let values = (0..<shape.reduce(1, *)).map { Float(($0 * 37 + position * 11) % 101 + 1) / 103 }
        return Tensor(values, shape: shape, on: device)
    }
}

extension [ExportInput] {
    fileprivate var freeNames: [String] {
        var names: [String] = []
        for case .free(let name, _) in flatMap(\.dimensions) where !names.contains(name) { names.append(name) }
        precondition(names.count <= 6, "an exported network has at most six free sizes")
        return names
    }
}

/// Why a network cannot be written as ONNX.
public enum ExportError: Error, Equatable, CustomStringConvertible {
    case unsupported(operation: String)
    /// Two runs on inputs of different sizes did not do the same.
    case dependsOnSize(operation: String)
    case outputIsConstant
    /// A generator of images, which is used by a search that needs its gradients.
    case makesNoMap

    public var description: String {
        switch self {
        case .unsupported(let operation):
            "the network uses \(operation), which cannot be exported; write it with other operations"
        case .dependsOnSize(let operation):
            "the network's \(operation) depends on the size of its input in a way that cannot be exported; "
                + "declare that size fixed"
        case .outputIsConstant: "the network's output does not depend on its inputs"
        case .makesNoMap:
            "this run's network makes images of nothing and enlarges none, so no model file can hold it; "
                + "search what it can make with 'fovea-lab search'"
        }
    }
}
