import Imaging
import Networks
import Upscaling

/// What a network sees of an image and what it should give for it, both in 0…1.
public struct TrainingPair: Sendable {
    /// (C, h, w): low-resolution or bicubic-upscaled, as the architecture asks.
    public var input: Pixels
    /// (C, r·h, r·w): the image in 0…1, or its residual to bicubic.
    public var target: Pixels
    /// Bicubic enlargement of the low-resolution image.
    public var bicubic: Pixels
    /// Grey levels of the source between 0 and 1; `nil` where it was not quantised.
    public var levels: Float?
    public var name: String
    /// What noise the low-resolution image was given, in 255ths; zero where the run need not know.
    var noise: (fine: Double, coarse: Double) = (0, 0)
}

extension TrainingConfiguration {
    /// Target pixels for one of the network's input, along an axis.
    var targetScale: Int { architecture.input == .bicubicUpscaled ? 1 : scale }

    /// The pair of a whole image, degraded by antialiased bicubic reduction alone: what validation scores.
    public func pair(of image: TrainingImage) -> TrainingPair {
        var generator = SeededGenerator(seed: 0)
        let degradation = Degradation.bicubic(factor: Double(scale)).drawn(using: &generator)
        return pair(of: image.pixels, degradation, levels: image.levels, name: image.name)
    }

    /// - Parameters:
    ///   - image: as sharp as there is, both sides multiples of the scale.
    ///   - grain: of the low-resolution image's size, that it is given besides, so many times as strong.
    func pair(
        of image: Pixels, _ degradation: DrawnDegradation, grain: (pixels: Pixels, strength: Double)? = nil,
        levels: Float?, name: String
    ) -> TrainingPair {
        var degraded = degradation(image, valueRange: 0...1)
        if let grain { degraded.add(grain.strength, grain.pixels) }
        let low = TrainingImages.quantized(degraded, levels: levels)
        let enlarger = Resampler(
            sourceWidth: low.width, sourceHeight: low.height, width: image.width, height: image.height)
        let enlarged = enlarger(low)
        // Noise is never part of what a network adds, nor of what it is asked to take away.
        let quiet = degradation.withoutNoise ?? (grain == nil ? nil : degradation)
        let quietLow = quiet.map { $0(image, valueRange: 0...1) }
        let noiseless = quietLow.map { enlarger($0) } ?? enlarged
        var target = image
        switch architecture.output {
        case .residual:
            for index in target.samples.indices { target.samples[index] -= noiseless.samples[index] }
        case .image:
            for index in target.samples.indices {
                target.samples[index] += enlarged.samples[index] - noiseless.samples[index]
            }
        }
        var pair = TrainingPair(
            input: architecture.input == .lowResolution ? low : enlarged, target: target, bicubic: enlarged,
            levels: levels, name: name)
        if knowsNoise, let quietLow {
            var noise = low
            noise.add(-1, quietLow)
            let strengths = NoiseEstimate.strengths(ofNoise: noise)
            pair.noise = (255 * strengths.fine, 255 * strengths.coarse)
        }
        return pair
    }

    /// Whether the noise of what is learned from is found out: the network is told, or the objective must know.
    var knowsNoise: Bool { architecture.conditions > 0 || objective.learning.learnsFromNoise }

    /// What an estimate takes for noise in an image that holds none, reduced as for this run, in 255ths.
    func structure(of image: TrainingImage) -> ImageConditions {
        let low = image.pixels.scaled(by: 1 / Double(scale))
        guard
            let estimate = NoiseEstimate(of: TrainingImages.quantized(low, levels: image.levels), colors: low.channels)
        else { return ImageConditions() }
        return ImageConditions(fineNoise: 255 * estimate.fine, coarseNoise: 255 * estimate.coarse)
    }

    /// What the network is told of a crop: an estimate of its noise as a whole image gives it, which takes some structure
    /// for noise and is never exact, and the blur that there is. Of a tenth of the crops nothing is known.
    func told(
        _ pair: TrainingPair, structure: ImageConditions, _ degradation: DrawnDegradation,
        using generator: inout SeededGenerator
    ) -> [Float] {
        let (isUnknown, error) = (generator.uniform() < 0.1, generator.uniform(in: 0.85...1.15))
        func estimate(_ structure: Double, _ noise: Double) -> Double {
            isUnknown ? 0 : (structure * structure + noise * noise).squareRoot() * error
        }
        return conditions.told(
            ImageConditions(
                fineNoise: estimate(structure.fineNoise, pair.noise.fine),
                coarseNoise: estimate(structure.coarseNoise, pair.noise.coarse),
                blur: degradation.blur / Double(scale)))
    }
}
