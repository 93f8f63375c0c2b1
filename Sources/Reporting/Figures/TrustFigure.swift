import Foundation
import Imaging
import Trust
import Upscaling

/// A sheet that says how far an enlargement can be trusted: the input, the result, the bound on its errors or why there is
/// none, and what the input did not say.
public struct TrustFigure: Sendable {
    private let result: Image
    private let source: Image
    private let bound: Result<TrustBound, TrustRefusal>
    private let slice: Int

    private static let margin = 16
    private static let cellLength = 384

    /// - Parameters:
    ///   - result: the enlarged image.
    ///   - source: that it was made from.
    ///   - bound: on its errors, or why there is none.
    ///   - slice: of a volume.
    public init(_ result: Image, of source: Image, bound: Result<TrustBound, TrustRefusal>, slice: Int = 0) {
        self.result = result
        self.source = source
        self.bound = bound
        self.slice = slice
    }

    /// The sheet.
    public var sheet: Canvas {
        let range = DisplayRange(for: source)
        let shown = Picture(result, slice: slice, range: range)
        let unsaid = unsaid
        var header = result.header
        header.slices = 1
        header.arrangement = nil
        let large = source.pixels.slice(slice).resized(
            width: shown.width, height: shown.height, interpolation: .nearest)
        var cells: [(title: String, picture: Picture, scale: Scale?)] = [
            (
                "Input, \(source.header.width) × \(source.header.height)",
                Picture(Image(header: header, pixels: large), range: range), nil
            ),
            ("Result, \(shown.width) × \(shown.height)", shown, nil),
        ]
        if case .success(let bound) = bound {
            let map = bound.map.plane(slice: slice)
            let largest = max(Percentiles(map.samples).range(0, 99.5).upperBound, .leastNormalMagnitude)
            cells.append(
                (
                    bound.objection == nil ? "Bound on the local error" : "UNCALIBRATED bound",
                    Picture(heat: map.samples.map { $0 / largest }, width: map.width, height: map.height),
                    Scale(text: "0 to \(text(largest))", isSigned: false)
                ))
        }
        cells.append(
            (
                "What the input did not say",
                Picture(
                    differences: unsaid.shares, width: shown.width, height: shown.height),
                Scale(text: "−\(text(unsaid.largest)) to \(text(unsaid.largest))", isSigned: true)
            ))
        let height = max(1, shown.height * Self.cellLength / shown.width)
        let lines = statement.flatMap {
            Self.wrapped($0, into: cells.count * (Self.cellLength + Self.margin) - Self.margin)
        }
        let cellHeight = FigureFont.lineHeight + height + 14 + FigureFont.lineHeight
        var canvas = Canvas(
            width: Self.margin + cells.count * (Self.cellLength + Self.margin),
            height: 3 * Self.margin + cellHeight + lines.count * FigureFont.lineHeight)
        for (index, cell) in cells.enumerated() {
            let x = Self.margin + index * (Self.cellLength + Self.margin)
            var y = Self.margin
            canvas.write(FigureFont.bold.fitted(cell.title, into: Self.cellLength), x: x, y: y, bold: true)
            y += FigureFont.lineHeight
            canvas.draw(cell.picture.resized(width: Self.cellLength, height: height), x: x, y: y)
            guard let scale = cell.scale else { continue }
            y += height + 4
            for column in 0..<Self.cellLength {
                let share = Float(column) / Float(Self.cellLength - 1)
                canvas.fill(
                    x: x + column, y: y, width: 1, height: 8,
                    color: scale.isSigned ? FigureColor(difference: 2 * share - 1) : FigureColor(heat: share))
            }
            canvas.write(scale.text + ", \(unit)", x: x, y: y + 10)
        }
        for (index, line) in lines.enumerated() {
            canvas.write(line, x: Self.margin, y: 2 * Self.margin + cellHeight + index * FigureFont.lineHeight)
        }
        return canvas
    }

    private struct Scale {
        var text: String
        var isSigned: Bool
    }

    private var statement: [String] {
        switch bound {
        case .success(let bound): [bound.statement]
        case .failure(let refusal):
            ["No bound: \(refusal).", "What the input did not say needs no calibration and promises nothing."]
        }
    }

    private var unit: String {
        if case .dicom(let source) = source.header.source, source.modality == "CT" { return "HU" }
        return source.header.intensity.slope == 1 ? "stored units" : "the image's units"
    }

    /// In the image's units.
    private func text(_ value: Float) -> String {
        let value = Double(value) * abs(source.header.intensity.slope)
        return value >= 100 ? String(Int(value.rounded())) : String(format: value >= 1 ? "%.1f" : "%.3g", value)
    }

    /// What the input did not say, as shares of its 99.5th percentile; of colors, their mean.
    private var unsaid: (shares: [Float], largest: Float) {
        let pixels: Pixels
        if result.header.slices > 1 {
            let one = Image(header: sliceHeader(result), pixels: result.pixels.slice(slice))
            let from = Image(header: sliceHeader(source), pixels: source.pixels.slice(slice))
            pixels = one.unsaid(by: from)
        } else {
            pixels = result.unsaid(by: source)
        }
        let colors = result.header.colorModel.colorChannels
        var mean = [Float](repeating: 0, count: pixels.planeCount)
        for color in 0..<colors {
            for (index, sample) in pixels.samples[pixels.planeRange(channel: color)].enumerated() {
                mean[index] += sample / Float(colors)
            }
        }
        let largest = max(Percentiles(mean.map(abs)).range(0, 99.5).upperBound, .leastNormalMagnitude)
        return (mean.map { $0 / largest }, largest)
    }

    private func sliceHeader(_ image: Image) -> ImageHeader {
        var header = image.header
        header.slices = 1
        header.arrangement = nil
        return header
    }

    /// Lines of at most `limit` pixels, broken between words.
    private static func wrapped(_ text: String, into limit: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, FigureFont.regular.width(of: last + " " + word) <= limit {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
