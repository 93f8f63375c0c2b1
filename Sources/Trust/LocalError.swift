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

    /// Local means of differences that are known already, the mean of an image's colours, opacity left out.
    static func map(_ differences: Pixels, colors: Int, scale: Double) -> Pixels {
        let nothing = Pixels(
            width: differences.width, height: differences.height, channels: differences.channels,
            slices: differences.slices)
        return map(differences, nothing, colors: colors, scale: scale)
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
    /// The same, corrected place by place by what the network says of itself, where it has learned that.
    case head(grain: Double)
    /// How far samples of a model that draws them differ, a share of the grain likewise.
    case samples(grain: Double)

    /// The share of the grain that serves most kinds of images; see docs/trust.md.
    public static let standardGrain = 0.25
    /// What serves most kinds of images and every model.
    public static let standard = DoubtScore.interpolation(grain: standardGrain)

    /// - Parameters:
    ///   - kind: what the doubt is made of.
    ///   - grain: the share of the grain that is doubt, from 0 to 1.
    public init(_ kind: DoubtKind, grain: Double = standardGrain) {
        switch kind {
        case .difference: self = .interpolation(grain: grain)
        case .head: self = .head(grain: grain)
        case .samples: self = .samples(grain: grain)
        }
    }

    /// What it is made of.
    public var kind: DoubtKind {
        switch self {
        case .interpolation: .difference
        case .head: .head
        case .samples: .samples
        }
    }
}

/// What a doubt is made of, as a person names it.
public enum DoubtKind: String, Sendable, CaseIterable, Codable {
    /// The result's distance from interpolation, corrected by the network itself.
    case head
    /// The deviation of samples.
    case samples
    /// The result's distance from interpolation.
    case difference

    /// For the sentence that is said of a bound.
    var statement: String? {
        switch self {
        case .difference: nil
        case .head: "doubted by the network itself"
        case .samples: "doubted by where samples differ"
        }
    }
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
    /// What the method says itself, where the doubt is made of that.
    let selfDoubt: SelfDoubt?

    /// - Parameter made: as it was written, samples without data filled in.
    init(input: Image, made: DoubtedEnlargement, scale: Double, range: IntensityRange) {
        self.init(
            input: input, result: made.image.pixels, scale: scale, range: range, selfDoubt: made.doubt)
    }

    init(input: Image, result: Pixels, scale: Double, range: IntensityRange, selfDoubt: SelfDoubt?) {
        self.input = input
        self.result = result
        self.scale = scale
        self.range = range
        self.selfDoubt = selfDoubt
    }

    var colors: Int { input.header.colorModel.colorChannels }
    var rangeWidth: Double { Double(abs(range.white - range.black)) }

    /// What is added to every score, so that none is 0: half of a 255th of the range, or half a step of the stored samples
    /// where that is more, and a share of the truth's grain. White grain of the truth is `scale` times that of its reduction.
    private func leastScore(grain: Double) -> Float {
        let step = input.header.intensity.sampleType.isFloatingPoint ? 0 : 0.5
        let noise = NoiseEstimate(of: input.pixels.brightness(), colors: 1, excluding: input.uncounted)
        return Float(max(0.5 / 255 * rangeWidth, step) + scale * grain * (noise?.fine ?? 0))
    }

    /// How much of a head's correction is believed. Heads learn to fit most patients, at the cost of those who need the widest
    /// bound (docs/decisions/0027).
    private static let shareOfCorrection: Float = 0.5

    /// How doubtful each place is, in stored units, above 0: one channel for each slice.
    ///
    /// - Precondition: there is what the score is made of; see ``TrustedMethod``.
    func doubt(_ score: DoubtScore) -> Pixels {
        switch (score, selfDoubt) {
        case (.interpolation(let grain), _): return difference(grain: grain)
        case (.head(let grain), .correction(let correction)?):
            var map = difference(grain: grain)
            // Averaged as the error is, and as the network learned it.
            let factors = correction.resized(
                width: result.width, height: result.height, interpolation: .nearest, antialias: false
            ).gaussianBlurred(sigma: LocalError.sigma(scale: scale))
            for index in map.samples.indices {
                map.samples[index] *= exp(Self.shareOfCorrection * factors.samples[index])
            }
            return map
        case (.samples(let grain), .deviation(let deviation, _)?):
            return LocalError.map(deviation, colors: colors, scale: scale).raised(
                by: leastScore(grain: grain))
        case (.head, _), (.samples, _): preconditionFailure("a doubt that nobody uttered")
        }
    }

    private func difference(grain: Double) -> Pixels {
        let interpolated = input.pixels.resized(width: result.width, height: result.height)
        return LocalError.map(result, interpolated, colors: colors, scale: scale).raised(
            by: leastScore(grain: grain))
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

    fileprivate func raised(by amount: Float) -> Pixels {
        var result = self
        for index in result.samples.indices { result.samples[index] += amount }
        return result
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
