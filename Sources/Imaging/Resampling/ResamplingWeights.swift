/// For each new sample along one axis, where its source samples start and how much each counts.
///
/// MATLAB's documented `imresize`: pixel centres, kernel widened by 1/scale when shrinking with antialiasing, weights
/// normalised to sum 1, indices outside the image mirrored about its edges. Mirrored weights are folded onto the samples
/// they read, so that every new sample reads `taps` consecutive ones.
struct ResamplingWeights: Sendable {
    let taps: Int
    /// First source index of each new sample.
    let starts: [Int]
    /// `taps` weights for each new sample.
    let weights: [Float]

    /// - Parameter scale: new over old sampling rate; not always `count / sourceCount`, since MATLAB rounds sizes up.
    init(sourceCount: Int, count: Int, scale: Double, interpolation: Interpolation, antialias: Bool) {
        let compression =
            switch interpolation {
            case .nearest: 1.0
            case .area: scale
            default: antialias ? min(scale, 1) : 1
            }
        // A footprint narrower than a source pixel still reaches into both neighbours' pixels.
        let support = interpolation == .area ? 1 / scale + 1 : interpolation.support / compression
        self.init(sourceCount: sourceCount, count: count, scale: scale, support: support) {
            interpolation.weight($0, compression: compression)
        }
    }

    /// Convolution at the same size with a symmetric kernel of 2 · `radius` + 1 samples.
    ///
    /// - Parameter kernel: the weight at a distance in samples; only ratios matter.
    init(count: Int, radius: Int, kernel: (Double) -> Double) {
        self.init(sourceCount: count, count: count, scale: 1, support: Double(2 * radius + 1)) {
            abs($0) <= Double(radius) ? kernel($0) : 0
        }
    }

    private init(sourceCount: Int, count: Int, scale: Double, support: Double, weight: (Double) -> Double) {
        let width = Int(support.rounded(.up)) + 2
        var starts = [Int](repeating: 0, count: count)
        var rows = [[Double]]()
        rows.reserveCapacity(count)
        var taps = 1
        for index in 0..<count {
            // The new centre in source pixels, first centre at 1, as MATLAB writes it, so that ties round its way.
            let center = Double(index + 1) / scale + 0.5 * (1 - 1 / scale)
            let left = Int((center - support / 2).rounded(.down))
            var first = sourceCount
            var last = -1
            var reads = [(index: Int, weight: Double)]()
            for position in left..<left + width {
                let weight = weight(center - Double(position))
                guard weight != 0 else { continue }
                let source = Self.mirrored(position - 1, count: sourceCount)
                reads.append((source, weight))
                first = min(first, source)
                last = max(last, source)
            }
            var row = [Double](repeating: 0, count: last - first + 1)
            let sum = reads.reduce(0) { $0 + $1.weight }
            for read in reads { row[read.index - first] += read.weight / sum }
            starts[index] = first
            taps = max(taps, row.count)
            rows.append(row)
        }

        var weights = [Float](repeating: 0, count: count * taps)
        for (index, row) in rows.enumerated() {
            // Near the far edge a shorter row begins earlier, so that reading `taps` samples stays inside.
            let start = min(starts[index], sourceCount - taps)
            for (offset, weight) in row.enumerated() {
                weights[index * taps + starts[index] - start + offset] = Float(weight)
            }
            starts[index] = start
        }
        self.taps = taps
        self.starts = starts
        self.weights = weights
    }

    /// Whether every new sample is the old one.
    var isIdentity: Bool {
        taps == 1 && weights.allSatisfy { $0 == 1 } && starts.enumerated().allSatisfy { $0.offset == $0.element }
    }

    /// The source samples that the new samples `range` read.
    func sourceRange(for range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty else { return 0..<0 }
        // Mirrored reads make starts near the edges go back and forth, so that the ends of the range don't bound it.
        var lower = Int.max
        var upper = 0
        for index in range {
            lower = min(lower, starts[index])
            upper = max(upper, starts[index] + taps)
        }
        return lower..<upper
    }

    /// The index that `index` reads when the samples are mirrored about both edges, edge samples repeated.
    static func mirrored(_ index: Int, count: Int) -> Int {
        let period = 2 * count
        let wrapped = ((index % period) + period) % period
        return wrapped < count ? wrapped : period - 1 - wrapped
    }
}
