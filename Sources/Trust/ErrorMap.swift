import Foundation
import Imaging

/// Errors and doubts of an enlargement whose truth is known, at all places that count.
struct ErrorMap {
    private let error: Pixels
    private let doubt: Pixels
    /// Squared differences from the truth, place by place, the mean of an image's colours.
    private let squares: Pixels
    /// 255ths of the range in a stored unit.
    private let unit: Float
    private let counted: [Int]

    /// - Parameters:
    ///   - truth: what the result should be, without opacity or with.
    ///   - missing: samples of the truth that hold no data.
    ///   - score: the doubt.
    init(_ enlargement: Enlargement, truth: Pixels, missing: NoDataMask?, score: DoubtScore) {
        error = LocalError.map(enlargement.result, truth, colors: enlargement.colors, scale: enlargement.scale)
        doubt = enlargement.doubt(score)
        squares = LocalError.squares(enlargement.result, truth, colors: enlargement.colors)
        unit = Float(255 / enlargement.rangeWidth)
        let counts = enlargement.counted(missing: missing)
        counted = counts.indices.filter { counts[$0] }
    }

    /// Errors as multiples of the doubt.
    var ratios: [Float] { counted.map { error.samples[$0] / doubt.samples[$0] } }

    /// Slice by slice, how many times its doubt an error is at most but for a share of the places that count; slices without any
    /// are left out.
    func largestRatios(except exceptions: Double) -> [Double] {
        bySlice.map { places in
            var ratios = places.map { error.samples[$0] / doubt.samples[$0] }
            return Double(ratios.quantile(1 - exceptions))
        }
    }

    /// Slice by slice, the root of the mean square error over the places that count, as a multiple of the root of the doubt's mean
    /// square, and the PSNR that it makes, the range for the peak.
    var rootMeanSquares: [(ratio: Double, psnr: Double)] {
        bySlice.map { places in
            // Not quite 0, whose logarithm there is none of.
            let errors = max(places.reduce(0) { $0 + Double(squares.samples[$1]) }, .leastNormalMagnitude)
            let root = (errors / Double(places.count)).squareRoot() * Double(unit)
            return ((errors / doubt.sumOfSquares(at: places)).squareRoot(), 20 * log10(255 / root))
        }
    }

    private var bySlice: [[Int]] { Dictionary(grouping: counted) { $0 / error.planeCount }.values.map { $0 } }

    /// Doubt and error of some places, evenly spread, in 255ths of the range.
    func places(atMost count: Int) -> [(doubt: Float, error: Float)] {
        // Odd, so that not the same columns are met in each row.
        let step = max(1, counted.count / count) | 1
        return stride(from: 0, to: counted.count, by: step).map {
            (doubt.samples[counted[$0]] * unit, error.samples[counted[$0]] * unit)
        }
    }
}

extension Enlargement {
    /// The least PSNR of any slice over its body, in decibels, the range for the peak; `nil` where there is no body.
    ///
    /// - Parameters:
    ///   - doubt: of this enlargement.
    ///   - factor: how many times the doubt's root mean square the error's is at most.
    ///   - missing: samples of the result that hold no data.
    func leastPSNR(doubt: Pixels, factor: Double, missing: NoDataMask?) -> Double? {
        let counts = counted(missing: missing)
        let roots = (0..<doubt.slices).compactMap { slice -> Double? in
            let places = (slice * doubt.planeCount..<(slice + 1) * doubt.planeCount).filter { counts[$0] }
            return places.isEmpty ? nil : (doubt.sumOfSquares(at: places) / Double(places.count)).squareRoot()
        }
        return roots.max().map { 20 * log10(rangeWidth / (factor * $0)) }
    }
}

extension Pixels {
    fileprivate func sumOfSquares(at places: [Int]) -> Double {
        places.reduce(0) { $0 + Double(samples[$1]) * Double(samples[$1]) }
    }
}

extension [Float] {
    /// The value that a share of all lies at or below; they are sorted on the way.
    ///
    /// - Parameter share: from 0 to 1.
    /// - Precondition: there is one.
    mutating func quantile(_ share: Double) -> Float {
        sort()
        return self[Swift.min(count - 1, Int((share * Double(count)).rounded(.up)) - (share > 0 ? 1 : 0))]
    }
}
