extension Degradation {
    /// `poisson:200`: counts of photons, of which a pixel at the range's upper end has `photons` on average.
    public struct PoissonNoise: DegradationStep {
        public var photons: Parameter

        public var name: String { "poisson" }
        public var usage: String { "poisson:PHOTONS at the brightest, such as poisson:200" }
        public static let parameters: [StepParameter<Self>] = [StepParameter(\.photons, .positive)]

        public var withoutNoise: (any DegradationStep)? { nil }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.withPoissonNoise(photons: photons.value, valueRange: valueRange, seed: seed)
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/PoissonNoise``
    public static func poissonNoise(photons: Degradation.Parameter) -> Self {
        Self(Degradation.PoissonNoise(photons: photons))
    }
}

extension Pixels {
    /// Each sample as a count of photons that follows the Poisson distribution, brought back to the samples' unit.
    ///
    /// - Parameters:
    ///   - photons: mean count at the range's upper end; none arrive at its lower end or below it.
    ///   - valueRange: dark to bright, in the samples' unit.
    ///   - seed: of the noise.
    public func withPoissonNoise(photons: Double, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
        let lower = Double(valueRange.lowerBound)
        let width = Double(valueRange.upperBound) - lower
        return mapped(seed: seed) { sample, generator in
            let mean = max((Double(sample) - lower) / width * photons, 0)
            return Float(lower + generator.poisson(mean: mean) / photons * width)
        }
    }
}
