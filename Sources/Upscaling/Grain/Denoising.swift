import Imaging

extension Pixels {
    /// This image without its noise, as far as that can be told: overlapping 8 × 8 blocks whose cosine coefficients are
    /// kept where they stand out of the noise, averaged (Yu and Sapiro, "DCT image denoising", IPOL 2011), each
    /// coefficient against the noise's own strength there. What it takes away is noise and the faintest structure.
    ///
    /// - Parameters:
    ///   - noise: what there is.
    ///   - colors: channels that are no opacity; that is left as it is.
    package func denoised(_ noise: NoiseEstimate, colors: Int) -> Pixels {
        let size = BlockTransform.size
        guard width >= size, height >= size else { return self }
        let limit = noise.thresholds.withUnsafeBufferPointer { Block($0.baseAddress!, stride: size) }
        let columns = Self.blockStarts(width)
        let rows = Self.blockStarts(height)
        var result = self
        let bandHeight = 64
        let bands = (height + bandHeight - 1) / bandHeight
        let (width, height, channels) = (width, height, channels)
        samples.withUnsafeBufferPointer { samples in
            result.samples.withUnsafeMutableBufferPointer { result in
                let result = result
                concurrently(bands * colors * slices) { job in
                    let (plane, band) = job.quotientAndRemainder(dividingBy: bands)
                    let (slice, color) = plane.quotientAndRemainder(dividingBy: colors)
                    let start = (slice * channels + color) * width * height
                    let target = band * bandHeight..<min((band + 1) * bandHeight, height)
                    var sums = [Float](repeating: 0, count: target.count * width)
                    var counts = sums
                    for row in rows where row < target.upperBound && row + size > target.lowerBound {
                        for column in columns {
                            let block = Block(samples.baseAddress! + start + row * width + column, stride: width)
                            let restored = block.transformed.kept(above: limit).restored
                            withUnsafeBytes(of: restored.rows) { bytes in
                                let values = bytes.bindMemory(to: Float.self)
                                for y in max(row, target.lowerBound)..<min(row + size, target.upperBound) {
                                    let line = (y - target.lowerBound) * width + column
                                    for x in 0..<size {
                                        sums[line + x] += values[(y - row) * size + x]
                                        counts[line + x] += 1
                                    }
                                }
                            }
                        }
                    }
                    let first = start + target.lowerBound * width
                    for index in sums.indices { result[first + index] = sums[index] / counts[index] }
                }
            }
        }
        return result
    }

    /// Every second place and the last, so that all samples are covered.
    private static func blockStarts(_ length: Int) -> [Int] {
        let last = length - BlockTransform.size
        return Array(stride(from: 0, to: last, by: 2)) + [last]
    }
}
