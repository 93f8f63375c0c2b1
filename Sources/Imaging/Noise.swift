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
