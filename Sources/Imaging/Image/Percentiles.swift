/// Percentiles of an image's samples, opacity and samples without data left out; of a large image, of every k-th sample.
package struct Percentiles {
    private let sorted: [Float]

    package init(_ image: Image) {
        let pixels = image.pixels
        let perSlice = image.header.colorModel.colorChannels * pixels.planeCount
        let count = perSlice * pixels.slices
        // An odd step meets all columns of the even widths that images have.
        let step = max(1, count >> 20) | 1
        let isMissing = image.uncounted?.isMissing
        func samples(every step: Int) -> [Float] {
            stride(from: 0, to: count, by: step).compactMap { index in
                let place = index / perSlice * pixels.channels * pixels.planeCount + index % perSlice
                return isMissing?[place] == true ? nil : pixels.samples[place]
            }
        }
        var found = samples(every: step)
        // The steps may have met nothing of the little data that there is.
        if found.isEmpty { found = samples(every: 1) }
        sorted = found.isEmpty ? [0] : found.sorted()
    }

    /// - Precondition: there is a sample.
    package init(_ samples: [Float]) { sorted = samples.sorted() }

    /// Linear between the samples around the rank, as NumPy does by default; `percent` from 0 to 100.
    package subscript(_ percent: Double) -> Float {
        let rank = percent / 100 * Double(sorted.count - 1)
        let below = Int(rank)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * Float(rank - Double(below))
    }

    package func range(_ lower: Double, _ upper: Double) -> ClosedRange<Float> {
        self[lower]...max(self[lower], self[upper])
    }
}
