import Foundation
import Imaging

/// How stored samples become shades on a screen.
public struct DisplayRange: Sendable, Equatable {
    /// The stored sample that is shown black, and the one shown white; black is the greater where low is bright.
    public var black: Float
    public var white: Float

    public init(black: Float, white: Float) {
        self.black = black
        self.white = white
    }

    /// What a viewer would choose for an image: the window its file names, the whole range of 8-bit samples, and
    /// otherwise the range between the percentiles 0.5 and 99.5 of all its slices.
    public init(for image: Image) {
        let intensity = image.header.intensity
        var range: ClosedRange<Float>
        if let window = intensity.window, window.width > 0, intensity.slope != 0 {
            let ends = [window.center - window.width / 2, window.center + window.width / 2]
                .map { Float(($0 - intensity.intercept) / intensity.slope) }
            range = ends.min()!...ends.max()!
        } else if let declared = intensity.storedRange, intensity.sampleType.bits == 8 {
            range = declared
        } else {
            range = Percentiles(image).range(0.5, 99.5)
        }
        if range.lowerBound == range.upperBound { range = range.lowerBound...(range.upperBound + 1) }
        let reversed = intensity.polarity == .brightIsLow
        self.init(
            black: reversed ? range.upperBound : range.lowerBound, white: reversed ? range.lowerBound : range.upperBound
        )
    }
}

extension Image {
    /// The least and the greatest of its samples, opacity and samples without data left out; 0…0 where none holds any.
    public var extent: ClosedRange<Float> {
        var (least, greatest) = (Float.infinity, -Float.infinity)
        let isMissing = uncounted?.isMissing
        pixels.samples.withUnsafeBufferPointer { samples in
            for slice in 0..<pixels.slices {
                for channel in 0..<header.colorModel.colorChannels {
                    for index in pixels.planeRange(slice: slice, channel: channel) where isMissing?[index] != true {
                        least = min(least, samples[index])
                        greatest = max(greatest, samples[index])
                    }
                }
            }
        }
        return least <= greatest ? least...greatest : 0...0
    }
}

/// A slice of an image made to be looked at: gray or RGB, whole numbers 0 to 255.
public struct Picture: Sendable {
    public let pixels: Pixels
    public var width: Int { pixels.width }
    public var height: Int { pixels.height }

    /// Samples without data are black.
    ///
    /// - Precondition: `image` has the slice.
    public init(_ image: Image, slice: Int = 0, range: DisplayRange) {
        let colors = image.header.colorModel.colorChannels
        let source = image.pixels.slice(slice)
        let gain = 255 / (range.white - range.black)
        let padding = image.header.padding
        pixels = Pixels(
            width: source.width, height: source.height, channels: colors,
            samples: source.samples.prefix(colors * source.planeCount).map {
                let level = (($0 - range.black) * gain).rounded()
                // NaN is not above 0 either.
                return level > 0 && padding?.contains($0) != true ? min(level, 255) : 0
            })
    }

    private init(pixels: Pixels) { self.pixels = pixels }

    /// The part of it that lies in a box.
    public func cropped(to box: DetailBox) -> Picture {
        Picture(pixels: pixels.cropped(columns: box.x..<box.x + box.width, rows: box.y..<box.y + box.height))
    }

    /// Each pixel as a square of `factor` × `factor`, so that nothing is added to what a method made.
    public func magnified(by factor: Int) -> Picture {
        guard factor > 1 else { return self }
        return Picture(
            pixels: pixels.resized(width: width * factor, height: height * factor, interpolation: .nearest))
    }

    /// At another size, smooth; for overviews.
    public func resized(width: Int, height: Int) -> Picture {
        guard width != self.width || height != self.height else { return self }
        var result = pixels.resized(width: width, height: height)
        for index in result.samples.indices {
            result.samples[index] = min(max(result.samples[index].rounded(), 0), 255)
        }
        return Picture(pixels: result)
    }
}

/// A rectangle of an image, in its pixels.
public struct DetailBox: Sendable, Equatable, Codable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    /// The same part of the field of view on a grid `factor` times as fine.
    public func scaled(by factor: Int) -> DetailBox {
        DetailBox(x: x * factor, y: y * factor, width: width * factor, height: height * factor)
    }

    /// The square of `length` pixels in which a picture has most structure: the one with the greatest sum of squared
    /// differences between neighbours, looked for on a grid of an eighth of its length and away from the margins, where
    /// scanners burn in text.
    public static func richest(in picture: Picture, length: Int) -> DetailBox {
        let (width, height) = (picture.width, picture.height)
        let side = min(length, width, height)
        // Sums over rectangles from the top left corner.
        var sums = [Double](repeating: 0, count: (width + 1) * (height + 1))
        let samples = picture.pixels.samples
        for y in 0..<height {
            var row = 0.0
            for x in 0..<width {
                let here = samples[y * width + x]
                let right = samples[y * width + min(x + 1, width - 1)]
                let below = samples[min(y + 1, height - 1) * width + x]
                let energy = (right - here) * (right - here) + (below - here) * (below - here)
                // A few extreme edges must not outweigh a field of fine structure.
                row += Double(min(energy, 2500))
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row
            }
        }
        let (marginX, marginY) = (min(width / 8, (width - side) / 2), min(height / 8, (height - side) / 2))
        var best = DetailBox(x: (width - side) / 2, y: (height - side) / 2, width: side, height: side)
        var most = -1.0
        let step = max(1, side / 8)
        for y in stride(from: marginY, through: height - side - marginY, by: step) {
            for x in stride(from: marginX, through: width - side - marginX, by: step) {
                let sum =
                    sums[(y + side) * (width + 1) + x + side] - sums[y * (width + 1) + x + side]
                    - sums[(y + side) * (width + 1) + x] + sums[y * (width + 1) + x]
                if sum > most { (most, best) = (sum, DetailBox(x: x, y: y, width: side, height: side)) }
            }
        }
        return best
    }
}
