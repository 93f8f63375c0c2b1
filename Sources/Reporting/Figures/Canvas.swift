import Foundation
import Imaging

/// A colour of a figure, 0 to 255.
public struct FigureColor: Sendable, Equatable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        (self.red, self.green, self.blue) = (red, green, blue)
    }

    public static let paper = FigureColor(255, 255, 255)
    public static let ink = FigureColor(28, 30, 33)
    public static let faintInk = FigureColor(96, 102, 110)
    public static let marker = FigureColor(255, 196, 0)
}

/// A sheet to put pictures, boxes and labels on: 8-bit RGB, rows from top to bottom.
public struct Canvas: Sendable {
    public let width: Int
    public let height: Int
    /// Red, green, blue of each pixel.
    public private(set) var bytes: [UInt8]

    public init(width: Int, height: Int, color: FigureColor = .paper) {
        self.width = width
        self.height = height
        bytes = [UInt8](repeating: 255, count: width * height * 3)
        fill(x: 0, y: 0, width: width, height: height, color: color)
    }

    private mutating func set(_ x: Int, _ y: Int, _ color: FigureColor) {
        guard x >= 0, y >= 0, x < width, y < height else { return }
        let index = (y * width + x) * 3
        bytes[index] = color.red
        bytes[index + 1] = color.green
        bytes[index + 2] = color.blue
    }

    /// Fills a rectangle; what lies outside the sheet is left out.
    public mutating func fill(x: Int, y: Int, width: Int, height: Int, color: FigureColor) {
        for row in y..<y + height { for column in x..<x + width { set(column, row, color) } }
    }

    /// Draws a frame of `thickness` pixels around (not over) a rectangle.
    public mutating func frame(x: Int, y: Int, width: Int, height: Int, thickness: Int, color: FigureColor) {
        let t = thickness
        fill(x: x - t, y: y - t, width: width + 2 * t, height: t, color: color)
        fill(x: x - t, y: y + height, width: width + 2 * t, height: t, color: color)
        fill(x: x - t, y: y, width: t, height: height, color: color)
        fill(x: x + width, y: y, width: t, height: height, color: color)
    }

    /// Puts a picture on the sheet.
    public mutating func draw(_ picture: Picture, x: Int, y: Int) {
        let color = picture.pixels.channels == 3
        let count = picture.pixels.planeCount
        for row in 0..<picture.height {
            for column in 0..<picture.width {
                let index = row * picture.width + column
                let red = UInt8(picture.pixels.samples[index])
                set(
                    x + column, y + row,
                    color
                        ? FigureColor(
                            red, UInt8(picture.pixels.samples[count + index]),
                            UInt8(picture.pixels.samples[2 * count + index]))
                        : FigureColor(red, red, red))
            }
        }
    }

    /// Writes one line of text, `y` at the top of the line.
    public mutating func write(_ text: String, x: Int, y: Int, bold: Bool = false, color: FigureColor = .ink) {
        var pen = x
        for glyph in (bold ? FigureFont.bold : .regular).glyphs(of: text) {
            for row in 0..<glyph.height {
                for column in 0..<glyph.width {
                    let coverage = Int(glyph.coverage[row * glyph.width + column])
                    let (px, py) = (pen + glyph.left + column, y + FigureFont.ascent + glyph.top + row)
                    guard coverage > 0, px >= 0, py >= 0, px < width, py < height else { continue }
                    let index = (py * width + px) * 3
                    for (offset, ink) in [color.red, color.green, color.blue].enumerated() {
                        let paper = Int(bytes[index + offset])
                        bytes[index + offset] = UInt8((paper * (15 - coverage) + Int(ink) * coverage + 7) / 15)
                    }
                }
            }
            pen += glyph.advance
        }
    }

    /// The sheet as an image to be written, as PNG for example.
    public var image: Image {
        var samples = [Float](repeating: 0, count: bytes.count)
        for index in 0..<width * height {
            for channel in 0..<3 { samples[channel * width * height + index] = Float(bytes[index * 3 + channel]) }
        }
        return Image(
            header: ImageHeader(
                width: width, height: height, colorModel: .rgb, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: width, height: height, channels: 3, samples: samples))
    }
}
