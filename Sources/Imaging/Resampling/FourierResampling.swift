import Foundation

extension Pixels {
    /// This image on a grid of another size over the same field of view, by its Fourier series: fewer samples keep the
    /// central frequencies, more are what a scanner makes by filling k-space with zeros. Linear, and so without the
    /// magnitude that a scanner takes: what is real stays real.
    ///
    /// Samples lie at the centres of their pixels on both grids, so that every point stays where it was. To more samples
    /// and back again is the image itself.
    ///
    /// - Parameters:
    ///   - newWidth: 1 or more.
    ///   - newHeight: 1 or more.
    package func fourierResized(width newWidth: Int, height newHeight: Int) -> Pixels {
        let rows = LineResampling(count: width, newCount: newWidth)
        let columns = LineResampling(count: height, newCount: newHeight)
        let planes = channels * slices
        var between = Pixels(width: newWidth, height: height, channels: channels, slices: slices)
        samples.withUnsafeBufferPointer { samples in
            between.samples.withUnsafeMutableBufferPointer { between in
                let between = between
                concurrently(planes * height) { line in
                    rows.resample(
                        samples.baseAddress! + line * width, into: between.baseAddress! + line * newWidth, stride: 1)
                }
            }
        }
        var result = Pixels(width: newWidth, height: newHeight, channels: channels, slices: slices)
        between.samples.withUnsafeBufferPointer { between in
            result.samples.withUnsafeMutableBufferPointer { result in
                let result = result
                concurrently(planes * newWidth) { line in
                    let (plane, column) = line.quotientAndRemainder(dividingBy: newWidth)
                    columns.resample(
                        between.baseAddress! + plane * height * newWidth + column,
                        into: result.baseAddress! + plane * newHeight * newWidth + column, stride: newWidth)
                }
            }
        }
        return result
    }
}

/// One axis: transform, keep or fill up, transform back.
private struct LineResampling: Sendable {
    typealias Complex = FourierTransform.Complex

    let forward: FourierTransform
    let inverse: FourierTransform

    /// What each new frequency is made of: an old one, and what it is multiplied by.
    private let parts: [(new: Int, old: Int, factor: Complex)]

    init(count: Int, newCount: Int) {
        forward = FourierTransform(count: count)
        inverse = FourierTransform(count: newCount, inverse: true)
        let highest = min(count, newCount) / 2
        let isPaired = min(count, newCount) % 2 == 1
        let shift = 0.5 / Double(newCount) - 0.5 / Double(count)
        parts = (-highest...highest).map { frequency in
            // The highest frequency of an even count stands for two, one of each sign: of more samples both take half of
            // it, of fewer it takes up both.
            let isShared = !isPaired && abs(frequency) == highest && newCount >= count
            let angle = 2 * Double.pi * Double(frequency) * shift
            return (
                (frequency + newCount) % newCount, (frequency + count) % count,
                Complex(cos(angle), sin(angle)) * (isShared ? 0.5 : 1) / Double(count)
            )
        }
    }

    func resample(_ source: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>, stride: Int) {
        let (count, newCount) = (forward.count, inverse.count)
        withUnsafeTemporaryAllocation(of: Complex.self, capacity: 2 * (count + newCount)) { scratch in
            let line = scratch.baseAddress!
            let spectrum = line + count
            let kept = spectrum + count
            let resampled = kept + newCount
            for index in 0..<count { line[index] = Complex(Double(source[index * stride]), 0) }
            forward(line, into: spectrum)
            for index in 0..<newCount { kept[index] = .zero }
            for part in parts { kept[part.new] += product(spectrum[part.old], part.factor) }
            inverse(kept, into: resampled)
            for index in 0..<newCount { result[index * stride] = Float(resampled[index].x) }
        }
    }
}
