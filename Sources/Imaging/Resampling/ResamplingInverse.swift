/// The pseudoinverse A⁺ of a reduction A made by ``Resampler``: of all large images that reduce to a given small one, the
/// one of least norm.
///
/// A is separable, so that A⁺ = Aᵀ(AAᵀ)⁻¹ is too: per axis a banded Cholesky factor of AAᵀ and the transposed weights.
/// x − A⁺(Ax − y) changes x as little as can be so that it reduces to y: the projection that null-space methods and
/// back-projection want, exact and in one go.
public struct ResamplingInverse: Sendable {
    /// Size of the images made, in pixels.
    public let width: Int
    public let height: Int
    /// A.
    public let reduction: Resampler

    private let horizontal: AxisInverse
    private let vertical: AxisInverse

    /// The inverse of reducing `width` × `height` pixels to `reducedWidth` × `reducedHeight`.
    ///
    /// - Precondition: all sizes are positive and no axis grows.
    public init(
        width: Int, height: Int, reducedWidth: Int, reducedHeight: Int, interpolation: Interpolation = .cubic,
        antialias: Bool = true
    ) {
        precondition(reducedWidth <= width && reducedHeight <= height, "only a reduction has this inverse")
        self.width = width
        self.height = height
        reduction = Resampler(
            sourceWidth: width, sourceHeight: height, width: reducedWidth, height: reducedHeight,
            interpolation: interpolation, antialias: antialias)
        horizontal = AxisInverse(
            ResamplingWeights(
                sourceCount: width, count: reducedWidth, scale: Double(reducedWidth) / Double(width),
                interpolation: interpolation, antialias: antialias))
        vertical = AxisInverse(
            ResamplingWeights(
                sourceCount: height, count: reducedHeight, scale: Double(reducedHeight) / Double(height),
                interpolation: interpolation, antialias: antialias))
    }

    /// A⁺ of every channel and slice.
    ///
    /// - Precondition: `reduced` has the reduced size.
    public func callAsFunction(_ reduced: Pixels) -> Pixels {
        precondition(
            reduced.width == reduction.width && reduced.height == reduction.height,
            "the image has not the size this was made for")
        let planes = reduced.channels * reduced.slices
        var solved = reduced.samples
        var result = Pixels(width: width, height: height, channels: reduced.channels, slices: reduced.slices)
        solved.withUnsafeMutableBufferPointer { solved in
            result.samples.withUnsafeMutableBufferPointer { result in
                for plane in 0..<planes {
                    expand(
                        solved.baseAddress! + plane * reduced.planeCount,
                        into: result.baseAddress! + plane * width * height)
                }
            }
        }
        return result
    }

    private func expand(_ reduced: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>) {
        let (reducedWidth, reducedHeight) = (reduction.width, reduction.height)
        // Columns are solved in strips, each for one core.
        let strip = 256
        concurrently((reducedWidth + strip - 1) / strip) { index in
            let first = index * strip
            vertical.solve(
                reduced + first, count: min(strip, reducedWidth - first), step: reducedWidth)
        }
        concurrently(reducedHeight) { row in
            horizontal.solve(reduced + row * reducedWidth, count: 1, step: 1)
        }
        let band = 64
        concurrently((height + band - 1) / band) { index in
            let rows = index * band..<min((index + 1) * band, height)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: reducedWidth) { scratch in
                let line = scratch.baseAddress!
                for row in rows {
                    line.update(repeating: 0, count: reducedWidth)
                    for (source, weight) in vertical.readers[row] {
                        let samples = reduced + source * reducedWidth
                        for column in 0..<reducedWidth { line[column] += weight * samples[column] }
                    }
                    horizontal.scatter(line, into: result + row * width)
                }
            }
        }
    }
}

/// Aᵀ(AAᵀ)⁻¹ along one axis.
private struct AxisInverse: Sendable {
    private let weights: ResamplingWeights
    private let count: Int
    /// Entries of the lower Cholesky factor of AAᵀ left of the diagonal that can differ from zero.
    private let bandwidth: Int
    /// Row by row, the factor's `bandwidth` entries left of the diagonal, nearest last.
    private let lower: [Float]
    private let inverseDiagonal: [Float]
    /// For each old sample, which new samples read it and with which weight.
    let readers: [[(Int, Float)]]

    init(_ weights: ResamplingWeights) {
        let count = weights.starts.count
        let taps = weights.taps
        self.weights = weights
        self.count = count

        func gram(_ i: Int, _ j: Int) -> Double {
            var sum = 0.0
            let (start, end) = (
                max(weights.starts[i], weights.starts[j]), min(weights.starts[i], weights.starts[j]) + taps
            )
            if start < end {
                for source in start..<end {
                    sum +=
                        Double(weights.weights[i * taps + source - weights.starts[i]])
                        * Double(weights.weights[j * taps + source - weights.starts[j]])
                }
            }
            return sum
        }
        var bandwidth = 0
        for i in 0..<count {
            // Rows read mirrored samples near the ends alone, so that the search stays short.
            for j in max(0, i - 4 * taps)..<i where gram(i, j) != 0 {
                bandwidth = max(bandwidth, i - j)
                break
            }
        }

        var factor = [Double](repeating: 0, count: count * (bandwidth + 1))
        func position(_ i: Int, _ j: Int) -> Int { i * (bandwidth + 1) + j - i + bandwidth }
        for i in 0..<count {
            for j in max(0, i - bandwidth)...i {
                var sum = gram(i, j)
                for k in max(0, i - bandwidth)..<j where k >= j - bandwidth {
                    sum -= factor[position(i, k)] * factor[position(j, k)]
                }
                factor[position(i, j)] = i == j ? sum.squareRoot() : sum / factor[position(j, j)]
            }
        }
        self.bandwidth = bandwidth
        lower = (0..<count).flatMap { i in (0..<bandwidth).map { Float(factor[i * (bandwidth + 1) + $0]) } }
        inverseDiagonal = (0..<count).map { Float(1 / factor[position($0, $0)]) }

        var sourceCount = 0
        for start in weights.starts { sourceCount = max(sourceCount, start + taps) }
        var readers = [[(Int, Float)]](repeating: [], count: sourceCount)
        for index in 0..<count {
            for tap in 0..<taps where weights.weights[index * taps + tap] != 0 {
                readers[weights.starts[index] + tap].append((index, weights.weights[index * taps + tap]))
            }
        }
        self.readers = readers
    }

    /// Solves AAᵀ x = b in place for `count` neighbouring right-hand sides, whose entries lie `step` apart.
    func solve(_ values: UnsafeMutablePointer<Float>, count lanes: Int, step: Int) {
        lower.withUnsafeBufferPointer { lower in
            for i in 0..<count {
                let row = values + i * step
                for k in max(0, bandwidth - i)..<bandwidth {
                    let other = values + (i - bandwidth + k) * step
                    let factor = lower[i * bandwidth + k]
                    for lane in 0..<lanes { row[lane] -= factor * other[lane] }
                }
                for lane in 0..<lanes { row[lane] *= inverseDiagonal[i] }
            }
            for i in stride(from: count - 1, through: 0, by: -1) {
                let row = values + i * step
                for lane in 0..<lanes { row[lane] *= inverseDiagonal[i] }
                for k in max(0, bandwidth - i)..<bandwidth {
                    let other = values + (i - bandwidth + k) * step
                    let factor = lower[i * bandwidth + k]
                    for lane in 0..<lanes { other[lane] -= factor * row[lane] }
                }
            }
        }
    }

    /// Adds Aᵀ of a row of new samples to a row of old ones.
    func scatter(_ values: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
        let taps = weights.taps
        weights.weights.withUnsafeBufferPointer { weights in
            for index in 0..<count {
                let target = result + self.weights.starts[index]
                let value = values[index]
                for tap in 0..<taps { target[tap] += value * weights[index * taps + tap] }
            }
        }
    }
}
