import Foundation
import Testing
import Torch

/// A strided 1 × 1 convolution, and what its definition says of it: each output pixel is a product of matrices with one
/// input pixel, and of the pixels between nothing comes.
struct PointwiseConvolution: Sendable, CustomTestStringConvertible {
    var inputChannels: Int
    var outputChannels = 4
    var height = 7
    var width = 6
    var stride = 2
    var padding = 0
    var groups = 1

    var testDescription: String {
        "\(inputChannels) → \(outputChannels) channels, stride \(stride), padding \(padding), \(groups) groups"
    }

    static let all = [
        PointwiseConvolution(inputChannels: 3),
        PointwiseConvolution(inputChannels: 8),
        PointwiseConvolution(inputChannels: 12, stride: 3),
        PointwiseConvolution(inputChannels: 4, padding: 1),
        PointwiseConvolution(inputChannels: 5, stride: 3, padding: 2),
        PointwiseConvolution(inputChannels: 6, groups: 2),
        PointwiseConvolution(inputChannels: 2, stride: 9),
    ]

    struct Values {
        var output: [Double]
        var inputGradient: [Double]
        var weightGradient: [Double]
        var biasGradient: [Double]
    }

    private static let batch = 2
    private var x: [Float] { Self.draw(Self.batch * inputChannels * height * width, seed: 1) }
    private var weight: [Float] { Self.draw(outputChannels * inputChannels / groups, seed: 2) }
    private var bias: [Float] { Self.draw(outputChannels, seed: 3) }
    private var rows: Int { (height + 2 * padding - 1) / stride + 1 }
    private var columns: Int { (width + 2 * padding - 1) / stride + 1 }
    var outputShape: [Int] { [Self.batch, outputChannels, rows, columns] }
    private var cotangent: [Float] { Self.draw(outputShape.reduce(1, *), seed: 4) }

    private static func draw(_ count: Int, seed: UInt64) -> [Float] {
        Generator(seed: seed).normal([count]).values
    }

    func computed(channelsLast: Bool) -> Values {
        let image = Tensor(x, shape: [Self.batch, inputChannels, height, width])
        let x = channelsLast ? image.channelsLast : image
        let weight = Tensor(weight, shape: [outputChannels, inputChannels / groups, 1, 1])
        let bias = Tensor(bias, shape: [outputChannels])
        for tensor in [x, weight, bias] { tensor.requiresGradient = true }
        let output = x.conv2d(weight: weight, bias: bias, stride: stride, padding: padding, groups: groups)
        (output * Tensor(cotangent, shape: output.shape)).sum().backward()
        return Values(
            output: output.values.map(Double.init), inputGradient: x.gradient!.values.map(Double.init),
            weightGradient: weight.gradient!.values.map(Double.init),
            biasGradient: bias.gradient!.values.map(Double.init))
    }

    var defined: Values {
        let (x, weight, bias, cotangent) = (x, weight, bias, cotangent)
        var result = Values(
            output: [], inputGradient: .init(repeating: 0, count: x.count),
            weightGradient: .init(repeating: 0, count: weight.count),
            biasGradient: .init(repeating: 0, count: bias.count))
        let (inputs, outputs) = (inputChannels / groups, outputChannels / groups)
        for image in 0..<Self.batch {
            for channel in 0..<outputChannels {
                for row in 0..<rows {
                    for column in 0..<columns {
                        let slope = Double(cotangent[result.output.count])
                        var sum = Double(bias[channel])
                        result.biasGradient[channel] += slope
                        let (y, z) = (row * stride - padding, column * stride - padding)
                        if (0..<height).contains(y), (0..<width).contains(z) {
                            for input in 0..<inputs {
                                let from = channel / outputs * inputs + input
                                let pixel = ((image * inputChannels + from) * height + y) * width + z
                                let factor = channel * inputs + input
                                sum += Double(x[pixel]) * Double(weight[factor])
                                result.inputGradient[pixel] += slope * Double(weight[factor])
                                result.weightGradient[factor] += slope * Double(x[pixel])
                            }
                        }
                        result.output.append(sum)
                    }
                }
            }
        }
        return result
    }
}

@Suite("Strided 1 × 1 convolutions")
struct PointwiseConvolutionTests {
    init() { useOneThread() }

    @Test(
        "Values and gradients are those of the definition, in either order of memory",
        arguments: PointwiseConvolution.all, [false, true])
    func equalsDefinition(convolution: PointwiseConvolution, channelsLast: Bool) {
        let (found, expected) = (convolution.computed(channelsLast: channelsLast), convolution.defined)
        for part in [\PointwiseConvolution.Values.output, \.inputGradient, \.weightGradient, \.biasGradient] {
            #expect(found[keyPath: part].count == expected[keyPath: part].count)
            #expect(zip(found[keyPath: part], expected[keyPath: part]).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    // libtorch 2.11.0's oneDNN writes past a buffer there, which glibc notices when it frees the buffer.
    @Test("Nothing is written past a buffer on a processor that has AVX2 and no more")
    func staysWithinBuffers() async {
        await #expect(processExitsWith: .success) {
            // oneDNN reads it when it first computes, which in this process of its own is below.
            setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1)
            useOneThread()
            for inputChannels in 1...20 {
                for side in [4, 7, 16, 24] {
                    let x = Tensor.ones([2, inputChannels, side, side]).channelsLast
                    let weight = Tensor.ones([8, inputChannels, 1, 1])
                    for tensor in [x, weight] { tensor.requiresGradient = true }
                    for _ in 0..<5 { x.conv2d(weight: weight, bias: nil, stride: 2).sum().backward() }
                }
            }
        }
    }
}
