import Torch
import TorchNN

/// Tells real high-resolution images from made ones. Images are (B, C, H, W) of one fixed size, in 0…1.
public protocol Discriminator: Layer {
    /// - Returns: logits (B, 1), above 0 where an image seems real, and what each stage saw, for feature matching.
    func judge(_ image: Tensor) -> (logits: Tensor, features: [Tensor])
}

extension Discriminator {
    public func callAsFunction(_ x: Tensor) -> Tensor { judge(x).logits }
}

/// Convolution, batch normalisation where there is one, and leaky ReLU of slope 0.2: what discriminators are made of.
struct DiscriminatorBlock: Layer {
    private let convolution: Conv2d
    private let norm: BatchNorm2d?

    init(
        _ path: ParameterPath, _ inputChannels: Int, _ outputChannels: Int, stride: Int = 1, norm hasNorm: Bool = true
    ) throws {
        convolution = try Conv2d(path / "convolution", inputChannels, outputChannels, stride: stride)
        norm = hasNorm ? try BatchNorm2d(path / "norm", outputChannels) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let features = convolution(x)
        return (norm?(features) ?? features).leakyRelu(slope: 0.2)
    }
}

/// Dense 1024, leaky ReLU, dense 1: from a stage's features to logits.
struct DiscriminatorHead: Layer {
    private let hidden: Linear
    private let last: Linear
    private let inputs: Int

    init(_ path: ParameterPath, inputs: Int, hidden width: Int) throws {
        hidden = try Linear(path / "hidden", inputs, width)
        last = try Linear(path / "last", width, 1)
        self.inputs = inputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        last(hidden(x.reshape([x.shape[0], inputs])).leakyRelu(slope: 0.2))
    }
}

/// What is left of a length after `count` convolutions of stride 2, 3 wide and padded by 1.
func halved(_ length: Int, times count: Int) -> Int { (0..<count).reduce(length) { length, _ in (length + 1) / 2 } }
