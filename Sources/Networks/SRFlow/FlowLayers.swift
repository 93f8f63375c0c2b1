import Torch
import TorchNN

/// What went through a part of a flow, and by how much the part stretches space there.
struct Transformed {
    /// (B, C, H, W)
    var value: Tensor
    /// log |det| of the derivative, of each example or for all alike: (B) or one number.
    var logDeterminant: Tensor

    func then(_ next: (Tensor) -> Transformed) -> Transformed {
        let after = next(value)
        return Transformed(value: after.value, logDeterminant: logDeterminant + after.logDeterminant)
    }
}

extension Tensor {
    fileprivate var pixelCount: Double { Double(shape[2] * shape[3]) }

    /// (B, C, H·f, W·f) → (B, C·f², H, W): what ``Torch/Tensor/pixelShuffle(_:)`` undoes, a flow's squeeze.
    func pixelUnshuffle(_ factor: Int) -> Tensor {
        let (channels, height, width) = (shape[1], shape[2] / factor, shape[3] / factor)
        return reshape([shape[0], channels, height, factor, width, factor]).permute([0, 1, 3, 5, 2, 4])
            .reshape([shape[0], channels * factor * factor, height, width]).channelsLast
    }

    /// The channels of a range.
    func channels(_ range: Range<Int>) -> Tensor { narrow(dimension: 1, start: range.lowerBound, length: range.count) }
}

/// A factor and an offset for each channel: Kingma & Dhariwal, "Glow: Generative Flow with Invertible 1×1 Convolutions",
/// 2018, section 3.1.
struct ActNorm {
    /// (1, C, 1, 1) both.
    private let offset: Tensor
    private let logFactor: Tensor

    init(_ path: ParameterPath, _ channels: Int) throws {
        offset = try path.weight("offset", shape: [1, channels, 1, 1], .constant(0))
        logFactor = try path.weight("logFactor", shape: [1, channels, 1, 1], .constant(0))
    }

    /// Chooses both such that every channel of `x` comes out with mean 0 and deviation 1.
    func fit(to x: Tensor) {
        let mean = x.mean([0, 2, 3], keepDimensions: true)
        let deviation = (x - mean).square.mean([0, 2, 3], keepDimensions: true).squareRoot
        offset.copy(from: -mean)
        logFactor.copy(from: -(deviation + 1e-6).log)
    }

    func callAsFunction(_ x: Tensor) -> Transformed {
        Transformed(value: (x + offset) * logFactor.exp, logDeterminant: logFactor.sum() * x.pixelCount)
    }

    func inverse(_ z: Tensor) -> Tensor { z * (-logFactor).exp - offset }
}

/// A matrix over the channels, the same at every place: Kingma & Dhariwal 2018, section 3.2.
struct InvertibleConvolution {
    /// (C, C, 1, 1)
    private let weight: Tensor

    init(_ path: ParameterPath, _ channels: Int) throws {
        weight = try path.weight("weight", shape: [channels, channels, 1, 1], .orthogonal)
    }

    private var matrix: Tensor { weight.reshape([weight.shape[0], weight.shape[1]]) }

    func callAsFunction(_ x: Tensor) -> Transformed {
        Transformed(
            value: x.conv2d(weight: weight, bias: nil), logDeterminant: matrix.logAbsoluteDeterminant * x.pixelCount)
    }

    /// Inverted in Float64, which a matrix that learning has bent is thankful for.
    func inverse(_ z: Tensor) -> Tensor {
        let inverse = matrix.to(type: .float64).inverse.to(type: z.type)
        return z.conv2d(weight: inverse.reshape(weight.shape), bias: nil)
    }
}

/// A convolution that begins with giving zeros, and whose outputs have a trained scale (Kingma & Dhariwal 2018, section 3.3
/// and their code): what depends on it begins as what does not.
struct ZeroConvolution {
    private let convolution: Conv2d
    /// (1, C, 1, 1)
    private let logScale: Tensor

    init(_ path: ParameterPath, _ inputs: Int, _ outputs: Int) throws {
        convolution = try Conv2d(path, inputs, outputs, initializer: .constant(0))
        logScale = try path.weight("logScale", shape: [1, outputs, 1, 1], .constant(0))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convolution(x) * (logScale * 3).exp }
}

/// z = (x + t) · s with shift t and scale s of each value told by a small network from something else: SRFlow's affine
/// injector and conditional coupling (Lugmayr et al. 2020, section 3.4).
///
/// s lies between a least scale and 1 and begins at least + (1 − least) · σ(2). What bounds it from below bounds by how much
/// the inverse can enlarge a value, which in a coupling depends on values that the inverse has enlarged before: without such a
/// bound, draws explode in places (Behrmann et al., "Understanding and Mitigating Exploding Inverses in Invertible Neural
/// Networks", 2021, section 4.3).
struct ConditionalAffine {
    private let first: Conv2d
    private let second: Conv2d
    private let last: ZeroConvolution
    private let channels: Int
    private let leastScale: Double

    /// - Parameters:
    ///   - inputs: channels of what tells.
    ///   - channels: of what is transformed.
    ///   - leastScale: above 0 and below 1.
    init(_ path: ParameterPath, inputs: Int, hidden: Int, channels: Int, leastScale: Double) throws {
        first = try Conv2d(path / "first", inputs, hidden, initializer: .he(fanIn: 9 * inputs))
        second = try Conv2d(path / "second", hidden, hidden, kernel: 1, initializer: .he(fanIn: hidden))
        last = try ZeroConvolution(path / "last", hidden, 2 * channels)
        self.channels = channels
        self.leastScale = leastScale
    }

    private func coefficients(_ condition: Tensor) -> (shift: Tensor, scale: Tensor) {
        let told = last(second(first(condition).relu).relu)
        let share = (told.channels(channels..<2 * channels) + 2).sigmoid
        return (told.channels(0..<channels), share * (1 - leastScale) + leastScale)
    }

    func callAsFunction(_ x: Tensor, told condition: Tensor) -> Transformed {
        let (shift, scale) = coefficients(condition)
        return Transformed(value: (x + shift) * scale, logDeterminant: scale.log.sum([1, 2, 3]))
    }

    func inverse(_ z: Tensor, told condition: Tensor) -> Tensor {
        let (shift, scale) = coefficients(condition)
        return z / scale - shift
    }
}
