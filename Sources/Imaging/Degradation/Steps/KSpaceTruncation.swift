import Foundation

extension Degradation {
    /// `kspace:2/4`: the central part of the Fourier transform, as an MR scanner takes it in 1/factor² of the time,
    /// with complex noise of `noise` / 255 of the value range, and the magnitude; see
    /// ``Pixels/kSpaceTruncated(width:height:zero:noise:seed:)``.
    public struct KSpaceTruncation: DegradationStep {
        public var factor: Double
        public var noise: Parameter

        public var name: String { "kspace" }
        public var usage: String { "kspace/FACTOR, or kspace:SIGMA/FACTOR with noise in grey levels of 255" }
        public static let parameters: [StepParameter<Self>] = [StepParameter(\.noise, .notNegative, standard: 0)]
        public static let reduction = StepReduction<Self>.real(\.factor, least: 1)

        public var withoutNoise: (any DegradationStep)? { Self(factor: factor, noise: 0) }

        /// The field of view stays, whatever the number of pixels.
        public func sampling(of count: Double) -> AxisSampling {
            AxisSampling(count: (count / factor).rounded(.up), covered: 1)
        }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.kSpaceTruncated(
                width: Resampler.scaledCount(pixels.width, by: 1 / factor),
                height: Resampler.scaledCount(pixels.height, by: 1 / factor), zero: valueRange.lowerBound,
                noise: noise.value * valueRange.grayLevel, seed: seed)
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/KSpaceTruncation``
    public static func kSpaceTruncation(factor: Double, noise: Degradation.Parameter) -> Self {
        Self(Degradation.KSpaceTruncation(factor: factor, noise: noise))
    }
}

extension Pixels {
    /// What an MR scanner makes of the same field of view with fewer samples of k-space: the central `width` × `height`
    /// frequencies, with complex noise, and the magnitude of their inverse transform. Edges ring (Gibbs), and noise in
    /// the dark is Rician.
    ///
    /// The new samples lie at the centres of the new pixels, half of the difference in size off the first sample that
    /// a transform left to itself would give, so that every physical point stays where it was. Clinical images are
    /// magnitudes already, without phase: for them this stands in for the truth.
    ///
    /// - Parameters:
    ///   - newWidth: at most the image's.
    ///   - newHeight: at most the image's.
    ///   - zero: the value that means no signal.
    ///   - noise: standard deviation of the real and of the imaginary part, in the samples' unit.
    ///   - seed: of the noise.
    public func kSpaceTruncated(
        width newWidth: Int, height newHeight: Int, zero: Float = 0, noise: Double = 0, seed: UInt64 = 0
    ) -> Pixels {
        precondition((1...width).contains(newWidth) && (1...height).contains(newHeight), "k-space can only be cut")
        typealias Complex = FourierTransform.Complex
        let columns = Truncation(count: width, kept: newWidth)
        let rows = Truncation(count: height, kept: newHeight)
        var result = Pixels(width: newWidth, height: newHeight, channels: channels, slices: slices)
        let newPlaneCount = newWidth * newHeight

        samples.withUnsafeBufferPointer { samples in
            result.samples.withUnsafeMutableBufferPointer { result in
                let result = result
                let between = UnsafeMutableBufferPointer<Complex>.allocate(capacity: height * newWidth)
                let reduced = UnsafeMutableBufferPointer<Complex>.allocate(capacity: newPlaneCount)
                defer {
                    between.deallocate()
                    reduced.deallocate()
                }
                for plane in 0..<channels * slices {
                    concurrently(height) { row in
                        let start = (plane * height + row) * width
                        columns.reduce({ Complex(Double(samples[start + $0] - zero), 0) }) {
                            between[row * newWidth + $0] = $1
                        }
                    }
                    concurrently(newWidth) { column in
                        rows.reduce({ between[$0 * newWidth + column] }) { reduced[$0 * newWidth + column] = $1 }
                    }
                    concurrently(newHeight) { row in
                        var generator = SeededGenerator(seed: seed, stream: UInt64(plane * newHeight + row))
                        for index in row * newWidth..<(row + 1) * newWidth {
                            var signal = reduced[index]
                            if noise > 0 { signal += noise * Complex(generator.normal(), generator.normal()) }
                            let magnitude = (signal * signal).sum().squareRoot()
                            result[plane * newPlaneCount + index] = zero + Float(magnitude)
                        }
                    }
                }
            }
        }
        return result
    }
}

/// One axis: transform, keep the central frequencies, transform back on the coarser grid.
private struct Truncation: Sendable {
    typealias Complex = FourierTransform.Complex

    let forward: FourierTransform
    let inverse: FourierTransform
    /// What each kept frequency is multiplied by: the shift to the new pixels' centres, and the scale that keeps means.
    let factors: [Complex]

    init(count: Int, kept: Int) {
        forward = FourierTransform(count: count)
        inverse = FourierTransform(count: kept, inverse: true)
        let shift = 0.5 / Double(kept) - 0.5 / Double(count)
        factors = (0..<kept).map { index in
            let angle = 2 * Double.pi * Double(FourierTransform.frequency(index, of: kept)) * shift
            return Complex(cos(angle), sin(angle)) / Double(count)
        }
    }

    func reduce(_ source: (Int) -> Complex, into store: (Int, Complex) -> Void) {
        let (count, kept) = (forward.count, inverse.count)
        withUnsafeTemporaryAllocation(of: Complex.self, capacity: 2 * count + 2 * kept) { scratch in
            let line = scratch.baseAddress!
            let spectrum = line + count
            let central = spectrum + count
            let reduced = central + kept
            for index in 0..<count { line[index] = source(index) }
            forward(line, into: spectrum)
            for index in 0..<kept {
                let frequency = FourierTransform.frequency(index, of: kept)
                central[index] = product(spectrum[frequency < 0 ? frequency + count : frequency], factors[index])
            }
            inverse(central, into: reduced)
            for index in 0..<kept { store(index, reduced[index]) }
        }
    }
}
