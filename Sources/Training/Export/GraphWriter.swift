import Foundation
import ONNX
import Torch

/// Writes a traced forward pass as ONNX nodes and initialisers.
struct GraphWriter {
    private let trace: ExportTrace
    /// Of the network's outputs, by their values.
    private let outputNames: [Int: String]
    private var nodes: [NodeProto] = []
    private var initializers: [TensorProto] = []
    /// ONNX names of the trace's values.
    private var names: [Int: String] = [:]
    private var takenNames: Set<String> = []
    /// Convolutions whose batch normalisation is folded into them: the step after, by the convolution's output.
    private var foldedNorms: [Int: ExportTrace.Step] = [:]

    /// - Parameter outputNames: of the trace's outputs, in their order.
    init(trace: ExportTrace, outputNames: [String]) {
        self.trace = trace
        self.outputNames = Dictionary(uniqueKeysWithValues: zip(trace.outputs, outputNames))
        takenNames.formUnion(outputNames)
        var convolutions: Set<Int> = []
        for step in trace.steps {
            switch step.operation {
            case .conv2d where step.inputs.dropFirst().allSatisfy({ !trace.values[$0].dependsOnInput }):
                convolutions.insert(step.output)
            case .batchNorm where convolutions.contains(step.inputs[0]) && trace.uses(of: step.inputs[0]) == 1:
                foldedNorms[step.inputs[0]] = step
            default: break
            }
        }
    }

    mutating func graph(name: String, inputs: [ExportInput]) throws -> GraphProto {
        for (index, value) in trace.values.enumerated() {
            guard case .input(let name) = value.origin else { continue }
            names[index] = name
            takenNames.insert(name)
        }
        for step in trace.steps { try write(step) }
        for (output, name) in outputNames {
            if case .input(let input) = trace.values[output].origin { add("Identity", [input], to: name) }
        }

        var graph = GraphProto()
        graph.name = name
        graph.node = nodes
        graph.initializer = initializers
        graph.input = inputs.map { input in
            description(
                input.name,
                input.dimensions.map { dimension in
                    switch dimension {
                    case .fixed(let size): .size(size)
                    case .free(let name, _): .named(name)
                    }
                })
        }
        graph.output = trace.outputs.map { output in
            description(outputNames[output]!, outputDimensions(of: output, inputs))
        }
        return graph
    }

    // MARK: Names, weights, nodes

    private mutating func unique(_ name: String) -> String {
        var candidate = name
        var number = 1
        while !takenNames.insert(candidate).inserted {
            number += 1
            candidate = "\(name)_\(number)"
        }
        return candidate
    }

    /// The ONNX name of a value; constants and weights are written when first asked for.
    private mutating func name(of value: Int) throws -> String {
        if let name = names[value] { return name }
        let (content, base) = (trace.values[value], try constantName(of: value))
        let name = addInitializer(base, content.first.shape, type: content.first.type, Data(content.first.bytes))
        names[value] = name
        return name
    }

    private func constantName(of value: Int) throws -> String {
        let content = trace.values[value]
        if case .parameter(let name) = content.origin { return name }
        precondition(!content.dependsOnInput, "a value is used before the step that makes it")
        guard content.first.shape == content.second.shape, content.first.bytes == content.second.bytes else {
            throw ExportError.dependsOnSize(operation: "constant of shape \(content.first.shape)")
        }
        return "constant"
    }

    @discardableResult
    private mutating func addInitializer(_ name: String, _ shape: [Int], type: ScalarType, _ bytes: Data) -> String {
        var tensor = TensorProto()
        tensor.name = unique(name)
        tensor.dims = shape.map(Int64.init)
        switch type {
        case .float32: tensor.dataType = Int32(TensorProto.DataType.float.rawValue)
        case .float64: tensor.dataType = Int32(TensorProto.DataType.double.rawValue)
        case .bfloat16: tensor.dataType = Int32(TensorProto.DataType.bfloat16.rawValue)
        case .int64: tensor.dataType = Int32(TensorProto.DataType.int64.rawValue)
        case .uint8: tensor.dataType = Int32(TensorProto.DataType.uint8.rawValue)
        case .bool: tensor.dataType = Int32(TensorProto.DataType.bool.rawValue)
        }
        tensor.rawData = bytes
        initializers.append(tensor)
        return tensor.name
    }

    private mutating func floats(_ name: String, _ values: [Float], shape: [Int]) -> String {
        addInitializer(name, shape, type: .float32, values.withUnsafeBytes { Data($0) })
    }

    private mutating func scalar(_ value: Double) -> String { floats("scalar", [Float(value)], shape: []) }

    private mutating func integers(_ values: [Int]) -> String {
        addInitializer(
            "sizes", [values.count], type: .int64, values.map { Int64($0).littleEndian }.withUnsafeBytes { Data($0) })
    }

    @discardableResult
    private mutating func add(
        _ type: String, _ inputs: [String], _ attributes: [AttributeProto] = [], to output: String
    ) -> String {
        var node = NodeProto()
        node.opType = type
        node.name = output
        node.input = inputs
        node.output = [output]
        node.attribute = attributes
        nodes.append(node)
        return output
    }

    /// A node whose result only the next nodes need.
    private mutating func add(_ type: String, _ inputs: [String], _ attributes: [AttributeProto] = []) -> String {
        let name = unique(type.lowercased())
        return add(type, inputs, attributes, to: name)
    }

    // MARK: Operations

    private mutating func write(_ step: ExportTrace.Step) throws {
        if case .conv2d = step.operation {
            try writeConvolution(step)
            return
        }
        if foldedNorms[step.inputs[0]] != nil { return }

        let output = outputNames[step.output] ?? unique(step.operation.name)
        let inputs =
            switch step.operation {
            case .prelu, .groupNorm, .linear: [try name(of: step.inputs[0])]
            default: try step.inputs.map { try name(of: $0) }
            }
        let rank = trace.values[step.inputs[0]].first.shape.count
        func axis(_ dimension: Int, of rank: Int) -> Int { dimension < 0 ? dimension + rank : dimension }

        switch step.operation {
        case .identity, .conv2d: break
        case .add: add("Add", inputs, to: output)
        case .subtract: add("Sub", inputs, to: output)
        case .multiply: add("Mul", inputs, to: output)
        case .divide: add("Div", inputs, to: output)
        case .matrixMultiply: add("MatMul", inputs, to: output)
        case .addScalar(let value): add("Add", [inputs[0], scalar(value)], to: output)
        case .multiplyScalar(let value): add("Mul", [inputs[0], scalar(value)], to: output)
        case .power(0.5): add("Sqrt", inputs, to: output)
        case .power(let exponent): add("Pow", [inputs[0], scalar(exponent)], to: output)
        case .clamp(let range):
            add("Clip", [inputs[0], scalar(range.lowerBound), scalar(range.upperBound)], to: output)
        case .absolute: add("Abs", inputs, to: output)
        case .exponential: add("Exp", inputs, to: output)
        case .logarithm: add("Log", inputs, to: output)
        case .sine: add("Sin", inputs, to: output)
        case .cosine: add("Cos", inputs, to: output)
        case .mean(let dimensions, let keep):
            let axes = dimensions.map { axis($0, of: rank) }
            add("ReduceMean", inputs, [.integers("axes", axes), .integer("keepdims", keep ? 1 : 0)], to: output)
        case .sum(let dimensions, let keep):
            let axes = integers(dimensions.map { axis($0, of: rank) })
            add("ReduceSum", [inputs[0], axes], [.integer("keepdims", keep ? 1 : 0)], to: output)
        case .reshape: add("Reshape", [inputs[0], try shape(of: step, canInfer: true)], to: output)
        case .expand: add("Expand", [inputs[0], try shape(of: step, canInfer: false)], to: output)
        case .permute(let order):
            add("Transpose", inputs, [.integers("perm", order.map { axis($0, of: rank) })], to: output)
        case .narrow(let dimension, _, _):
            let axis = axis(dimension, of: rank)
            let (start, end) = try bounds(of: step, axis: axis)
            add("Slice", inputs + [start, end, axis].map { integers([$0]) }, to: output)
        case .concatenate(let dimension):
            add("Concat", inputs, [.integer("axis", axis(dimension, of: rank))], to: output)
        case .indexSelect(let dimension):
            add("Gather", inputs, [.integer("axis", axis(dimension, of: rank))], to: output)
        case .transposedConv2d(let stride, let padding, let outputPadding):
            let side = trace.values[step.inputs[1]].first.shape[2...].map { $0 }
            add(
                "ConvTranspose", inputs,
                [
                    .integers("kernel_shape", side), .integers("strides", [stride, stride]),
                    .integers("pads", [padding, padding, padding, padding]),
                    .integers("output_padding", [outputPadding, outputPadding]),
                ], to: output)
        case .linear: try writeLinear(step, input: inputs[0], rank: rank, to: output)
        case .batchNorm(let epsilon):
            add("BatchNormalization", inputs, [.float("epsilon", epsilon)], to: output)
        case .groupNorm(let groups, let epsilon):
            try writeGroupNorm(step, input: inputs[0], rank: rank, groups: groups, epsilon: epsilon, to: output)
        case .relu: add("Relu", inputs, to: output)
        case .leakyRelu(let slope): add("LeakyRelu", inputs, [.float("alpha", slope)], to: output)
        case .prelu:
            add("PRelu", [inputs[0], try perChannel(step.inputs[1], rank: rank)], to: output)
        case .tanh: add("Tanh", inputs, to: output)
        case .sigmoid: add("Sigmoid", inputs, to: output)
        case .silu: add("Mul", [inputs[0], add("Sigmoid", inputs)], to: output)
        case .softplus: add("Softplus", inputs, to: output)
        case .softmax(let dimension): add("Softmax", inputs, [.integer("axis", axis(dimension, of: rank))], to: output)
        case .pixelShuffle(let factor):
            add("DepthToSpace", inputs, [.integer("blocksize", factor), .string("mode", "CRD")], to: output)
        case .upsampleNearest(let factor):
            // With a whole factor, no two engines disagree about this form.
            let scales = floats("scales", [1, 1, Float(factor), Float(factor)], shape: [4])
            add(
                "Resize", [inputs[0], "", scales],
                [
                    .string("mode", "nearest"), .string("coordinate_transformation_mode", "asymmetric"),
                    .string("nearest_mode", "floor"),
                ], to: output)
        case .averagePool(let size): add("AveragePool", inputs, .window(size), to: output)
        case .maxPool(let size): add("MaxPool", inputs, .window(size), to: output)
        case .flip: throw ExportError.unsupported(operation: "flip")
        case .dropout: throw ExportError.unsupported(operation: "dropout outside of training")
        }
        names[step.output] = output
    }

    private mutating func writeConvolution(_ step: ExportTrace.Step) throws {
        guard case .conv2d(let stride, let padding, let groups) = step.operation else { return }
        let norm = foldedNorms[step.output]
        let result = norm?.output ?? step.output
        let weight = trace.values[step.inputs[1]]
        var layer = "convolution"
        if case .parameter(let name) = weight.origin, name.hasSuffix(".weight") { layer = String(name.dropLast(7)) }

        var inputs = [try name(of: step.inputs[0])]
        if let norm {
            let (weights, bias) = folded(step, into: norm)
            inputs.append(floats("\(layer).weight", weights, shape: weight.first.shape))
            inputs.append(floats("\(layer).bias", bias, shape: [bias.count]))
        } else {
            inputs += try step.inputs.dropFirst().map { try name(of: $0) }
        }
        let output = outputNames[result] ?? unique(layer)
        let side = weight.first.shape[2...].map { $0 }
        add(
            "Conv", inputs,
            [
                .integers("kernel_shape", side), .integers("strides", [stride, stride]),
                .integers("pads", [padding, padding, padding, padding]), .integer("group", groups),
            ], to: output)
        names[result] = output
    }

    /// y = γ(w∗x + b − μ)/√(σ² + ε) + β, as one convolution.
    private func folded(
        _ convolution: ExportTrace.Step, into norm: ExportTrace.Step
    ) -> (weights: [Float], bias: [Float]) {
        guard case .batchNorm(let epsilon) = norm.operation else { preconditionFailure("not a normalisation") }
        func values(_ index: Int) -> [Float] { trace.values[index].first.values }
        let (gamma, beta) = (values(norm.inputs[1]), values(norm.inputs[2]))
        let (mean, variance) = (values(norm.inputs[3]), values(norm.inputs[4]))
        let bias =
            convolution.inputs.count > 2 ? values(convolution.inputs[2]) : [Float](repeating: 0, count: gamma.count)
        let factors = gamma.indices.map { Double(gamma[$0]) / (Double(variance[$0]) + epsilon).squareRoot() }
        let weights = values(convolution.inputs[1])
        let each = weights.count / factors.count
        return (
            weights.indices.map { Float(Double(weights[$0]) * factors[$0 / each]) },
            factors.indices.map { Float(Double(bias[$0] - mean[$0]) * factors[$0] + Double(beta[$0])) }
        )
    }

    private mutating func writeLinear(
        _ step: ExportTrace.Step, input: String, rank: Int, to output: String
    ) throws {
        let weights = try step.inputs.dropFirst().map { try name(of: $0) }
        if rank == 2 {
            add("Gemm", [input] + weights, [.integer("transB", 1)], to: output)
            return
        }
        let transposed = add("Transpose", [weights[0]], [.integers("perm", [1, 0])])
        if weights.count == 1 {
            add("MatMul", [input, transposed], to: output)
        } else {
            add("Add", [add("MatMul", [input, transposed]), weights[1]], to: output)
        }
    }

    /// Instance normalisation over (B, groups, the rest), then weights per channel: engines know this form, while ONNX's
    /// own GroupNormalization changed its meaning between operator sets.
    private mutating func writeGroupNorm(
        _ step: ExportTrace.Step, input: String, rank: Int, groups: Int, epsilon: Double, to output: String
    ) throws {
        let grouped = add("Reshape", [input, integers([0, groups, -1])])
        let ones = floats("ones", [Float](repeating: 1, count: groups), shape: [groups])
        let zeros = floats("zeros", [Float](repeating: 0, count: groups), shape: [groups])
        let normalized = add("InstanceNormalization", [grouped, ones, zeros], [.float("epsilon", epsilon)])
        let restored = add("Reshape", [normalized, add("Shape", [input])])
        let scaled = add("Mul", [restored, try perChannel(step.inputs[1], rank: rank)])
        add("Add", [scaled, try perChannel(step.inputs[2], rank: rank)], to: output)
    }

    /// A weight of one number a channel, shaped to broadcast over (B, C, …).
    private mutating func perChannel(_ value: Int, rank: Int) throws -> String {
        let tensor = trace.values[value].first
        guard !trace.values[value].dependsOnInput else {
            throw ExportError.unsupported(operation: "weights per channel that depend on the input")
        }
        if tensor.count == 1 { return try name(of: value) }
        let shape = [tensor.count] + [Int](repeating: 1, count: max(0, rank - 2))
        return floats(try constantName(of: value), tensor.values, shape: shape)
    }

    // MARK: Free sizes

    /// The target of a Reshape or Expand: sizes that both runs share as they are; others read from an earlier value that
    /// has them. A Reshape also knows 0, "as the input's", and −1 for one that it infers.
    private mutating func shape(of step: ExportTrace.Step, canInfer: Bool) throws -> String {
        let (input, output) = (trace.values[step.inputs[0]], trace.values[step.output])
        var sizes: [Int] = []
        var sources: [Int: (name: String, axis: Int)] = [:]
        for (axis, pair) in zip(output.first.shape, output.second.shape).enumerated() {
            let stays = axis < input.first.shape.count && pair == (input.first.shape[axis], input.second.shape[axis])
            if pair.0 == pair.1 {
                sizes.append(pair.0)
            } else if canInfer && stays {
                sizes.append(0)
            } else {
                sources[axis] = source(of: pair, before: step)
                sizes.append(-1)
            }
        }
        let unknown = sizes.indices.filter { sizes[$0] == -1 && sources[$0] == nil }
        guard unknown.count <= (canInfer ? 1 : 0) else {
            throw ExportError.dependsOnSize(operation: step.operation.name)
        }
        if canInfer, unknown.isEmpty, let last = sources.keys.max() { sources[last] = nil }
        if sources.isEmpty { return integers(sizes) }
        let parts = sizes.indices.map { axis in
            guard let (name, from) = sources[axis] else { return integers([sizes[axis]]) }
            return add("Shape", [name], [.integer("start", from), .integer("end", from + 1)])
        }
        return add("Concat", parts, [.integer("axis", 0)])
    }

    /// An axis of an earlier value that had these sizes in the two runs.
    private func source(of sizes: (Int, Int), before step: ExportTrace.Step) -> (name: String, axis: Int)? {
        for value in (0..<step.output).reversed() where trace.values[value].dependsOnInput {
            let (one, two) = (trace.values[value].first.shape, trace.values[value].second.shape)
            guard let name = names[value], let axis = one.indices.first(where: { (one[$0], two[$0]) == sizes })
            else { continue }
            return (name, axis)
        }
        return nil
    }

    /// Where a slice begins and ends: counted from the beginning where both runs agree, or from the axis' end.
    private func bounds(of step: ExportTrace.Step, axis: Int) throws -> (start: Int, end: Int) {
        guard case .narrow(_, let start, let length) = step.operation,
            case .narrow(_, let secondStart, let secondLength) = step.second
        else { preconditionFailure("not a slice") }
        let input = trace.values[step.inputs[0]]
        let (size, secondSize) = (input.first.shape[axis], input.second.shape[axis])
        func bound(_ first: Int, _ second: Int) throws -> Int {
            if first == size, second == secondSize { return Int(Int64.max) }
            if first == second { return first }
            guard first - size == second - secondSize else {
                throw ExportError.dependsOnSize(operation: step.operation.name)
            }
            return first - size
        }
        return (try bound(start, secondStart), try bound(start + length, secondStart + secondLength))
    }

    // MARK: Inputs and outputs

    private enum NamedDimension {
        case size(Int)
        case named(String)
    }

    private func outputDimensions(of value: Int, _ inputs: [ExportInput]) -> [NamedDimension] {
        let output = trace.values[value]
        return output.first.shape.indices.map { axis in
            let sizes = (output.first.shape[axis], output.second.shape[axis])
            if sizes.0 == sizes.1 { return .size(sizes.0) }
            for (input, value) in zip(inputs, trace.values) {
                for (axis, dimension) in input.dimensions.enumerated() {
                    guard case .free(let name, _) = dimension else { continue }
                    if sizes == (value.first.shape[axis], value.second.shape[axis]) { return .named(name) }
                }
            }
            return .named("\(outputNames[value]!)_\(axis)")
        }
    }

    private func description(_ name: String, _ dimensions: [NamedDimension]) -> ValueInfoProto {
        var tensor = TypeProto.Tensor()
        tensor.elemType = Int32(TensorProto.DataType.float.rawValue)
        tensor.shape.dim = dimensions.map { dimension in
            var entry = TensorShapeProto.Dimension()
            switch dimension {
            case .size(let size): entry.dimValue = Int64(size)
            case .named(let name): entry.dimParam = name
            }
            return entry
        }
        var description = ValueInfoProto()
        description.name = name
        description.type.tensorType = tensor
        return description
    }
}

extension AttributeProto {
    private init(_ name: String, _ type: AttributeType) {
        self.init()
        self.name = name
        self.type = type
    }

    fileprivate static func integer(_ name: String, _ value: Int) -> AttributeProto {
        var attribute = AttributeProto(name, .int)
        attribute.i = Int64(value)
        return attribute
    }

    fileprivate static func integers(_ name: String, _ values: [Int]) -> AttributeProto {
        var attribute = AttributeProto(name, .ints)
        attribute.ints = values.map(Int64.init)
        return attribute
    }

    fileprivate static func float(_ name: String, _ value: Double) -> AttributeProto {
        var attribute = AttributeProto(name, .float)
        attribute.f = Float(value)
        return attribute
    }

    fileprivate static func string(_ name: String, _ value: String) -> AttributeProto {
        var attribute = AttributeProto(name, .string)
        attribute.s = Data(value.utf8)
        return attribute
    }
}

extension [AttributeProto] {
    /// A pooling window that moves by its own size.
    fileprivate static func window(_ size: Int) -> [AttributeProto] {
        [.integers("kernel_shape", [size, size]), .integers("strides", [size, size])]
    }
}
