import Foundation

extension Pixels {
    /// Every plane blurred by a Gaussian cut off at four standard deviations, edges mirrored.
    ///
    /// - Parameter sigma: standard deviation in pixels; 0 leaves the image as it is.
    public func gaussianBlurred(sigma: Double) -> Pixels {
        precondition(sigma >= 0 && sigma.isFinite, "a standard deviation is finite and not negative")
        guard sigma > 0 else { return self }
        let weights = { (count: Int) in
            ResamplingWeights(count: count, radius: Self.blurRadius(sigma)) { exp(-$0 * $0 / (2 * sigma * sigma)) }
        }
        return Resampler(horizontal: weights(width), vertical: weights(height))(self)
    }

    /// Every plane blurred by a Gaussian of different widths along and across a direction, cut off at a square of four
    /// of its larger standard deviations, edges mirrored.
    ///
    /// - Parameters:
    ///   - along: standard deviation in pixels in the direction of `degrees`.
    ///   - across: standard deviation in pixels at a right angle to it.
    ///   - degrees: angle from the direction of growing columns towards that of growing rows.
    public func gaussianBlurred(along: Double, across: Double, degrees: Double) -> Pixels {
        precondition(min(along, across) >= 0 && max(along, across).isFinite, "standard deviations are not negative")
        if along == across { return gaussianBlurred(sigma: along) }
        let radius = Self.blurRadius(max(along, across))
        let (cosine, sine) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
        var kernel = [KernelSample]()
        for row in -radius...radius {
            for column in -radius...radius {
                // A width of zero is taken as so thin that only the samples on the line count.
                let u = (Double(column) * cosine + Double(row) * sine) / max(along, 1e-3)
                let v = (Double(row) * cosine - Double(column) * sine) / max(across, 1e-3)
                let weight = exp(-0.5 * (u * u + v * v))
                // Most of the square around a thin ellipse adds less than Float32 can tell.
                if weight > 1e-9 { kernel.append(KernelSample(column: column, row: row, weight: weight)) }
            }
        }
        return convolved(kernel: kernel, radius: radius)
    }

    private struct KernelSample {
        let column: Int
        let row: Int
        let weight: Double
    }

    private static func blurRadius(_ sigma: Double) -> Int { Int(4 * sigma + 0.5) }

    /// Every plane convolved with a point-symmetric kernel, normalised to sum 1, edges mirrored.
    private func convolved(kernel: [KernelSample], radius: Int) -> Pixels {
        // Rows are padded by the kernel and to whole vectors.
        let vectors = (width + 15) / 16
        let stride = vectors * 16 + 2 * radius
        let sum = kernel.reduce(0) { $0 + $1.weight }
        let taps = kernel.map { sample in
            (offset: (sample.row + radius) * stride + sample.column + radius, weight: Float(sample.weight / sum))
        }
        var result = self
        for plane in 0..<channels * slices {
            let source = samples[plane * planeCount..<(plane + 1) * planeCount]
            var padded = [Float](repeating: 0, count: stride * (height + 2 * radius))
            for row in 0..<height + 2 * radius {
                let start = source.startIndex + ResamplingWeights.mirrored(row - radius, count: height) * width
                for column in 0..<width + 2 * radius {
                    padded[row * stride + column] =
                        source[start + ResamplingWeights.mirrored(column - radius, count: width)]
                }
            }
            padded.withUnsafeBufferPointer { padded in
                taps.withUnsafeBufferPointer { taps in
                    result.samples.withUnsafeMutableBufferPointer { target in
                        let target = target.baseAddress! + plane * planeCount
                        concurrently(height) { row in
                            for vector in 0..<vectors {
                                var sum = SIMD16<Float>.zero
                                let first = padded.baseAddress! + row * stride + vector * 16
                                for tap in taps {
                                    let samples = UnsafeRawPointer(first + tap.offset)
                                    sum += tap.weight * samples.loadUnaligned(as: SIMD16<Float>.self)
                                }
                                for lane in 0..<min(16, width - vector * 16) {
                                    target[row * width + vector * 16 + lane] = sum[lane]
                                }
                            }
                        }
                    }
                }
            }
        }
        return result
    }
}
