import Evaluation
import Foundation
import Imaging
import Reporting
import TestSupport
import Testing

@Suite struct FigureTests {
    private func image(_ samples: [Float], width: Int, _ intensity: Intensity) -> Image {
        Image(
            header: ImageHeader(width: width, height: samples.count / width, intensity: intensity),
            pixels: Pixels(width: width, height: samples.count / width, samples: samples))
    }

    @Test("the window of a file decides what is black and white, in stored units")
    func window() {
        let window = Window(center: 40, width: 400)
        let scan = image([0, 1], width: 2, Intensity(sampleType: .int16, slope: 2, intercept: -1024, window: window))
        #expect(DisplayRange(for: scan) == DisplayRange(black: 432, white: 632))
    }

    @Test("where low is bright, black and white change places")
    func polarity() {
        let intensity = Intensity(sampleType: .uint8, polarity: .brightIsLow)
        let picture = Picture(
            image([0, 255], width: 2, intensity), range: DisplayRange(for: image([0, 255], width: 2, intensity)))
        #expect(picture.pixels.samples == [255, 0])
    }

    @Test("samples beyond the window stay black and white")
    func clipping() {
        let picture = Picture(
            image([-50, 0, 50, 100, 900], width: 5, Intensity(sampleType: .int16)),
            range: DisplayRange(black: 0, white: 100))
        #expect(picture.pixels.samples == [0, 0, 128, 255, 255])
    }

    @Test("the richest detail is where the structure is")
    func richestDetail() {
        var samples = [Float](repeating: 100, count: 200 * 200)
        for y in 120..<150 { for x in 60..<90 { samples[y * 200 + x] = (x + y) % 2 == 0 ? 90 : 110 } }
        let picture = Picture(
            image(samples, width: 200, Intensity(sampleType: .uint8)), range: DisplayRange(black: 0, white: 255))
        let box = DetailBox.richest(in: picture, length: 30)
        #expect(abs(box.x - 60) <= 3 && abs(box.y - 120) <= 3)
        #expect(box.width == 30 && box.height == 30)
    }

    @Test("a magnified pixel is a square of its own shade")
    func magnification() {
        let picture = Picture(
            image([10, 200], width: 2, Intensity(sampleType: .uint8)), range: DisplayRange(black: 0, white: 255)
        ).magnified(by: 3)
        #expect(
            picture.pixels.samples == [10, 10, 10, 200, 200, 200].map { Float($0) } + [10, 10, 10, 200, 200, 200] + [
                10, 10, 10, 200, 200, 200,
            ])
    }

    @Test("letters leave ink of their own width, and nothing beyond")
    func letters() {
        var canvas = Canvas(width: 100, height: 20)
        canvas.write("HH", x: 10, y: 0)
        let width = FigureFont.regular.width(of: "HH")
        let columns = (0..<100).filter { x in (0..<20).contains { canvas.bytes[($0 * 100 + x) * 3] < 128 } }
        #expect(columns.first! >= 10 && columns.last! < 10 + width)
        #expect(columns.count >= 4)
        #expect(FigureFont.regular.width(of: "H") * 2 == width)
        #expect(
            FigureFont.regular.width(of: "ü") > 0
                && FigureFont.regular.width(of: "漢") == FigureFont.regular.width(of: "?"))
    }

    @Test("a text too wide loses its middle")
    func fitting() {
        let text = "a-very-long-file-name-of-a-scan.dcm"
        let fitted = FigureFont.regular.fitted(text, into: 100)
        #expect(FigureFont.regular.width(of: fitted) <= 100)
        #expect(fitted.hasPrefix("a-v") && fitted.hasSuffix("cm") && fitted.contains("…"))
        #expect(FigureFont.regular.fitted("short", into: 100) == "short")
    }

    @Test("the figure shows the detail of each panel untouched")
    func figure() {
        let range = DisplayRange(black: 0, white: 255)
        let truth = Picture(Phantom.gray(width: 64, height: 52), range: range)
        let box = DetailBox(x: 8, y: 8, width: 20, height: 20)
        let canvas = ComparisonFigure.againstTruth(
            ComparisonPanel(title: "truth", picture: truth),
            [ComparisonPanel(title: "method", caption: ["PSNR"], picture: truth)], detail: box)
        let detail = truth.cropped(to: box).magnified(by: 16).pixels.samples.map { UInt8($0) }
        // Each of the two panels holds the detail's first row of pixels somewhere.
        let row = detail.prefix(320)
        let found = (0..<canvas.height).reduce(0) { count, y in
            let line = (0..<canvas.width).map { canvas.bytes[(y * canvas.width + $0) * 3] }
            return count + (0...line.count - 320).count { line[$0..<$0 + 320].elementsEqual(row) }
        }
        #expect(found >= 2 * 16)
    }
}
