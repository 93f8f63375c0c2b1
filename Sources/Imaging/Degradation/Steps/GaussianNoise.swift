extension Degradation {
    /// `noise:5`: Gaussian of standard deviation `sigma` / 255 of the value range, whatever the bit depth.
    public struct GaussianNoise: DegradationStep {
        public var sigma: Parameter

        public var name: String { "noise" }
        public var usage: String { "noise:SIGMA in grey levels of 255, such as noise:5" }
        public static let parameters: [StepParameter<Self>] = [StepParameter(\.sigma, .notNegative)]

        public var withoutNoise: (any DegradationStep)? { nil }
        public var addedNoise: Parameter? { sigma }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.withGaussianNoise(sigma: sigma.value * valueRange.grayLevel, seed: seed)
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/GaussianNoise``
    public static func gaussianNoise(sigma: Degradation.Parameter) -> Self {
        Self(Degradation.GaussianNoise(sigma: sigma))
    }
}

extension Pixels {
    /// Each sample with independent Gaussian noise added.
    ///
    /// - Parameters:
    ///   - sigma: standard deviation in the samples' unit.
    ///   - seed: of the noise.
    public func withGaussianNoise(sigma: Double, seed: UInt64) -> Pixels {
        guard sigma > 0 else { return self }
        return mapped(seed: seed) { sample, generator in sample + Float(sigma * generator.normal()) }
    }
}
