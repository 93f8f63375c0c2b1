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
