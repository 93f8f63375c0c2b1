import Foundation
import Networks
import Testing
import Torch
import TorchNN

@Suite("StyleGAN2")
struct StyleGAN2Tests {
    init() { useOneThread() }

    private static let small = StyleGenerator.Configuration(latentSize: 6, features: [5, 4, 3], mappingLayers: 2)

    private func golden() throws -> (generator: StyleGenerator, tensors: [String: Tensor]) {
        let url = Bundle.module.url(forResource: "stylegan2", withExtension: "safetensors", subdirectory: "Golden")!
        let tensors = try Safetensors(contentsOf: url).tensors
        let parameters = Parameters(loading: tensors.under("weights/"))
        let generator = try StyleGenerator(parameters.root, Self.small)
        try parameters.requireAllUsed()
        return (generator, tensors)
    }

    @Test("maps draws as PyTorch does, and makes of a latent and noise for each layer what PyTorch makes")
    func parity() throws {
        let (generator, tensors) = try golden()
        try TorchRuntime.withoutGradients {
            let mapped = generator.mapping(tensors["input"]!)
            #expect(largestDifference(mapped, tensors["mapped"]!) < 1e-5)
            let image = generator.synthesis(
                try (0..<Self.small.latentCount).map { try #require(tensors["latents/\($0)"]) },
                noise: try Self.small.noiseSides.indices.map { try #require(tensors["noise/\($0)"]) })
            #expect(largestDifference(image, tensors["output"]!) < 5e-5)
        }
    }

    @Test("a latent moves what its layer makes and what follows, and none before it")
    func latents() throws {
        let (generator, tensors) = try golden()
        let latents = (0..<Self.small.latentCount).map { tensors["latents/\($0)"]!.detached }
        let before = TorchRuntime.withoutGradients { generator.synthesis(latents) }
        for index in latents.indices {
            var other = latents
            other[index] = other[index] * -1
            let after = TorchRuntime.withoutGradients { generator.synthesis(other) }
            #expect(largestDifference(before, after) > 1e-3, "\(index)")
        }
    }

    /// Counted by hand: mapping 4 · (128² + 128); constant; each convolution's kernel, style, bias and noise strength.
    @Test("has as many weights as its layers add up to")
    func count() throws {
        let parameters = Parameters()
        _ = try StyleGenerator(parameters.root, .init())
        let widths = [128, 128, 64, 32, 16]
        func styled(_ a: Int, _ b: Int) -> Int { 9 * a * b + 128 * a + a + b + 1 }
        var sum = 4 * (128 * 128 + 128) + 128 * 16 + styled(128, 128)
        for (a, b) in zip(widths, widths.dropFirst()) { sum += styled(a, b) + styled(b, b) }
        for width in widths { sum += width + 128 * width + width + 1 }
        #expect(parameters.count == sum)
    }

    @Test("begins with features of variance 1 at every resolution, so that no layer starts louder than another")
    func variance() throws {
        let parameters = Parameters(seed: 3)
        let generator = try StyleGenerator(parameters.root, .init())
        let image = TorchRuntime.withoutGradients { generator(Generator(seed: 4).normal([16, 128])) }
        #expect(image.shape == [16, 1, 64, 64])
        // Five resolutions' sum, of variance about 1 each before the skips are blurred.
        let variance = (image - image.mean()).square.mean().item
        #expect((0.5...6).contains(variance), "\(variance)")
    }

    @Test("the discriminator sees by their deviation that all images of a batch are one")
    func deviation() throws {
        let parameters = Parameters(seed: 5)
        let discriminator = try StyleDiscriminator(parameters.root, .init(size: 16, features: 4, mostFeatures: 8))
        let image = Generator(seed: 6).uniform([1, 1, 16, 16])
        let others = Generator(seed: 7).uniform([3, 1, 16, 16])
        TorchRuntime.withoutGradients {
            let alone = discriminator(Tensor.concatenate([image, image, image, image], dimension: 0)).values
            let among = discriminator(Tensor.concatenate([image, others], dimension: 0)).values
            #expect((alone[0] - alone[3]).magnitude < 1e-5)
            #expect((alone[0] - among[0]).magnitude > 1e-3)
        }
    }

    @Test("sizes that it cannot have are refused by their keys")
    func refused() {
        #expect { try StyleGenerator.Configuration(features: [8]).validate() } throws: { "\($0)".contains("features") }
        #expect { try StyleDiscriminator.Configuration(size: 24).validate() } throws: { "\($0)".contains("size") }
    }
}
