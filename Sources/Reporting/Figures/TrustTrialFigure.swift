import Evaluation
import Foundation
import Imaging
import Trust

/// Bounds beside the errors that they are about: a row an image, both in one scale, and marked where the error is more.
struct TrustTrialFigure {
    private let images: [TrustEvaluation.Shown]

    private static let margin = 16
    private static let cellLength = 320

    init(_ images: [TrustEvaluation.Shown]) { self.images = images }

    var sheet: Canvas {
        let heights = images.map { image in
            let header = image.verdict.result.header
            return max(1, header.height * Self.cellLength / header.width)
        }
        let above = 2 * FigureFont.lineHeight
        var canvas = Canvas(
            width: Self.margin + 4 * (Self.cellLength + Self.margin),
            height: Self.margin + heights.reduce(0) { $0 + $1 + above + Self.margin })
        var y = Self.margin
        for (image, height) in zip(images, heights) {
            canvas.write(title(of: image), x: Self.margin, y: y, bold: true)
            for (column, cell) in cells(of: image).enumerated() {
                let x = Self.margin + column * (Self.cellLength + Self.margin)
                canvas.write(
                    FigureFont.regular.fitted(cell.title, into: Self.cellLength), x: x, y: y + FigureFont.lineHeight)
                canvas.draw(cell.picture.resized(width: Self.cellLength, height: height), x: x, y: y + above)
            }
            y += above + height + Self.margin
        }
        return canvas
    }

    private func title(of image: TrustEvaluation.Shown) -> String {
        let share = Double(image.verdict.outside) / Double(image.verdict.places) * 100
        let outside = share.formatted(.number.precision(.fractionLength(2)).locale(.init(identifier: "en_US_POSIX")))
        let refused = image.verdict.bound.objection.map { "; refused: \($0)" } ?? ""
        return "\(image.name): \(outside) % of its places outside the bound\(refused)"
    }

    private func cells(of image: TrustEvaluation.Shown) -> [(title: String, picture: Picture)] {
        let verdict = image.verdict
        let slice = verdict.result.header.slices / 2
        let bound = verdict.bound.map.plane(slice: slice)
        let error = verdict.error.plane(slice: slice)
        let largest = max(Percentiles(bound.samples).range(0, 99.5).upperBound, .leastNormalMagnitude)
        func heat(_ pixels: Pixels) -> Picture {
            Picture(heat: pixels.samples.map { $0 / largest }, width: pixels.width, height: pixels.height)
        }
        let over = zip(error.samples, bound.samples).map { max(0, $0 - $1) / largest }
        return [
            ("Result", Picture(verdict.result, slice: slice, range: DisplayRange(for: verdict.input))),
            ("Bound", heat(bound)), ("True local error, same scale", heat(error)),
            ("Where the error is more", Picture(heat: over, width: bound.width, height: bound.height)),
        ]
    }
}

extension TrustEvaluation {
    /// Images beside their bounds and true errors, for people; `nil` where none was tested.
    public var figure: Canvas? { shown.isEmpty ? nil : TrustTrialFigure(shown).sheet }
}
