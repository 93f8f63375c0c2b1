import Foundation

extension Degradation {
    /// `grain:5:0.6`: Gaussian noise of standard deviation `sigma` / 255 of the value range, blurred by a Gaussian of
    /// standard deviation `width` pixels and brought back to `sigma`: noise whose neighbours agree, as film, interpolation
    /// and zero-filled k-space leave it.
    public struct Grain: DegradationStep {
        public var sigma: Parameter
        public var width: Parameter

        public var name: String { "grain" }
        public var usage: String { "grain:SIGMA:WIDTH in grey levels of 255 and pixels, such as grain:5:0.6" }
        public static let parameters: [StepParameter<Self>] = [
            StepParameter(\.sigma, .notNegative), StepParameter(\.width, .notNegative),
        ]

        public var withoutNoise: (any DegradationStep)? { nil }
        public var addedNoise: Parameter? { sigma }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.withGrain(sigma: sigma.value * valueRange.grayLevel, width: width.value, seed: seed)
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/Grain``
    public static func grain(sigma: Degradation.Parameter, width: Degradation.Parameter) -> Self {
        Self(Degradation.Grain(sigma: sigma, width: width))
    }
}

extension Pixels {
    /// Each plane with Gaussian noise added whose neighbouring samples agree: white noise blurred by a Gaussian, so that
    /// its spectrum is one, and brought back to its strength.
    ///
    /// - Parameters:
    ///   - sigma: standard deviation in the samples' unit.
    ///   - width: standard deviation of the blur in pixels; 0 leaves the noise white.
    ///   - seed: of the noise.
    public func withGrain(sigma: Double, width: Double, seed: UInt64) -> Pixels {
        guard sigma > 0 else { return self }
        var grain = Pixels(width: self.width, height: height, channels: channels, slices: slices)
            .withGaussianNoise(sigma: 1, seed: seed)
        var strength = sigma
        if width > 0 {
            grain = grain.gaussianBlurred(sigma: width)
            // Of white noise, a filter leaves the square root of the sum of its squared weights.
            let taps = (-Int(4 * width + 0.5)...Int(4 * width + 0.5)).map {
                exp(-Double($0 * $0) / (2 * width * width))
            }
            let sum = taps.reduce(0, +)
            strength /= taps.reduce(0) { $0 + $1 * $1 } / (sum * sum)
        }
        var result = self
        result.add(strength, grain)
        return result
    }
}
