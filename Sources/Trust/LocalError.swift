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

extension Pixels {
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
