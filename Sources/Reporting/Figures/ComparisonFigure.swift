import Imaging

/// What one method made of an image, for a figure.
public struct ComparisonPanel: Sendable {
    public var title: String
    /// Lines under the detail: scores, a time.
    public var caption: [String]
    public var picture: Picture

    public init(title: String, caption: [String] = [], picture: Picture) {
        self.title = title
        self.caption = caption
        self.picture = picture
    }
}

/// The figures of super-resolution papers: what several methods made of one image, and one detail of it enlarged.
public struct ComparisonFigure: Sendable {
    private static let margin = 16
    private static let detailLength = 320

    /// How many times a detail is enlarged, and the pixels of a result that it shows along each axis, so that about a
    /// fifth of the shorter side fills the panel.
    private static func magnification(_ picture: Picture) -> Int {
        let wanted = Double(detailLength) / (Double(min(picture.width, picture.height)) / 5)
        return min(max(Int(wanted.rounded()), 1), 8)
    }

    /// The detail that a figure of such pictures shows where the user names none.
    public static func detail(of picture: Picture) -> DetailBox {
        DetailBox.richest(in: picture, length: detailLength / magnification(picture))
    }

    /// The ground truth with its box on the left, and beside it the detail as each method made it.
    ///
    /// - Parameters:
    ///   - truth: the first panel, and the picture that the box is drawn on.
    ///   - panels: one a method, of the same size as the truth.
    ///   - detail: what is enlarged, in the truth's pixels.
    public static func againstTruth(_ truth: ComparisonPanel, _ panels: [ComparisonPanel], detail: DetailBox) -> Canvas
    {
        let factor = max(1, detailLength / max(detail.width, detail.height))
        let (panelWidth, panelHeight) = (detail.width * factor, detail.height * factor)
        let all = [truth] + panels
        let columns = all.count <= 4 ? all.count : (all.count + 1) / 2
        let rows = (all.count + columns - 1) / columns
        let captionLines = all.map(\.caption.count).max() ?? 0
        let cellWidth = max(panelWidth, 200)
        let cellHeight = FigureFont.lineHeight * (1 + captionLines) + panelHeight + 12
        let gridHeight = rows * cellHeight + (rows - 1) * margin

        let overviewHeight = min(max(gridHeight - FigureFont.lineHeight * 2, 240), 720)
        let overviewWidth = max(1, truth.picture.width * overviewHeight / truth.picture.height)
        let left = margin * 2 + overviewWidth
        var canvas = Canvas(
            width: left + columns * (cellWidth + margin),
            height: margin * 2 + max(gridHeight, overviewHeight + FigureFont.lineHeight * 2))

        let top = margin + FigureFont.lineHeight + 4
        canvas.write(
            FigureFont.bold.fitted(truth.title, into: overviewWidth), x: margin, y: margin, bold: true)
        canvas.drawOverview(truth.picture, x: margin, y: top, width: overviewWidth, height: overviewHeight, box: detail)
        for (index, panel) in all.enumerated() {
            let x = left + index % columns * (cellWidth + margin)
            let y = margin + index / columns * (cellHeight + margin)
            canvas.write(
                FigureFont.bold.fitted(index == 0 ? "Ground truth" : panel.title, into: cellWidth), x: x, y: y,
                bold: true)
            canvas.draw(panel.picture.cropped(to: detail).magnified(by: factor), x: x, y: y + FigureFont.lineHeight + 4)
            canvas.writeCaption(panel.caption, x: x, y: y + FigureFont.lineHeight + 8 + panelHeight, width: cellWidth)
        }
        return canvas
    }

    /// Whole results beside each other, each with the detail under it, where there is no ground truth.
    public static func sideBySide(_ panels: [ComparisonPanel], detail: DetailBox) -> Canvas {
        precondition(!panels.isEmpty, "a figure needs a panel")
        let factor = max(1, (detailLength * 5 / 4) / max(detail.width, detail.height))
        let (detailWidth, detailHeight) = (detail.width * factor, detail.height * factor)
        let cellWidth = max(detailWidth, 320)
        let picture = panels[0].picture
        let overviewHeight = max(1, picture.height * cellWidth / picture.width)
        let captionLines = panels.map(\.caption.count).max() ?? 0
        let overviewTop = margin + FigureFont.lineHeight + 4
        let detailTop = overviewTop + overviewHeight + margin
        var canvas = Canvas(
            width: margin + panels.count * (cellWidth + margin),
            height: detailTop + detailHeight + 8 + captionLines * FigureFont.lineHeight + margin)
        for (index, panel) in panels.enumerated() {
            let x = margin + index * (cellWidth + margin)
            canvas.write(FigureFont.bold.fitted(panel.title, into: cellWidth), x: x, y: margin, bold: true)
            canvas.drawOverview(
                panel.picture, x: x, y: overviewTop, width: cellWidth, height: overviewHeight, box: detail)
            canvas.draw(panel.picture.cropped(to: detail).magnified(by: factor), x: x, y: detailTop)
            canvas.writeCaption(panel.caption, x: x, y: detailTop + detailHeight + 8, width: cellWidth)
        }
        return canvas
    }
}

extension Canvas {
    fileprivate mutating func drawOverview(
        _ picture: Picture, x: Int, y: Int, width: Int, height: Int, box: DetailBox
    ) {
        draw(picture.resized(width: width, height: height), x: x, y: y)
        let (sx, sy) = (Double(width) / Double(picture.width), Double(height) / Double(picture.height))
        frame(
            x: x + Int((Double(box.x) * sx).rounded()), y: y + Int((Double(box.y) * sy).rounded()),
            width: Int((Double(box.width) * sx).rounded()), height: Int((Double(box.height) * sy).rounded()),
            thickness: 2, color: .marker)
    }

    fileprivate mutating func writeCaption(_ lines: [String], x: Int, y: Int, width: Int) {
        for (index, line) in lines.enumerated() {
            write(
                FigureFont.regular.fitted(line, into: width), x: x, y: y + index * FigureFont.lineHeight,
                color: .faintInk)
        }
    }
}
