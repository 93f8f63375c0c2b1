import Testing
import Torch

@Suite("Gradients of gradients, and what search and enlargement need")
struct GradientTests {
    init() { useOneThread() }

    @Test("the gradient of x³ is 3x², and that of its sum 6x")
    func second() throws {
        let x = Tensor([-1.5, 0.5, 2], shape: [3])
        x.requiresGradient = true
        let gradient = x.pow(3).sum().differentiableGradient(for: x)
        #expect(gradient.values == [6.75, 0.75, 12])
        #expect(x.gradient == nil)
        gradient.sum().backward()
        #expect(try #require(x.gradient).values == [-9, 3, 12])
    }

    @Test("a penalty on a convolution's gradient reaches the kernel: of Σ w∗x it is |Σw|², whatever the image")
    func penalty() throws {
        let weight = Tensor([1, -2, 0.5, 3], shape: [1, 1, 2, 2])
        weight.requiresGradient = true
        let x = Generator(seed: 1).uniform([1, 1, 2, 2])
        x.requiresGradient = true
        let gradient = x.conv2d(weight: weight, bias: nil).sum().differentiableGradient(for: x)
        let penalty = gradient.square.sum()
        #expect((penalty.item - 14.25).magnitude < 1e-5)
        penalty.backward()
        #expect(try #require(weight.gradient).values == [2, -4, 1, 6])
    }

    @Test("the angle of a point is right in every quadrant")
    func angle() {
        let angles = Tensor.arcTangent(
            y: Tensor([0, 1, 1, -1, -1], shape: [5]), x: Tensor([1, 1, -1, -1, 1], shape: [5]))
        let expected: [Float] = [0, .pi / 4, 3 * .pi / 4, -3 * .pi / 4, -.pi / 4]
        #expect(zip(angles.values, expected).allSatisfy { ($0 - $1).magnitude < 1e-6 })
    }

    @Test("a transposed convolution is a strided convolution's transpose: ⟨w∗x, y⟩ = ⟨x, wᵀ∗y⟩")
    func transposed() {
        let generator = Generator(seed: 2)
        let weight = generator.normal([3, 2, 3, 3])
        let (x, y) = (generator.normal([1, 2, 8, 10]), generator.normal([1, 3, 4, 5]))
        let forward = x.conv2d(weight: weight, bias: nil, stride: 2, padding: 1)
        let back = y.transposedConv2d(weight: weight, bias: nil, stride: 2, padding: 1, outputPadding: 1)
        #expect(forward.shape == y.shape && back.shape == x.shape)
        #expect(((forward * y).sum().item - (x * back).sum().item).magnitude < 1e-4)
        let bias = y.transposedConv2d(
            weight: weight, bias: Tensor([1, -1], shape: [2]), stride: 2, padding: 1, outputPadding: 1)
        #expect(((bias - back).values.reduce(0) { $0 + $1.magnitude } - 160).magnitude < 1e-3)
    }
}
