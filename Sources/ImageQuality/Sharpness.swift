extension Metric {
    /// Edge energy relative to the reference's: 1 for as sharp, less for smoother. Not a measure of truth.
    public static let sharpness = Metric(
        "sharpness",
        title: "root mean square gradient over the truth's; 1 is as sharp, and says nothing about being right",
        better: .near(1), smallestSize: 2, .together { pairs, _ in ImageQuality.sharpness(pairs) })
}

/// √(Σ|∇image|² / Σ|∇reference|²), ∇ the differences to the right and to the lower neighbour: 1 where the image has as much
/// edge as the truth, less where it is smoother. It tells how sharp an image looks, not whether its edges are true: noise
/// raises it.
func sharpness(_ pairs: [PlanePair]) -> Double {
    let (image, reference) = pairs.reduce((0.0, 0.0)) { sums, pair in
        (
            sums.0 + gradientEnergy(pair.image, of: pair), sums.1 + gradientEnergy(pair.reference, of: pair)
        )
    }
    guard image.isFinite && reference.isFinite else { return .nan }
    return image == reference ? 1 : (image / reference).squareRoot()
}

private func gradientEnergy(_ plane: [Float], of pair: PlanePair) -> Double {
    let (width, height) = (pair.width, pair.height)
    return plane.withUnsafeBufferPointer { plane in
        var sum = 0.0
        for row in 0..<height - 1 {
            var rowSum: Float = 0
            for index in row * width..<row * width + width - 1 {
                if let excluded = pair.excluded, excluded[index] || excluded[index + 1] || excluded[index + width] {
                    continue
                }
                let right = plane[index + 1] - plane[index]
                let down = plane[index + width] - plane[index]
                rowSum += right * right + down * down
            }
            sum += Double(rowSum)
        }
        return sum
    }
}
