import Foundation
import Imaging
import Upscaling

/// The error that is promised: absolute differences averaged over a Gaussian of half an original pixel.
///
/// Not the error of single pixels: an edge that lies a fraction of a pixel elsewhere would rule every bound.
enum LocalError {
    /// Standard deviation of the average, in pixels of the result.
    static func sigma(scale: Double) -> Double { scale / 2 }

    /// Local means of |a − b|, the mean of an image's colours, opacity left out: one channel for each slice.
    ///
    /// - Precondition: both have one shape.
    static func map(_ a: Pixels, _ b: Pixels, colors: Int, scale: Double) -> Pixels {
        mean(a, b, colors: colors, of: abs).gaussianBlurred(sigma: sigma(scale: scale))
    }

    /// Squares of a − b, the mean of an image's colours, opacity left out: one channel for each slice.
    ///
    /// - Precondition: both have one shape.
    static func squares(_ a: Pixels, _ b: Pixels, colors: Int) -> Pixels { mean(a, b, colors: colors) { $0 * $0 } }

    private static func mean(_ a: Pixels, _ b: Pixels, colors: Int, of size: (Float) -> Float) -> Pixels {
        precondition(a.samples.count == b.samples.count, "images of different shapes")
        var differences = [Float](repeating: 0, count: a.slices * a.planeCount)
        let share = 1 / Float(colors)
        a.samples.withUnsafeBufferPointer { first in
            b.samples.withUnsafeBufferPointer { second in
                differences.withUnsafeMutableBufferPointer { result in
                    for slice in 0..<a.slices {
                        for color in 0..<colors {
                            let plane = a.planeRange(slice: slice, channel: color).lowerBound
                            for index in 0..<a.planeCount {
                                let difference = size(first[plane + index] - second[plane + index])
                                result[slice * a.planeCount + index] += difference * share
                            }
                        }
                    }
                }
            }
        }
        return Pixels(width: a.width, height: a.height, slices: a.slices, samples: differences)
    }
}

/// Which number says, place by place, how doubtful a result is; a calibration turns it into a bound.
public enum DoubtScore: Sendable, Equatable, Codable {
    /// How far the result is from bicubic interpolation: it costs nothing and serves every model. Of the grain that the truth
    /// has, and no method can know, a share from 0 to 1 is doubt.
    case interpolation(grain: Double)

    /// What serves most kinds of images; see docs/trust.md.
    public static let standard = DoubtScore.interpolation(grain: 0.25)
}

/// An enlargement that is to be believed or not: the image that was measured and what a method made of it.
///
/// Samples without data are to be filled in both.
struct Enlargement {
    /// The image that was measured.
    let input: Image
    let result: Pixels
    let scale: Double
    /// Width of the input's range as the first network saw it, in stored units.
    let range: IntensityRange

    var colors: Int { input.header.colorModel.colorChannels }
    var rangeWidth: Double { Double(abs(range.white - range.black)) }

    /// What is added to every score, so that none is 0: half of a 255th of the range, or half a step of the stored samples
    /// where that is more, and a share of the truth's grain. White grain of the truth is `scale` times that of its reduction.
    private func leastScore(grain: Double) -> Float {
        let step = input.header.intensity.sampleType.isFloatingPoint ? 0 : 0.5
        let noise = NoiseEstimate(of: input.pixels.brightness(), colors: 1, excluding: input.uncounted)
        return Float(max(0.5 / 255 * rangeWidth, step) + scale * grain * (noise?.fine ?? 0))
    }

    /// How doubtful each place is, in stored units, above 0: one channel for each slice.
    func doubt(_ score: DoubtScore) -> Pixels {
        switch score {
        case .interpolation(let grain):
            let interpolated = input.pixels.resized(width: result.width, height: result.height)
            var map = LocalError.map(result, interpolated, colors: colors, scale: scale)
            let least = leastScore(grain: grain)
            for index in map.samples.indices { map.samples[index] += least }
            return map
        }
    }

    /// Where there is a body: what lies above 2 % of the range in the smoothed input, and eight pixels around it.
    var body: [Bool] {
        let smooth = input.pixels.brightness().gaussianBlurred(sigma: 1)
        let (black, span) = (range.black, range.white - range.black)
        var inside = smooth
        for index in inside.samples.indices {
            inside.samples[index] = (smooth.samples[index] - black) / span > 0.02 ? 1 : 0
        }
        let margin = (8 / scale).rounded(.up)
        inside = inside.dilated(by: Int(margin))
        return inside.resized(width: result.width, height: result.height, interpolation: .nearest, antialias: false)
            .samples.map { $0 > 0.5 }
    }

    /// Where errors count: in the body, and so far from samples without data that no local mean holds any.
    ///
    /// - Parameter missing: samples of the truth that hold no data.
    func counted(missing: NoDataMask?) -> [Bool] {
        guard let missing else { return body }
        var near = Pixels(width: result.width, height: result.height, slices: result.slices)
        for slice in 0..<result.slices {
            let plane = missing.plane(slice: slice)
            for (index, isMissing) in plane.enumerated() where isMissing {
                near.samples[slice * result.planeCount + index] = 1
            }
        }
        // Four standard deviations of the mean.
        near = near.dilated(by: Int((4 * LocalError.sigma(scale: scale)).rounded(.up)))
        return zip(body, near.samples).map { $0 && $1 == 0 }
    }
}

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

    /// The luminance of colours, or the gray that there is, without opacity.
    func brightness() -> Pixels {
        if channels >= 3 { return luminance() }
        if channels == 1 { return self }
        return Pixels(
            width: width, height: height, slices: slices,
            samples: (0..<slices).flatMap { samples[planeRange(slice: $0)] })
    }

    /// The greatest of all samples within a square of `radius` pixels around each.
    fileprivate func dilated(by radius: Int) -> Pixels {
        guard radius > 0 else { return self }
        var result = self
        var line = self
        for plane in 0..<channels * slices {
            for row in 0..<height {
                let start = (plane * height + row) * width
                for column in 0..<width {
                    let window = max(0, column - radius)...min(width - 1, column + radius)
                    line.samples[start + column] = window.reduce(-.infinity) { max($0, samples[start + $1]) }
                }
            }
            for row in 0..<height {
                let window = max(0, row - radius)...min(height - 1, row + radius)
                for column in 0..<width {
                    result.samples[(plane * height + row) * width + column] = window.reduce(-.infinity) {
                        max($0, line.samples[(plane * height + $1) * width + column])
                    }
                }
            }
        }
        return result
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
