import Foundation

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
        guard width > 0 else { return adding(grain, times: Float(sigma)) }
        grain = grain.gaussianBlurred(sigma: width)
        // Of white noise, a filter leaves the square root of the sum of its squared weights.
        let taps = (-Int(4 * width + 0.5)...Int(4 * width + 0.5)).map { exp(-Double($0 * $0) / (2 * width * width)) }
        let sum = taps.reduce(0, +)
        let left = taps.reduce(0) { $0 + $1 * $1 } / (sum * sum)
        return adding(grain, times: Float(sigma / left))
    }

    private func adding(_ other: Pixels, times factor: Float) -> Pixels {
        var result = self
        for index in result.samples.indices { result.samples[index] += other.samples[index] * factor }
        return result
    }

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

    /// Each sample through `transform`, which draws from a sequence that depends on its row only, so that threads don't
    /// matter.
    func mapped(seed: UInt64, _ transform: (Float, inout SeededGenerator) -> Float) -> Pixels {
        var result = self
        let rows = height * channels * slices
        result.samples.withUnsafeMutableBufferPointer { samples in
            let samples = samples
            concurrently(rows) { row in
                var generator = SeededGenerator(seed: seed, stream: UInt64(row))
                for index in row * width..<(row + 1) * width {
                    samples[index] = transform(samples[index], &generator)
                }
            }
        }
        return result
    }
}
