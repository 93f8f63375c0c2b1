extension Pixels {
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

extension ClosedRange<Float> {
    /// A 255th of the range, in which noise is stated whatever the bit depth.
    var grayLevel: Double { (Double(upperBound) - Double(lowerBound)) / 255 }
}
