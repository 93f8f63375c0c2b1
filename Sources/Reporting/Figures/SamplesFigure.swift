import Foundation
import Imaging
import Upscaling

/// Figures of what a diffusion model draws for one image: SR3's question how far its samples can be trusted, asked of a
/// person's own scan.
public struct SamplesFigure: Sendable {
    private let drawn: DrawnSamples
    private let source: Image
    private let slice: Int
    private let range: DisplayRange
    /// The deviation shown white: the 99.5th percentile, and at least one stored unit for integers.
    private let largest: Float

    private static let margin = 16
    private static let cellLength = 288

    /// - Parameters:
    ///   - drawn: the samples with their mean and deviation.
    ///   - source: the image that was enlarged.
    ///   - slice: the one to show.
    public init(_ drawn: DrawnSamples, of source: Image, slice: Int = 0) {
        self.drawn = drawn
        self.source = source
        self.slice = slice
        range = DisplayRange(for: source)
        let upper = Percentiles(drawn.deviation).range(0, 99.5).upperBound
        let least: Float = source.header.intensity.sampleType.isFloatingPoint ? .leastNormalMagnitude : 1
        largest = max(upper, least)
    }

    /// The source, the mean and the deviation, then every sample; each whole, and the same detail of it enlarged.
    public var contactSheet: Canvas {
        let mean = Picture(drawn.mean, slice: slice, range: range)
        let factor = max(1, Self.cellLength / max(1, min(mean.width, mean.height) / 5))
        let length = min(Self.cellLength / factor, mean.width, mean.height)
        let box = DetailBox.richest(in: mean, length: length)
        // Pixel for pixel, so that nothing seems to be in the source that is not.
        let large = source.pixels.slice(slice).resized(
            width: mean.width, height: mean.height, interpolation: .nearest)
        var header = drawn.mean.header
        header.slices = 1
        var cells: [(title: String, picture: Picture)] = [
            (
                "Input, \(source.header.width) × \(source.header.height)",
                Picture(Image(header: header, pixels: large), range: range)
            ),
            ("Mean of \(drawn.samples.count) samples", mean),
            ("Standard deviation, 0 to \(Self.text(largest))", deviationPicture),
        ]
        cells += drawn.samples.enumerated().map {
            ("Sample \($0.offset + 1)", Picture($0.element, slice: slice, range: range))
        }

        let columns = 3...4 ~= cells.count ? cells.count : 4
        let rows = (cells.count + columns - 1) / columns
        let detailLength = length * factor
        let overviewHeight = max(1, mean.height * detailLength / mean.width)
        let cellHeight = FigureFont.lineHeight + overviewHeight + 6 + detailLength + Self.margin
        var canvas = Canvas(
            width: Self.margin + columns * (detailLength + Self.margin), height: Self.margin + rows * cellHeight)
        for (index, cell) in cells.enumerated() {
            let x = Self.margin + index % columns * (detailLength + Self.margin)
            var y = Self.margin + index / columns * cellHeight
            canvas.write(FigureFont.bold.fitted(cell.title, into: detailLength), x: x, y: y, bold: true)
            y += FigureFont.lineHeight
            canvas.draw(cell.picture.resized(width: detailLength, height: overviewHeight), x: x, y: y)
            let share = Double(detailLength) / Double(mean.width)
            canvas.frame(
                x: x + Int(Double(box.x) * share), y: y + Int(Double(box.y) * share),
                width: Int(Double(box.width) * share), height: Int(Double(box.height) * share), thickness: 2,
                color: .marker)
            canvas.draw(
                cell.picture.cropped(to: box).magnified(by: factor), x: x, y: y + overviewHeight + 6)
        }
        return canvas
    }

    /// The deviation in the colors of a glowing body, with the scale under it in the image's stored units.
    public var deviationMap: Canvas {
        let picture = deviationPicture
        let bar = 14
        let width = max(picture.width, 160)
        var canvas = Canvas(width: width, height: picture.height + bar + FigureFont.lineHeight + 12)
        canvas.draw(picture, x: 0, y: 0)
        for x in 0..<width {
            let color = FigureColor(heat: Float(x) / Float(width - 1))
            canvas.fill(x: x, y: picture.height + 4, width: 1, height: bar, color: color)
        }
        let text = "0 to \(Self.text(largest)): standard deviation of \(drawn.samples.count) samples, stored units"
        canvas.write(FigureFont.regular.fitted(text, into: width), x: 2, y: picture.height + bar + 8)
        return canvas
    }

    /// The deviation of the slice in color; of several channels, their root mean square.
    private var deviationPicture: Picture {
        let pixels = drawn.deviation.pixels.slice(slice)
        let colors = drawn.mean.header.colorModel.colorChannels
        var shares = [Float](repeating: 0, count: pixels.planeCount)
        for index in 0..<pixels.planeCount {
            var squares: Float = 0
            for channel in 0..<colors {
                let value = pixels.samples[channel * pixels.planeCount + index]
                if !value.isNaN { squares += value * value }
            }
            shares[index] = (squares / Float(colors)).squareRoot() / largest
        }
        return Picture(heat: shares, width: pixels.width, height: pixels.height)
    }

    private static func text(_ value: Float) -> String {
        value >= 100 ? String(Int(value.rounded())) : String(format: value >= 1 ? "%.1f" : "%.3g", value)
    }
}
