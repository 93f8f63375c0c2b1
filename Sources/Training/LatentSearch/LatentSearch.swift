import Foundation
import Imaging
import Networks
import Torch
import TorchNN

/// Finds an image that a generator can make and that, reduced, is the one given: Menon et al., "PULSE: Self-Supervised Photo
/// Upsampling via Latent Space Exploration of Generative Models", CVPR 2020.
///
/// Nothing is estimated from the image but its agreement with it: of all that the small image leaves open, the generator's
/// training images decide. A result is sharp, consistent and invented, which is why it is here: to be looked at.
///
/// Two departures: the best image that was seen is given, where the authors' code gives the last one and reports the best
/// one's distance; and layers 1 to 5 of nine have trained noise, as the paper's 1 to 5 of eighteen, so that more of the
/// detail is the generator's.
public struct LatentSearch {
    /// How it looks. The paper's numbers where nothing else is said.
    public struct Settings: Sendable, Equatable {
        public var steps = 100
        /// Peak rate of Adam on the spheres.
        public var learningRate = 0.4
        /// Mean squared difference to the small image, in 0…1, below which an image counts as found.
        public var tolerance = 2e-3
        /// Weight of the geodesic cross loss beside 100 times the squared difference.
        public var crossWeight = 0.05
        /// How many noise maps, the coarsest, are moved too. The last one is zero, those between stay as drawn.
        public var movedNoise = 5
        /// Of where it begins.
        public var seed: UInt64 = 1

        public init(steps: Int = 100, tolerance: Double = 2e-3, seed: UInt64 = 1) {
            self.steps = steps
            self.tolerance = tolerance
            self.seed = seed
        }
    }

    /// What a search ends with.
    public struct Result: Sendable {
        /// The best image that was seen, in 0…1: of those found the one of the lowest loss, else the nearest.
        public var image: Pixels
        /// Mean squared difference of the image, reduced, to the small one.
        public var distance: Double
        /// Whether it is within the tolerance.
        public var isFound: Bool
        /// Steps after which it was seen.
        public var step: Int
    }

    private let generator: StyleGenerator
    private let space: LatentSpace
    private let device: Device

    /// - Parameters:
    ///   - configuration: of the generator.
    ///   - weights: a trained generator's, by name.
    ///   - device: what it runs on.
    /// - Throws: `TorchError` where the weights are another network's.
    public init(
        _ configuration: StyleGenerator.Configuration, weights: [String: Tensor], on device: Device = .cpu
    ) throws {
        let parameters = Parameters(loading: weights, on: device)
        generator = try StyleGenerator(parameters.root, configuration)
        try parameters.requireAllUsed()
        for tensor in parameters.tensors { tensor.requiresGradient = false }
        space = LatentSpace(of: generator, on: device)
        self.device = device
    }

    /// Side of the images that it finds, in pixels.
    public var size: Int { generator.configuration.size }

    /// - Parameters:
    ///   - small: the image to be met, (C, h, w) in 0…1, whose sides divide ``size``.
    ///   - settings: how it looks.
    ///   - progress: told the steps done and the least squared difference so far; `false` ends the search there.
    /// - Precondition: `small` is a square of the generator's channels whose side divides ``size``.
    public func callAsFunction(
        _ small: Pixels, settings: Settings = Settings(),
        progress: (_ step: Int, _ distance: Double) -> Bool = { _, _ in true }
    ) throws -> Result {
        let configuration = generator.configuration
        precondition(
            small.width == small.height && size % small.width == 0 && small.channels == configuration.channels,
            "not a small form of what the generator makes")
        let start = SearchPoint(configuration, moving: settings.movedNoise, seed: settings.seed, on: device)
        let target = Tensor(
            small.samples, shape: [1, small.channels, small.height, small.width], on: device)
        let reduction = PlaneReduction(from: size, to: small.width, on: device)
        var best: (loss: Float, distance: Float, image: Tensor, step: Int)?
        for step in 0..<settings.steps {
            let latents = (0..<configuration.latentCount).map {
                space.latents(start.latents.narrow(dimension: 0, start: $0, length: 1))
            }
            let image = (generator.synthesis(latents, noise: start.noise) + 1) / 2
            let distance = Loss.mse(reduction(image), target)
            let cross = geodesicCross(start.latents) * settings.crossWeight
            let loss = distance.clamp(settings.tolerance...1e9) * 100 + cross
            // What is written is clipped, so that is what counts; what is learned from is not, or nothing would lead back.
            let seen = image.detached.clamp(0...1)
            let squared = Loss.mse(reduction(seen), target).item
            let value = 100 * max(squared, Float(settings.tolerance)) + cross.item
            if isBetter(value, squared, than: best.map { ($0.loss, $0.distance) }, settings.tolerance) {
                best = (value, squared, seen, step)
            }
            if !progress(step + 1, Double(best?.distance ?? .infinity)) { break }
            loss.backward()
            start.descend(rate: settings.learningRate * Self.schedule(step, of: settings.steps))
        }
        guard let best, best.distance.isFinite else { throw TrainingError.diverged(step: 0) }
        let pixels = Pixels(
            width: size, height: size, channels: configuration.channels,
            samples: best.image.contiguous.values)
        return Result(
            image: pixels, distance: Double(best.distance), isFound: best.distance <= Float(settings.tolerance),
            step: best.step)
    }

    /// An image within the tolerance before one that is not, then the lower loss, or without one the nearer.
    private func isBetter(
        _ loss: Float, _ distance: Float, than best: (loss: Float, distance: Float)?, _ tolerance: Double
    ) -> Bool {
        guard let best else { return true }
        let (isFound, wasFound) = (distance <= Float(tolerance), best.distance <= Float(tolerance))
        if isFound != wasFound { return isFound }
        return isFound ? loss < best.loss : distance < best.distance
    }

    /// Up and down again over nine tenths of the steps, then away: the authors' `linear1cycledrop`.
    static func schedule(_ step: Int, of steps: Int) -> Double {
        let (x, cycle) = (Double(step), 0.9 * Double(steps))
        if x < cycle { return (9 * (1 - abs(x / cycle - 0.5) * 2) + 1) / 10 }
        return 0.1 + (x - cycle) / (0.1 * Double(steps)) * (1e-3 - 0.1)
    }
}
