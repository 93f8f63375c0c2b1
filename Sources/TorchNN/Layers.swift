import Torch

/// A differentiable function with weights. Images are (B, C, H, W).
public protocol Layer {
    func callAsFunction(_ x: Tensor) -> Tensor
}

/// A layer that is told numbers about its input beside it.
public protocol ConditionedLayer: Layer {
    /// - Parameters:
    ///   - x: (B, C, H, W).
    ///   - conditions: (B, count); zeros give what ``Layer/callAsFunction(_:)`` does.
    func callAsFunction(_ x: Tensor, conditions: Tensor) -> Tensor
}

/// k × k convolution, padded so that stride 1 keeps the size.
public struct Conv2d: Layer {
    /// (out, in, k, k)
    public let weight: Tensor
    public let bias: Tensor?
    public let stride: Int
    public let padding: Int

    public init(
        _ path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int, kernel: Int = 3, stride: Int = 1,
        padding: Int? = nil, bias hasBias: Bool = true, initializer: Initializer? = nil
    ) throws {
        let fanIn = inputChannels * kernel * kernel
        weight = try path.weight(
            "weight", shape: [outputChannels, inputChannels, kernel, kernel],
            initializer ?? .torchDefault(fanIn: fanIn))
        bias =
            hasBias
            ? try path.weight(
                "bias", shape: [outputChannels], initializer == nil ? .torchDefault(fanIn: fanIn) : .constant(0)) : nil
        self.stride = stride
        self.padding = padding ?? kernel / 2
    }

    /// A 3 × 3 convolution of stride 1 whose weights are kept with the network but never trained.
    public init(frozen path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int) throws {
        let initializer = Initializer.torchDefault(fanIn: 9 * inputChannels)
        weight = try path.buffer("weight", shape: [outputChannels, inputChannels, 3, 3], initializer)
        bias = try path.buffer("bias", shape: [outputChannels], initializer)
        stride = 1
        padding = 1
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.conv2d(weight: weight, bias: bias, stride: stride, padding: padding)
    }
}

/// x · Wᵀ + b over the last dimension.
public struct Linear: Layer {
    public let weight: Tensor
    public let bias: Tensor

    public init(_ path: ParameterPath, _ inputs: Int, _ outputs: Int, initializer: Initializer? = nil) throws {
        weight = try path.weight("weight", shape: [outputs, inputs], initializer ?? .torchDefault(fanIn: inputs))
        bias = try path.weight(
            "bias", shape: [outputs], initializer == nil ? .torchDefault(fanIn: inputs) : .constant(0))
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight: weight, bias: bias) }
}

/// Batch normalisation (Ioffe & Szegedy 2015), with PyTorch's momentum 0.1 and ε 1e-5.
public struct BatchNorm2d: Layer {
    let weight: Tensor
    let bias: Tensor
    let runningMean: Tensor
    let runningVariance: Tensor
    let parameters: Parameters

    public init(_ path: ParameterPath, _ channels: Int) throws {
        weight = try path.weight("weight", shape: [channels], .constant(1))
        bias = try path.weight("bias", shape: [channels], .constant(0))
        runningMean = try path.buffer("running_mean", shape: [channels], .constant(0))
        runningVariance = try path.buffer("running_var", shape: [channels], .constant(1))
        parameters = path.parameters
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.batchNorm(
            weight: weight, bias: bias, runningMean: runningMean, runningVariance: runningVariance,
            training: parameters.isTraining, momentum: 0.1, epsilon: 1e-5)
    }
}

/// Group normalisation (Wu & He 2018).
public struct GroupNorm: Layer {
    let groups: Int
    let weight: Tensor
    let bias: Tensor

    public init(_ path: ParameterPath, groups: Int, channels: Int) throws {
        self.groups = groups
        weight = try path.weight("weight", shape: [channels], .constant(1))
        bias = try path.weight("bias", shape: [channels], .constant(0))
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: 1e-5)
    }
}

/// max(0, x) + a · min(0, x) with a trained (He et al. 2015); one slope for all channels unless told otherwise.
public struct PReLU: Layer {
    let weight: Tensor

    public init(_ path: ParameterPath, slopes: Int = 1) throws {
        weight = try path.weight("weight", shape: [slopes], .constant(0.25))
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { x.prelu(weight: weight) }
}

/// Zeroes elements while training, nothing otherwise.
public struct Dropout: Layer {
    let probability: Double
    let parameters: Parameters

    public init(_ path: ParameterPath, probability: Double) {
        self.probability = probability
        parameters = path.parameters
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        parameters.isTraining && probability > 0 ? x.dropout(probability, using: parameters.generator) : x
    }
}
