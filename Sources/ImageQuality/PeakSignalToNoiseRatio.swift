import Foundation

extension Metric {
    /// Peak signal-to-noise ratio in dB; infinite for equal images.
    public static let psnr = Metric(
        "psnr", title: "PSNR in dB", decimals: 2, smallestSize: 1, .together(peakSignalToNoiseRatio))
}

/// 10 · log₁₀(L² / MSE) in dB, the squared error averaged over all samples of all planes; infinite for equal images.
func peakSignalToNoiseRatio(_ pairs: [PlanePair], dataRange: Double) -> Double {
    var sum = 0.0
    var count = 0
    for pair in pairs {
        sum += squaredError(pair.reference, pair.image)
        count += pair.count
    }
    return sum == 0 ? .infinity : 10 * log10(dataRange * dataRange * Double(count) / sum)
}

private func squaredError(_ first: [Float], _ second: [Float]) -> Double {
    first.withUnsafeBufferPointer { first in
        second.withUnsafeBufferPointer { second in
            var sums = SIMD4<Double>.zero
            let vectors = first.count / 4
            for vector in 0..<vectors {
                var difference = SIMD4<Double>()
                for lane in 0..<4 {
                    difference[lane] = Double(first[vector * 4 + lane]) - Double(second[vector * 4 + lane])
                }
                sums += difference * difference
            }
            var sum = sums.sum()
            for index in vectors * 4..<first.count {
                let difference = Double(first[index]) - Double(second[index])
                sum += difference * difference
            }
            return sum
        }
    }
}
