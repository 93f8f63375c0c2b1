import Foundation

extension Degradation {
    /// `speckle:50:0.8:1.5`: what coherent waves make of tissue in an ultrasound image whose gray levels are `decibels`
    /// of logarithmic compression, by a point spread of standard deviations `axial` (along columns) and `lateral`
    /// (along rows) pixels; see ``Pixels/withSpeckle(decibels:axial:lateral:valueRange:seed:)``.
    public struct Speckle: DegradationStep {
        public var decibels: Parameter
        public var axial: Parameter
        public var lateral: Parameter

        public var name: String { "speckle" }
        public var usage: String {
            "speckle:DECIBELS:AXIAL:LATERAL, gray levels in decibels and pixels, such as speckle:50:0.8:1.5"
        }
        public static let parameters: [StepParameter<Self>] = [
            StepParameter(\.decibels, .positive),
            StepParameter(\.axial, .notNegative(atMost: GaussianBlur.widest)),
            StepParameter(\.lateral, .notNegative(atMost: GaussianBlur.widest)),
        ]

        public var withoutNoise: (any DegradationStep)? { nil }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.withSpeckle(
                decibels: decibels.value, axial: axial.value, lateral: lateral.value, valueRange: valueRange, seed: seed
            )
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/Speckle``
    public static func speckle(
        decibels: Degradation.Parameter, axial: Degradation.Parameter, lateral: Degradation.Parameter
    ) -> Self {
        Self(Degradation.Speckle(decibels: decibels, axial: axial, lateral: lateral))
    }
}

extension Pixels {
    /// Each plane with fully developed speckle: the amplitude of a complex Gaussian field, blurred by the point spread and so
    /// Rayleigh-distributed (Goodman 1976), which logarithmic compression turns into something added. Its mean is zero.
    ///
    /// - Parameters:
    ///   - decibels: that the value range shows; the speckle's standard deviation is 5.57 of these.
    ///   - axial: standard deviation of the point spread along columns, in pixels.
    ///   - lateral: along rows.
    ///   - valueRange: in the samples' unit.
    ///   - seed: of the speckle.
    public func withSpeckle(
        decibels: Double, axial: Double, lateral: Double, valueRange: ClosedRange<Float>, seed: UInt64
    ) -> Pixels {
        var field = Pixels(width: width, height: height, channels: 2 * channels, slices: slices)
            .withGaussianNoise(sigma: 1, seed: seed)
        if max(axial, lateral) > 0 { field = field.gaussianBlurred(along: lateral, across: axial, degrees: 0) }
        let unit = (Double(valueRange.upperBound) - Double(valueRange.lowerBound)) / decibels
        var result = self
        for plane in 0..<channels * slices {
            let real = 2 * plane * planeCount
            let powers = (0..<planeCount).map { index -> Double in
                let (x, y) = (Double(field.samples[real + index]), Double(field.samples[real + planeCount + index]))
                return x * x + y * y
            }
            let mean = powers.reduce(0, +) / Double(planeCount)
            for index in 0..<planeCount {
                // The mean logarithm of a power that is exponentially distributed lies Euler's constant below its mean's.
                let level = 10 * log10(max(powers[index], 1e-6 * mean) / mean) + 10 * 0.577_215_664_9 * log10(M_E)
                result.samples[plane * planeCount + index] += Float(level * unit)
            }
        }
        return result
    }
}
