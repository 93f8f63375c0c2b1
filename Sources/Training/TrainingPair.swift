import Imaging
import Networks

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

    /// - Parameter image: as sharp as there is, both sides multiples of the scale.
    func pair(of image: Pixels, _ degradation: DrawnDegradation, levels: Float?, name: String) -> TrainingPair {
        let low = TrainingImages.quantized(degradation(image, valueRange: 0...1), levels: levels)
        let enlarger = Resampler(
            sourceWidth: low.width, sourceHeight: low.height, width: image.width, height: image.height)
        let enlarged = enlarger(low)
        // Noise is never part of what a network adds, nor of what it is asked to take away.
        let noiseless = degradation.withoutNoise.map { enlarger($0(image, valueRange: 0...1)) } ?? enlarged
        var target = image
        switch architecture.output {
        case .residual:
            for index in target.samples.indices { target.samples[index] -= noiseless.samples[index] }
        case .image:
            for index in target.samples.indices {
                target.samples[index] += enlarged.samples[index] - noiseless.samples[index]
            }
        }
        return TrainingPair(
            input: architecture.input == .lowResolution ? low : enlarged, target: target, bicubic: enlarged,
            levels: levels, name: name)
    }
}
