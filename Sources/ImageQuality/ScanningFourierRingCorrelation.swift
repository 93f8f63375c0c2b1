import Foundation
import Imaging

extension Metric {
    /// The share of patches of the truth that are not air and of which the image is no hallucination.
    ///
    /// Scanning Fourier ring correlation, sFRC (Kc, Zeng, Soni and Badano, "sFRC for assessing hallucinations in medical
    /// image restoration", arXiv 2603.04673, 2026), with the paper's threshold for CT. It does not tell blur from
    /// invention: bicubic interpolation is flagged more often than any network. See ``sfrcOneSided``.
    public static let sfrc = Metric(
        "sfrc", title: "share of 64² patches that sFRC does not flag (Kc et al. 2026; 0.5, 0.317 of Nyquist)",
        smallestSize: RingCorrelation.length, .apart { pair, range in soundShare(pair, range, flags: \.isLow) })

    /// ``sfrc`` of which only patches count as flagged where the image has at least as much energy as the truth beyond the
    /// frequency at which they part: detail of its own rather than detail that is missing.
    public static let sfrcOneSided = Metric(
        "sfrc.onesided", title: "the same, of flagged patches those alone that have as much fine energy as the truth",
        smallestSize: RingCorrelation.length, .apart { pair, range in soundShare(pair, range, flags: \.isInvented) })
}

private func soundShare(_ pair: PlanePair, _ dataRange: Double, flags: (RingCorrelation) -> Bool) -> Double? {
    guard pair.image.allSatisfy(\.isFinite), pair.reference.allSatisfy(\.isFinite) else { return .nan }
    let length = RingCorrelation.length
    /// Side by side, and flush with the end where they do not fill it.
    func starts(_ size: Int) -> [Int] {
        let whole = Array(stride(from: 0, through: size - length, by: length))
        return size % length == 0 ? whole : whole + [size - length]
    }
    var (count, flagged) = (0, 0)
    for row in starts(pair.height) {
        for column in starts(pair.width) {
            let indices = (row..<row + length).flatMap { $0 * pair.width + column..<$0 * pair.width + column + length }
            if let excluded = pair.excluded, indices.contains(where: { excluded[$0] }) { continue }
            let truth = indices.map { Double(pair.reference[$0]) / dataRange }
            // Not air: the paper's 200 and 150 of CT numbers from 0 to 2686.
            guard truth.count(where: { $0 > 0.0745 }) * 10 > truth.count,
                truth.reduce(0, +) / Double(truth.count) > 0.0558
            else { continue }
            count += 1
            if flags(RingCorrelation(truth, indices.map { Double(pair.image[$0]) / dataRange })) { flagged += 1 }
        }
    }
    return count == 0 ? nil : 1 - Double(flagged) / Double(count)
}

/// How far two patches agree, frequency by frequency.
private struct RingCorrelation {
    /// Of a patch's sides.
    static let length = 64
    private static let threshold = 0.5
    /// As a share of Nyquist's frequency: 0.33 of 1.04 line pairs a millimetre.
    private static let leastCrossing = 0.33 / 1.04
    private static let transform = FourierTransform(count: length)
    /// Hann's.
    private static let window = (0..<length).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(length - 1)) }

    /// Whether they part at too low a frequency.
    let isLow: Bool
    /// Whether, besides, the second has as much energy beyond it as the first.
    let isInvented: Bool

    init(_ truth: [Double], _ image: [Double]) {
        let (first, second) = (Self.spectrum(truth), Self.spectrum(image))
        let count = Self.length / 2
        // Rings at the radius rounded down, and up: the mean of both.
        var rings = [(cross: SIMD2<Double>, first: Double, second: Double)](repeating: (.zero, 0, 0), count: count + 1)
        for (index, (a, b)) in zip(first, second).enumerated() {
            let row = FourierTransform.frequency(index / Self.length, of: Self.length)
            let column = FourierTransform.frequency(index % Self.length, of: Self.length)
            let radius = Double(row * row + column * column).squareRoot()
            let cross = SIMD2(a.x * b.x + a.y * b.y, a.y * b.x - a.x * b.y)
            for ring in [Int(radius.rounded(.down)), Int(radius.rounded(.up))] where ring < count {
                rings[ring].cross += cross / 2
                rings[ring].first += (a * a).sum() / 2
                rings[ring].second += (b * b).sum() / 2
            }
        }
        let correlations = rings[..<count].map { ring in
            let power = (ring.first * ring.second).squareRoot()
            return power > 0 ? (ring.cross * ring.cross).sum().squareRoot() / power : ring.first == ring.second ? 1 : 0
        }
        // So many points from 0 to Nyquist, of which the last is left out.
        let step = 1 / Double(count - 1)
        let below = correlations.dropLast().firstIndex { $0 < Self.threshold }
        let crossing = below.map { index -> Double in
            guard index > 0 else { return 0 }
            let (before, after) = (correlations[index - 1], correlations[index])
            return (Double(index - 1) + (before - Self.threshold) / (before - after)) * step
        }
        isLow = crossing.map { $0 < Self.leastCrossing } ?? false
        let beyond = rings[(below ?? count)...]
        isInvented = isLow && beyond.reduce(0) { $0 + $1.second } >= beyond.reduce(0) { $0 + $1.first }
    }

    /// Of a patch from 0 to 1, faded out towards its edges by Hann's window.
    private static func spectrum(_ patch: [Double]) -> [SIMD2<Double>] {
        let (least, most) = (patch.min() ?? 0, patch.max() ?? 0)
        let span = most > least ? most - least : 1
        let faded = patch.enumerated().map { index, sample in
            SIMD2((sample - least) / span * window[index / length] * window[index % length], 0)
        }
        // Rows, and then columns: the transposed of the transposed.
        return transformedLines(transformedLines(faded))
    }

    /// The transform of each row, as a column.
    private static func transformedLines(_ square: [SIMD2<Double>]) -> [SIMD2<Double>] {
        var result = square
        var line = [SIMD2<Double>](repeating: .zero, count: length)
        square.withUnsafeBufferPointer { square in
            for row in 0..<length {
                transform(square.baseAddress! + row * length, into: &line)
                for column in 0..<length { result[column * length + row] = line[column] }
            }
        }
        return result
    }
}
