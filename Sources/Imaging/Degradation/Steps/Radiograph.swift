import Foundation

extension Degradation {
    /// `xray:5000:2/4`: factor × factor elements of a detector merged before photons are counted, so that dose stays
    /// and noise falls; see ``Pixels/radiographed(factor:photons:readNoise:valueRange:seed:)``.
    public struct Radiograph: DegradationStep {
        /// Pixels along an axis that become one.
        public var merged: Int
        public var photons: Parameter
        public var readNoise: Parameter

        public var name: String { "xray" }
        public var usage: String { "xray:PHOTONS/FACTOR, or xray:PHOTONS:READNOISE/FACTOR, such as xray:5000:2/4" }
        public static let parameters: [StepParameter<Self>] = [
            StepParameter(\.photons, .positive), StepParameter(\.readNoise, .notNegative, standard: 0),
        ]
        public static let reduction = StepReduction<Self>.whole(\.merged)

        public var withoutNoise: (any DegradationStep)? { Binning(merged: merged) }

        public func sampling(of count: Double) -> AxisSampling { AxisSampling(blocksOf: factor, in: count, .down) }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.radiographed(
                factor: merged, photons: photons.value, readNoise: readNoise.value, valueRange: valueRange, seed: seed)
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/Radiograph``
    public static func radiograph(factor: Int, photons: Degradation.Parameter, readNoise: Degradation.Parameter) -> Self
    {
        Self(Degradation.Radiograph(merged: factor, photons: photons, readNoise: readNoise))
    }
}

extension Pixels {
    /// A radiograph taken with larger detector elements at the same dose.
    ///
    /// Samples are taken as line integrals of attenuation, from 0 at the range's lower end to 4 at its upper (where 2 %
    /// of the photons pass): bright is dense, as radiographs are shown; invert first what is stored otherwise. The
    /// photons expected, `photons` · exp(−line integral), are summed over `factor` × `factor` pixels, counted with
    /// Poisson noise, disturbed by the electronics, and turned back by the logarithm. Since merging comes before
    /// counting, relative noise falls with the factor.
    ///
    /// - Parameters:
    ///   - factor: pixels along each axis that become one.
    ///   - photons: mean count in an unattenuated pixel of this image.
    ///   - readNoise: standard deviation of the electronics' noise in photons, once for each merged element.
    ///   - valueRange: no attenuation to most attenuation, in the samples' unit.
    ///   - seed: of the noise.
    public func radiographed(
        factor: Int, photons: Double, readNoise: Double, valueRange: ClosedRange<Float>, seed: UInt64
    ) -> Pixels {
        let mostAttenuation = 4.0
        let lower = Double(valueRange.lowerBound)
        let unit = (Double(valueRange.upperBound) - lower) / mostAttenuation
        var transmission = self
        for index in transmission.samples.indices {
            transmission.samples[index] = Float(exp(-(Double(samples[index]) - lower) / unit))
        }
        let unattenuated = photons * Double(factor * factor)
        return transmission.binned(by: factor).mapped(seed: seed) { transmitted, generator in
            var count = generator.poisson(mean: unattenuated * Double(transmitted))
            if readNoise > 0 { count += readNoise * generator.normal() }
            // Where nothing is counted, half a photon stands for it: its logarithm is finite.
            return Float(lower - unit * log(max(count, 0.5) / unattenuated))
        }
    }
}
