import Foundation
import Networks
import Testing
import Torch
import TorchNN

/// A network with its weights, and how a small one of it is made.
struct SmallNetwork: Sendable, CustomTestStringConvertible {
    /// The name of what `Tools/golden/networks.py` wrote.
    var name: String
    var channels: Int
    /// `nil` for a discriminator.
    var scale: Int?
    var make: @Sendable (ParameterPath) throws -> any Layer

    init(
        _ name: String, channels: Int, scale: Int?, _ make: @escaping @Sendable (ParameterPath) throws -> any Layer
    ) {
        self.name = name
        self.channels = channels
        self.scale = scale
        self.make = make
    }

    var testDescription: String { name }

    static let generators = [
        SmallNetwork("foveola", channels: 1, scale: 3) { try Foveola($0, .init(scale: 3, features: 6, blocks: 2)) },
        SmallNetwork("vdsr", channels: 3, scale: 1) { try VDSR($0, .init(depth: 4, features: 6, channels: 3)) },
        SmallNetwork("srresnet2", channels: 3, scale: 2) {
            try SRResNet($0, .init(scale: 2, channels: 3, features: 4, blocks: 2))
        },
        SmallNetwork("srresnet4", channels: 1, scale: 4) { try SRResNet($0, .init(features: 4, blocks: 2)) },
        SmallNetwork("saeedi-cross", channels: 3, scale: 4) { try hybrid($0, .cross) },
        SmallNetwork("saeedi-full", channels: 3, scale: 4) { try hybrid($0, .full) },
        SmallNetwork("saeedi-projectedCross", channels: 3, scale: 4) { try hybrid($0, .projectedCross) },
        SmallNetwork("ahmad", channels: 1, scale: 4) {
            try AhmadGenerator($0, .init(features: 4, deepBlocks: 2, enlargedBlocks: 1))
        },
        SmallNetwork("ahmadUnfused", channels: 3, scale: 4) {
            try AhmadGenerator(
                $0,
                .init(
                    channels: 3, features: 2, kernels: [3, 5], shallowBlocks: 1, deepBlocks: 1, enlargedBlocks: 1,
                    fusesPaths: false))
        },
        SmallNetwork("rrdb4", channels: 3, scale: 4) {
            try RRDBNet($0, .init(channels: 3, features: 4, blocks: 2, growth: 2))
        },
        SmallNetwork("rrdb2", channels: 1, scale: 2) {
            try RRDBNet($0, .init(scale: 2, features: 4, blocks: 1, growth: 3))
        },
        SmallNetwork("enhanceNet", channels: 3, scale: 4) {
            try EnhanceNet($0, .init(channels: 3, features: 4, blocks: 2))
        },
    ]

    static let discriminators = [
        SmallNetwork("srganDiscriminator", channels: 3, scale: nil) {
            try SRGANDiscriminator($0, .init(channels: 3, size: 27, features: 2, hidden: 5))
        },
        SmallNetwork("ahmadDiscriminator", channels: 1, scale: nil) {
            try AhmadDiscriminator($0, .init(size: 21, features: 2, hidden: 5))
        },
        SmallNetwork("esrganDiscriminator", channels: 1, scale: nil) {
            try ESRGANDiscriminator($0, .init(size: 37, features: 2))
        },
        SmallNetwork("enhanceNetDiscriminator", channels: 1, scale: nil) {
            try EnhanceNetDiscriminator($0, .init(size: 37, features: 2, hidden: 5))
        },
        SmallNetwork("stylegan2Discriminator", channels: 1, scale: nil) {
            try StyleDiscriminator($0, .init(size: 32, features: 4, mostFeatures: 8))
        },
    ]

    private static func hybrid(_ path: ParameterPath, _ sharpening: SaeediHybrid.Sharpening) throws -> SaeediHybrid {
        try SaeediHybrid(path, .init(features: 4, residualBlocks: 2, plainLayers: 3, sharpening: sharpening))
    }

    struct Loaded {
        var network: any Layer
        var parameters: Parameters
        var input: Tensor
        var output: Tensor
    }

    /// The network with PyTorch's weights, and what PyTorch made of an input with them.
    func loaded() throws -> Loaded {
        let url = Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "Golden")!
        let tensors = try Safetensors(contentsOf: url).tensors
        let parameters = Parameters(loading: tensors.under("weights/"))
        let network = try make(parameters.root)
        try parameters.requireAllUsed()
        return Loaded(
            network: network, parameters: parameters, input: tensors["input"]!, output: tensors["output"]!)
    }
}

extension [String: Tensor] {
    func under(_ prefix: String) -> [String: Tensor] {
        reduce(into: [:]) { if $1.key.hasPrefix(prefix) { $0[String($1.key.dropFirst(prefix.count))] = $1.value } }
    }
}

/// Networks this small are slower on several threads, and tests, which run side by side, would wait for each other.
func useOneThread() { TorchRuntime.threadCount = 1 }

func largestDifference(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.shape == b.shape else { return .infinity }
    return zip(a.values, b.values).reduce(0) { largest, pair in
        let difference = (pair.0 - pair.1).magnitude
        return difference.isNaN ? .infinity : max(largest, difference)
    }
}

@Suite("Parity with PyTorch")
struct PyTorchParityTests {
    init() { useOneThread() }

    @Test(
        "A network gives what PyTorch gives with the same weights",
        arguments: SmallNetwork.generators + SmallNetwork.discriminators)
    func parity(network: SmallNetwork) throws {
        let loaded = try network.loaded()
        let output = TorchRuntime.withoutGradients { loaded.network(loaded.input) }
        #expect(largestDifference(output, loaded.output) < 2e-5)
    }

    /// VGG-19 with narrow layers and weights from PyTorch.
    private func vgg19() throws -> (network: VGG19, parameters: Parameters, golden: [String: Tensor]) {
        let url = Bundle.module.url(forResource: "vgg19", withExtension: "safetensors", subdirectory: "Golden")!
        let golden = try Safetensors(contentsOf: url).tensors
        let parameters = Parameters(loading: golden.under("weights/"))
        let network = try VGG19(parameters.root, widths: [4, 4, 6, 6, 6])
        try parameters.requireAllUsed()
        return (network, parameters, golden)
    }

    @Test("VGG-19 sees what torchvision's layers see, in gray and in colour")
    func vgg19Features() throws {
        let (network, parameters, golden) = try vgg19()
        #expect(parameters.trainable.isEmpty && parameters.buffers.count == 32)
        let places: [(VGG19.Feature, Int)] = [
            (.convolution(block: 1, index: 1, afterReLU: true), 1), (.phi22, 8), (.pool(2), 9), (.conv54, 34),
            (.phi54, 35), (.pool(5), 36),
        ]
        let features = network.features(of: golden["input"]!, at: places.map(\.0))
        for ((place, layer), feature) in zip(places, features) {
            #expect(largestDifference(feature, golden["output/\(layer)"]!) < 1e-5, "\(place)")
        }

        let gray = golden["input"]!.narrow(dimension: 1, start: 0, length: 1)
        let color = Tensor.concatenate([gray, gray, gray], dimension: 1)
        #expect(
            network.features(of: gray, at: [.phi22])[0].values == network.features(of: color, at: [.phi22])[0].values)
    }

    @Test("Perceptual and texture losses equal PyTorch's, are zero for equal images, and lead somewhere")
    func perceptualLosses() throws {
        let (network, _, golden) = try vgg19()
        let (image, other) = (golden["input"]!, golden["other"]!)
        let losses: [(name: String, loss: (Tensor, Tensor) -> Tensor)] = [
            ("phi22", { network.distance($0, $1, at: .phi22, scale: VGG19.srganScale) }),
            ("phi54", { network.distance($0, $1, at: .phi54, scale: VGG19.srganScale) }),
            ("conv54", { network.distance($0, $1, at: .conv54, .absolute) }),
            ("perceptual", { network.enhanceNetPerceptualLoss($0, $1) }),
            ("texture", { network.enhanceNetTextureLoss($0, $1) }),
        ]
        image.requiresGradient = true
        for (name, loss) in losses {
            let value = loss(image, other)
            let expected = golden["losses/\(name)"]!.item
            #expect((value.item - expected).magnitude < 1e-5 * expected, "\(name)")
            #expect(loss(image, image.detached).item == 0)
            image.clearGradient()
            value.backward()
            let gradient = try #require(image.gradient).values
            #expect(gradient.allSatisfy { $0.isFinite } && gradient.contains { $0 != 0 })
        }
    }

    @Test("A file that is not VGG-19's is refused in words that say how to make one")
    func foreignVGG19() throws {
        let url = Bundle.module.url(forResource: "vdsr", withExtension: "safetensors", subdirectory: "Golden")!
        #expect { try VGG19(contentsOf: url) } throws: {
            "\($0)".hasPrefix(url.path) && "\($0)".contains("Tools/convert_vgg19.py")
        }
    }
}
