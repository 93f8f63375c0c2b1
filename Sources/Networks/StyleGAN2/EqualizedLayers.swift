import Torch
import TorchNN

// Layers whose weights are drawn from N(0, 1) and scaled where they are used, so that Adam moves all of them at one rate
// (Karras et al., "Progressive Growing of GANs", 2018, section 4.1). Nothing follows them but a leaky ReLU of slope 0.2,
// times √2, which keeps the variance.

/// Inputs to outputs, each of them all inputs' weighted sum.
struct EqualizedLinear: Layer {
    private let weight: Tensor
    private let bias: Tensor
    private let factor: Double
    private let rate: Double

    /// - Parameters:
    ///   - bias: what each output begins with.
    ///   - rate: how fast the layer learns, as a share of the others.
    init(_ path: ParameterPath, _ inputs: Int, _ outputs: Int, bias: Double = 0, rate: Double = 1) throws {
        weight = try path.weight("weight", shape: [outputs, inputs], .normal(deviation: 1 / rate))
        self.bias = try path.weight("bias", shape: [outputs], .constant(bias / rate))
        factor = rate / Double(inputs).squareRoot()
        self.rate = rate
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight: weight * factor, bias: bias * rate) }
}

/// Convolution, padded so that it keeps the size.
struct EqualizedConv2d: Layer {
    private let weight: Tensor
    private let bias: Tensor?
    private let factor: Double
    private let padding: Int

    init(
        _ path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int, kernel: Int = 3, bias hasBias: Bool = true
    ) throws {
        weight = try path.weight(
            "weight", shape: [outputChannels, inputChannels, kernel, kernel], .normal(deviation: 1))
        bias = hasBias ? try path.weight("bias", shape: [outputChannels], .constant(0)) : nil
        factor = 1 / Double(inputChannels * kernel * kernel).squareRoot()
        padding = kernel / 2
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x.conv2d(weight: weight * factor, bias: bias, padding: padding) }
}

/// Convolution whose inputs a style scales and, where it demodulates, whose outputs are brought back to the variance that
/// they would have had (Karras et al. 2020, section 2.2, equations 1 and 3).
///
/// The scaling is done on the features before and after one convolution of the whole batch, which is the same function as
/// one convolution with weights of its own for each example.
struct ModulatedConv2d {
    private let weight: Tensor
    private let style: EqualizedLinear
    private let factor: Double
    private let padding: Int
    private let demodulates: Bool

    init(
        _ path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int, kernel: Int, latentSize: Int,
        demodulates: Bool = true
    ) throws {
        weight = try path.weight(
            "weight", shape: [outputChannels, inputChannels, kernel, kernel], .normal(deviation: 1))
        style = try EqualizedLinear(path / "style", latentSize, inputChannels, bias: 1)
        factor = 1 / Double(inputChannels * kernel * kernel).squareRoot()
        padding = kernel / 2
        self.demodulates = demodulates
    }

    /// - Parameters:
    ///   - x: (B, in, H, W).
    ///   - latent: (B, latentSize).
    func callAsFunction(_ x: Tensor, _ latent: Tensor) -> Tensor {
        let batch = x.shape[0]
        let scales = style(latent)
        let scaled = weight * factor
        let y = (x * scales.reshape([batch, -1, 1, 1])).conv2d(weight: scaled, bias: nil, padding: padding)
        guard demodulates else { return y }
        let energy = scales.square.linear(weight: scaled.square.sum([2, 3]), bias: nil)
        return y * (energy.to(type: .float32) + 1e-8).pow(-0.5).reshape([batch, -1, 1, 1])
    }
}

/// [1 2 1] / 4 along both axes: with the doubling by repetition before it, or the mean of four pixels behind it, the
/// filter [1 3 3 1] / 8 with which StyleGAN2 changes resolution (section 2 and appendix B).
struct Blur: Layer {
    private let kernel: Tensor
    private let channels: Int

    init(channels: Int, on device: Device) {
        let row: [Float] = [1, 2, 1]
        let values = row.flatMap { a in row.map { a * $0 / 16 } }
        kernel = Tensor((0..<channels).flatMap { _ in values }, shape: [channels, 1, 3, 3], on: device)
        self.channels = channels
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x.conv2d(weight: kernel, bias: nil, padding: 1, groups: channels) }
}

extension Tensor {
    /// Leaky ReLU of slope 0.2 that keeps the variance.
    var styleActivation: Tensor { leakyRelu(slope: 0.2) * 2.0.squareRoot() }
}
