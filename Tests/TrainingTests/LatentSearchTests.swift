import Foundation
import Imaging
import Networks
import TestSupport
import Testing
import Torch
import TorchNN
import Training
import Upscaling

@Suite("Latent search") struct LatentSearchTests {
    init() { TorchRuntime.threadCount = 1 }

    private static let small = StyleGenerator.Configuration(latentSize: 8, features: [12, 12, 8], mappingLayers: 2)

    /// Untrained, which makes images too, of weights that keep them within 0…1.
    private func weights(seed: UInt64 = 1) throws -> [String: Tensor] {
        let parameters = Parameters(seed: seed)
        _ = try StyleGenerator(parameters.root, Self.small)
        return parameters.all.mapValues { $0.detached }.reduce(into: [:]) { result, entry in
            let isOutput =
                entry.key.hasPrefix("images.") && entry.key.hasSuffix("weight") && !entry.key.contains("style")
            result[entry.key] = isOutput ? entry.value * 0.25 : entry.value
        }
    }

    /// An image that the generator makes, and its reduction.
    private func made(_ weights: [String: Tensor], seed: UInt64) throws -> (large: Pixels, small: Pixels) {
        let generator = try StyleGenerator(Parameters(loading: weights).root, Self.small)
        let image = TorchRuntime.withoutGradients {
            ((generator(Generator(seed: seed).normal([1, 8])) + 1) / 2).clamp(0...1).contiguous
        }
        let large = Pixels(width: 16, height: 16, samples: image.values)
        return (large, large.scaled(by: 0.25))
    }

    private func meanSquare(_ a: Pixels, _ b: Pixels) -> Double {
        zip(a.samples, b.samples).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) } / Double(a.samples.count)
    }

    @Test("latents and noise stay on the spheres that they were drawn on")
    func spheres() {
        let point = SearchPoint(Self.small, moving: 3, seed: 1)
        func lengths() -> [Float] {
            point.latents.detached.square.sum([1]).values + point.noise.map { $0.detached.square.sum().item }
        }
        let (before, start) = (lengths(), point.latents.detached.clone)
        let still = point.noise.map { $0.detached.clone }
        for step in 0..<20 {
            let pull = point.latents.narrow(dimension: 1, start: step % 8, length: 1).sum() * 10
            (pull + point.noise[0].exp.sum() + point.noise[2].exp.sum()).backward()
            point.descend(rate: 0.4)
        }
        for (a, b) in zip(before, lengths()) { #expect((a - b).magnitude <= 1e-5 * max(a, 1), "\(a) \(b)") }
        #expect(zip(start.values, point.latents.values).contains { ($0 - $1).magnitude > 0.1 })
        #expect(still[0].values != point.noise[0].values && still[3].values == point.noise[3].values)
        #expect(point.noise[4].values.allSatisfy { $0 == 0 } && point.noise[3].values.contains { $0 != 0 })
    }

    @Test("the geodesic cross loss is 0 for one latent, and counts two at a right angle as half of π²/4 · size/8")
    func geodesic() {
        let one = Generator(seed: 3).normal([1, 6])
        #expect(geodesicCross(Tensor.concatenate([one, one, one], dimension: 0)).item < 1e-4)
        let right = Tensor([3, 0, 0, 0, 3, 0], shape: [2, 3])
        #expect((geodesicCross(right).item - .pi * .pi / 8 * 3 / 8).magnitude < 1e-3)
        let opposite = Tensor([0, 2, 0, -2], shape: [2, 2])
        #expect((geodesicCross(opposite).item - .pi * .pi / 2 * 2 / 8).magnitude < 1e-3)
    }

    @Test("a mapping that is a known Gaussian behind a leaky ReLU is found to be that Gaussian")
    func gaussian() throws {
        let parameters = Parameters()
        let network = StyleGenerator.Configuration(latentSize: 2, features: [1, 1], mappingLayers: 1)
        let generator = try StyleGenerator(parameters.root, network)
        // Draws come at length √2: each coordinate has mean 0 and variance 1, whatever the angle.
        let byName = Dictionary(uniqueKeysWithValues: parameters.trainable.map { ($0.name, $0.tensor) })
        let (rate, gain) = (Float(0.01), Float(2).squareRoot())
        byName["mapping.0.weight"]!.copy(from: Tensor([2 / rate * gain, 0, 0, 3 / rate * gain], shape: [2, 2]))
        byName["mapping.0.bias"]!.copy(from: Tensor([0.5 / rate, -4 / rate], shape: [2]))
        let space = LatentSpace(of: generator)
        for (found, expected) in zip(space.mean.values, [0.5 * gain, -4 * gain]) {
            #expect((found - expected).magnitude < 0.05, "\(found), not \(expected)")
        }
        for (found, expected) in zip(space.deviation.values, [2 * gain, 3 * gain]) {
            #expect((found - expected).magnitude < 0.03, "\(found), not \(expected)")
        }
        let latents = space.latents(Tensor([0, 0], shape: [1, 2])).values
        #expect(zip(latents, [space.mean.values[0], 0.2 * space.mean.values[1]]).allSatisfy { $0 == $1 })
    }

    @Test("reduction with gradients is the reduction that images get", arguments: [2, 4, 8])
    func reduction(size: Int) {
        let samples = Generator(seed: 5).uniform([16 * 16]).values
        let image = Pixels(width: 16, height: 16, samples: samples)
        let reduced = PlaneReduction(from: 16, to: size)(Tensor(samples, shape: [1, 1, 16, 16]))
        let expected = image.resized(width: size, height: size).samples
        #expect(zip(reduced.values, expected).allSatisfy { ($0 - $1).magnitude < 1e-5 })
    }

    @Test("what the generator makes is found again from its reduction, nearer than bicubic interpolation comes to it")
    func inversion() throws {
        let weights = try weights()
        let search = try LatentSearch(Self.small, weights: weights)
        let (large, small) = try made(weights, seed: 11)
        var least = Double.infinity
        let result = try search(small, settings: .init(steps: 300, tolerance: 1e-4, seed: 2)) { _, distance in
            // Among those found the lowest loss counts, not the least distance.
            #expect(distance <= max(least, 1e-4))
            least = distance
            return true
        }
        #expect(result.isFound && result.distance <= 1e-4, "\(result.distance)")
        // The image that is given is the one whose distance is told.
        #expect((meanSquare(result.image.scaled(by: 0.25), small) - result.distance).magnitude < 1e-6)
        let bicubic = small.resized(width: 16, height: 16)
        #expect(meanSquare(result.image, large) < meanSquare(bicubic, large))
    }

    @Test("the best image is given, where the last is worse")
    func best() throws {
        let weights = try weights()
        let (_, small) = try made(weights, seed: 12)
        let search = try LatentSearch(Self.small, weights: weights)
        var settings = LatentSearch.Settings(steps: 60, tolerance: 1e-6, seed: 4)
        // So fast that it overshoots.
        settings.learningRate = 3
        var distances: [Double] = []
        let result = try search(small, settings: settings) { _, distance in
            distances.append(distance)
            return true
        }
        #expect(result.distance == distances.last)
        #expect(result.step < 59 && result.distance < distances[0])
    }

    @Test("one search twice is one image; another beginning finds another that agrees too")
    func seeds() throws {
        let weights = try weights()
        let (_, small) = try made(weights, seed: 11)
        let search = try LatentSearch(Self.small, weights: weights)
        let settings = { LatentSearch.Settings(steps: 200, tolerance: 2e-3, seed: $0) }
        let (a, again, b) = (
            try search(small, settings: settings(2)), try search(small, settings: settings(2)),
            try search(small, settings: settings(3))
        )
        #expect(a.image.samples == again.image.samples)
        #expect(a.isFound && b.isFound)
        #expect(meanSquare(a.image, b.image) > 1e-4)
    }

    private func search(_ weights: [String: Tensor], _ folder: TemporaryFolder) throws -> ImageSearch {
        let configuration = TrainingConfiguration(
            architecture: .stylegan2(Self.small),
            objective: .generation(.init(discriminator: .stylegan2(.init(size: 16, features: 2)))), scale: 2,
            data: [TrainingFolder(folder: "images", modality: .chestXRay)], reductions: [1], cropSize: 8)
        try configuration.validate()
        try Checkpoint(
            configuration: configuration, step: 7, state: [:], finalWeights: weights,
            generator: SeededGenerator(seed: 1), scores: [], history: []
        ).write(to: folder["checkpoint.safetensors"])
        return try ImageSearch(TrainedGenerator(contentsOf: folder.url))
    }

    @Test("an image is found in its own units and over its own field of view, and says that it is invented")
    func units() throws {
        let folder = try TemporaryFolder()
        let weights = try weights()
        let search = try search(weights, folder)
        let (_, small) = try made(weights, seed: 11)
        var header = ImageHeader(width: 4, height: 4, intensity: Intensity(sampleType: .uint8))
        header.geometry.spacing = PixelSpacing(column: 4, row: 4)
        let image = Image(
            header: header,
            pixels: Pixels(width: 4, height: 4, samples: small.samples.map { min(max(($0 * 255).rounded(), 0), 255) }))
        let found = try search(image, settings: .init(steps: 200, tolerance: 2e-3, seed: 2))
        #expect(found.image.header.width == 16 && found.image.header.geometry.spacing?.column == 1)
        #expect(found.image.header.derivation?.description.hasPrefix("Invented 4x") == true)
        #expect(meanSquare(found.image.pixels.scaled(by: 0.25), image.pixels) <= 2.1e-3 * 255 * 255)
        #expect(found.image.pixels.samples.contains { $0 > 2 })
    }

    @Test("what the generator cannot make ends in nothing found, and what is no small image of it is refused")
    func refused() throws {
        let folder = try TemporaryFolder()
        let search = try search(try weights(), folder)
        func image(_ width: Int, _ height: Int, color: ColorModel = .gray, _ value: (Int) -> Float) -> Image {
            Image(
                header: ImageHeader(
                    width: width, height: height, colorModel: color, intensity: Intensity(sampleType: .uint8)),
                pixels: Pixels(
                    width: width, height: height, channels: color.channels,
                    samples: (0..<width * height * color.channels).map(value)))
        }
        #expect {
            try search(image(4, 4) { ($0 + $0 / 4) % 2 == 0 ? 0 : 255 }, settings: .init(steps: 50))
        } throws: {
            guard case .nothingFound(let distance, 2e-3)? = $0 as? LatentSearchError else { return false }
            return distance > 2e-3 && "\($0)".contains("nothing found")
        }
        for wrong in [image(4, 8) { Float($0) }, image(5, 5) { Float($0) }, image(16, 16) { Float($0 % 255) }] {
            #expect { try search(wrong) } throws: { "\($0)".contains("square of side 4, 8") }
        }
        #expect { try search(image(4, 4, color: .rgb) { Float($0) }) } throws: { "\($0)".contains("3 channels") }
    }

    @Test("a run that enlarges images is no generator")
    func foreign() throws {
        let folder = try TemporaryFolder()
        let configuration = Phantom.configuration(folder.url)
        try Checkpoint(
            configuration: configuration, step: 1, state: [:],
            finalWeights: [:], generator: SeededGenerator(seed: 1), scores: [], history: []
        ).write(to: folder["checkpoint.safetensors"])
        #expect { try TrainedGenerator(contentsOf: folder.url) } throws: {
            "\($0)".contains("foveola") && "\($0)".contains("pulse-generator-chest")
        }
    }
}
