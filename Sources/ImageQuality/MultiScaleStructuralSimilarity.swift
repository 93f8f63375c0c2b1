import Foundation

extension Metric {
    /// Multi-scale structural similarity over five scales (Wang et al. 2003).
    public static let multiScaleSSIM = Metric(
        "msssim.wang2003", title: "MS-SSIM, five scales (Wang et al. 2003)", smallestSize: 176,
        .apart(multiScaleStructuralSimilarity))
}

/// MS-SSIM: ∏ csⱼ^wⱼ over the first four scales times SSIM^w₅ at the coarsest, each the mean over its scale, with the
/// window of ``structuralSimilarity(_:window:dataRange:)``; a scale whose mean is negative counts as 0.
///
/// Wang, Simoncelli, Bovik, "Multiscale structural similarity for image quality assessment", 2003. From scale to scale
/// 2 × 2 pixels are averaged; an odd last row or column is repeated.
func multiScaleStructuralSimilarity(_ pair: PlanePair, dataRange: Double) -> Double? {
    let weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    var pair = pair
    var product = 1.0
    for (scale, weight) in weights.enumerated() {
        let mean: Double?
        if scale == weights.count - 1 {
            mean = structuralSimilarity(pair, window: .gaussian11, dataRange: dataRange)
        } else {
            mean = SlidingWindow.gaussian11.mean(over: pair, of: ContrastAndStructure(dataRange: dataRange))
            pair = PlanePair(
                width: (pair.width + 1) / 2, height: (pair.height + 1) / 2,
                reference: halved(pair.reference, width: pair.width, height: pair.height),
                image: halved(pair.image, width: pair.width, height: pair.height),
                excluded: pair.excluded.map {
                    halved($0.map { $0 ? 1 : 0 }, width: pair.width, height: pair.height).map { $0 > 0 }
                })
        }
        guard let mean else { return nil }
        product *= pow(max(mean, 0), weight)
    }
    return product
}

private func halved(_ samples: [Float], width: Int, height: Int) -> [Float] {
    let newWidth = (width + 1) / 2
    let newHeight = (height + 1) / 2
    return [Float](unsafeUninitializedCapacity: newWidth * newHeight) { result, count in
        count = newWidth * newHeight
        samples.withUnsafeBufferPointer { samples in
            for row in 0..<newHeight {
                let upper = 2 * row * width
                let lower = min(2 * row + 1, height - 1) * width
                for column in 0..<newWidth {
                    let left = 2 * column
                    let right = min(left + 1, width - 1)
                    let top = samples[upper + left] + samples[upper + right]
                    let bottom = samples[lower + left] + samples[lower + right]
                    result[row * newWidth + column] = 0.25 * (top + bottom)
                }
            }
        }
    }
}
