import Testing
import Torch
import TorchNN

@Suite("Recording")
struct RecordingTests {
    init() { useOneThread() }

    @Test("A recording holds operations in order, with the tensors they took and made")
    func order() {
        let x = Tensor.ones([1, 4, 2, 2])
        let weight = Tensor.ones([4, 4, 1, 1])
        let (result, recording) = Recording.of {
            x.channelsLast.conv2d(weight: weight, bias: nil).leakyRelu(slope: 0.2).pixelShuffle(2) * 3
        }
        #expect(
            recording.steps.map(\.operation) == [
                .identity, .conv2d(stride: 1, padding: 0, groups: 1), .leakyRelu(slope: 0.2), .pixelShuffle(factor: 2),
                .multiplyScalar(3),
            ])
        #expect(recording.steps[0].inputs[0] === x)
        #expect(recording.steps[1].inputs[0] === recording.steps[0].output)
        #expect(recording.steps[1].inputs[1] === weight)
        #expect(recording.steps[4].output === result)
    }

    @Test("Only what runs inside is recorded, the innermost recording first")
    func nesting() {
        let x = Tensor.ones([2])
        _ = x.relu
        let (inner, outer) = Recording.of {
            _ = x.tanh
            let inner = Recording.of { x.sigmoid }.recording
            _ = x.abs
            return inner
        }
        #expect(outer.steps.map(\.operation) == [.tanh, .absolute])
        #expect(inner.steps.map(\.operation) == [.sigmoid])
    }

    @Test("No operation goes unrecorded", arguments: OperationCase.all)
    func everyOperation(operation: OperationCase) throws {
        let prefix = operation.name + "/"
        let inputs = try Golden.tensors("operations").filter { $0.key.hasPrefix(prefix) && !$0.key.contains(".") }
            .reduce(into: [String: Tensor]()) { $0[String($1.key.dropFirst(prefix.count))] = $1.value }
        let (output, recording) = Recording.of { operation.run(inputs) }
        let last = try #require(recording.steps.last)
        #expect(last.output === output)
        // From the output back to an input without a gap.
        var reached = last
        while let before = recording.steps.first(where: { $0.output === reached.inputs[0] }) { reached = before }
        #expect(inputs.values.contains { $0 === reached.inputs[0] })
    }
}
