import Foundation
import Torch
import TorchNN

/// The convolutions of VGG-19 (Simonyan & Zisserman 2015, configuration E), whose features perceptual losses compare.
///
/// Its ImageNet weights are the user's file: a safetensors file with torchvision's names, `features.0.weight` to
/// `features.34.bias`, as `Tools/convert_vgg19.py` makes it from torchvision's published one. They are not trained here.
///
/// Input (B, 1 or 3, H, W) in 0…1, a gray image standing for three equal channels; it is normalised as ImageNet's images.
public struct VGG19 {
    /// A place in the network.
    public enum Feature: Sendable, Hashable, Codable {
        /// φ block,index: the convolution of this number (from 1) before the pooling of this number (from 1).
        case convolution(block: Int, index: Int, afterReLU: Bool)
        case pool(Int)

        /// φ2,2 and φ5,4 as SRGAN compares them.
        public static let phi22 = Feature.convolution(block: 2, index: 2, afterReLU: true)
        public static let phi54 = Feature.convolution(block: 5, index: 4, afterReLU: true)
        /// As ESRGAN compares it: before its ReLU, where features are denser.
        public static let conv54 = Feature.convolution(block: 5, index: 4, afterReLU: false)

        /// Whether the network has this place.
        public var exists: Bool {
            switch self {
            case .convolution(let block, let index, _):
                VGG19.depths.indices.contains(block - 1) && (1...VGG19.depths[block - 1]).contains(index)
            case .pool(let number): VGG19.depths.indices.contains(number - 1)
            }
        }

        /// The least side of an image that reaches this place: each block before it, and its own, halves it.
        public var smallestImage: Int { 1 << block }

        fileprivate var block: Int {
            switch self {
            case .convolution(let block, _, _), .pool(let block): block
            }
        }
    }

    private static let depths = [2, 2, 4, 4, 4]

    private let blocks: [[Conv2d]]
    private let mean: Tensor
    private let deviation: Tensor

    /// - Parameters:
    ///   - path: where `features` begins.
    ///   - widths: channels of the five blocks, VGG-19's unless a test wants a small one.
    public init(_ path: ParameterPath, widths: [Int] = [64, 128, 256, 512, 512]) throws {
        var position = 0
        var inputs = 3
        var blocks: [[Conv2d]] = []
        for (depth, width) in zip(Self.depths, widths) {
            blocks.append(
                try (0..<depth).map { _ in
                    defer {
                        // torchvision counts the ReLU after each convolution as a layer.
                        position += 2
                        inputs = width
                    }
                    return try Conv2d(frozen: path / "features" / position, inputs, width)
                })
            position += 1
        }
        self.blocks = blocks
        let device = path.parameters.device
        mean = Tensor([0.485, 0.456, 0.406], shape: [1, 3, 1, 1], on: device)
        deviation = Tensor([0.229, 0.224, 0.225], shape: [1, 3, 1, 1], on: device)
    }

    /// Reads the weights that `Tools/convert_vgg19.py` wrote.
    ///
    /// - Throws: `TorchError` where the file is not one of VGG-19's weights.
    public init(contentsOf url: URL, on device: Device = .cpu) throws {
        let file = try Safetensors(contentsOf: url)
        do {
            try self.init(Parameters(loading: file.tensors, on: device).root)
        } catch TorchError.missingParameter(let name) {
            throw TorchError.badFile(
                path: url.path,
                reason: "not VGG-19's weights, '\(name)' is missing; make them with Tools/convert_vgg19.py")
        }
    }

    /// What the network sees at `places`, in their order. It runs only as deep as the deepest.
    public func features(of image: Tensor, at places: [Feature]) -> [Tensor] {
        let color = image.shape[1] == 3 ? image : Tensor.concatenate([image, image, image], dimension: 1)
        var x = (color - mean) / deviation
        var found: [Feature: Tensor] = [:]
        for number in 1...(places.map(\.block).max() ?? 1) {
            for (index, convolution) in blocks[number - 1].enumerated() {
                x = convolution(x)
                found[.convolution(block: number, index: index + 1, afterReLU: false)] = x
                x = x.relu
                found[.convolution(block: number, index: index + 1, afterReLU: true)] = x
            }
            x = x.maxPool(2)
            found[.pool(number)] = x
        }
        return places.map { place in
            guard let feature = found[place] else { preconditionFailure("VGG-19 has no \(place)") }
            return feature
        }
    }
}
