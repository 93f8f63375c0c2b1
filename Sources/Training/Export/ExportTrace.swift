import Torch
import TorchNN

/// Two recordings of one forward pass, laid over each other: a graph whose values know their sizes in both.
struct ExportTrace {
    /// Something that operations take and give.
    struct Value {
        enum Origin {
            case input(String)
            case parameter(String)
            /// Depends on no input; holds what it was in the first run.
            case constant
            case step
        }

        var origin: Origin
        var first: Tensor
        var second: Tensor

        var dependsOnInput: Bool {
            switch origin {
            case .input, .step: true
            case .parameter, .constant: false
            }
        }
    }

    struct Step {
        var operation: Operation
        /// What the second run did in its place; differs only in sizes.
        var second: Operation
        var inputs: [Int]
        var output: Int
    }

    private(set) var values: [Value] = []
    private(set) var steps: [Step] = []
    private(set) var outputs: [Int] = []

    typealias Run = (inputs: [Tensor], outputs: [Tensor], recording: Recording)

    init(first: Run, second: Run, inputNames: [String], parameters: Parameters) throws {
        guard first.recording.steps.count == second.recording.steps.count else {
            throw ExportError.dependsOnSize(operation: "number of operations")
        }
        var indices: [ObjectIdentifier: Int] = [:]
        func add(_ value: Value) -> Int {
            values.append(value)
            indices[ObjectIdentifier(value.first)] = values.count - 1
            return values.count - 1
        }
        for (name, tensors) in zip(inputNames, zip(first.inputs, second.inputs)) {
            _ = add(Value(origin: .input(name), first: tensors.0, second: tensors.1))
        }
        for (name, tensor) in parameters.trainable + parameters.buffers {
            _ = add(Value(origin: .parameter(name), first: tensor, second: tensor))
        }
        for (one, two) in zip(first.recording.steps, second.recording.steps) {
            guard one.operation.hasKind(of: two.operation), one.inputs.count == two.inputs.count else {
                throw ExportError.dependsOnSize(operation: one.operation.name)
            }
            let inputs = zip(one.inputs, two.inputs).map { one, two in
                indices[ObjectIdentifier(one)] ?? add(Value(origin: .constant, first: one, second: two))
            }
            if one.operation == .identity {
                indices[ObjectIdentifier(one.output)] = inputs[0]
                continue
            }
            let dependsOnInput = inputs.contains { values[$0].dependsOnInput }
            let output = add(
                Value(origin: dependsOnInput ? .step : .constant, first: one.output, second: two.output))
            if dependsOnInput {
                steps.append(Step(operation: one.operation, second: two.operation, inputs: inputs, output: output))
            }
        }
        outputs = try first.outputs.map { tensor in
            guard let output = indices[ObjectIdentifier(tensor)], values[output].dependsOnInput else {
                throw ExportError.outputIsConstant
            }
            return output
        }
        removeUnused()
    }

    /// Drops steps that no output needs.
    private mutating func removeUnused() {
        var needed = Set(outputs)
        var kept: [Step] = []
        for step in steps.reversed() where needed.contains(step.output) {
            needed.formUnion(step.inputs)
            kept.append(step)
        }
        steps = kept.reversed()
    }

    /// How many steps take the value; an output of the network counts as one more.
    func uses(of value: Int) -> Int {
        steps.reduce(outputs.contains(value) ? 1 : 0) { $0 + ($1.inputs.contains(value) ? 1 : 0) }
    }

    func isFree(_ value: Int, axis: Int) -> Bool { values[value].first.shape[axis] != values[value].second.shape[axis] }
}

extension Operation {
    /// The word before any arguments.
    var name: String { String("\(self)".prefix { $0 != "(" }) }

    /// The same operation, but for sizes that may follow the input's.
    fileprivate func hasKind(of other: Operation) -> Bool {
        switch (self, other) {
        case (.reshape, .reshape), (.expand, .expand): true
        case (.narrow(let dimension, _, _), .narrow(let otherDimension, _, _)): dimension == otherDimension
        default: self == other
        }
    }
}
