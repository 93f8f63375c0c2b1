import Foundation

/// A face of the figures' font: glyphs drawn beforehand at one size.
package struct FigureFont: Sendable {
    struct Glyph: Sendable {
        let advance: Int
        /// From the pen on the baseline to the top left corner of the ink, rightwards and downwards.
        let left: Int
        let top: Int
        let width: Int
        let height: Int
        /// How much of each pixel is inked, 0 to 15, row after row.
        let coverage: [UInt8]
    }

    package static let regular = FigureFont(FigureFontData.regular)
    package static let bold = FigureFont(FigureFontData.bold)

    /// From one baseline to the next, and from the top of a line to its baseline, in pixels.
    static let lineHeight = 20
    static let ascent = 15

    private let glyphs: [Unicode.Scalar: Glyph]

    private init(_ base64: String) {
        let data = [UInt8](Data(base64Encoded: base64)!)
        var glyphs: [Unicode.Scalar: Glyph] = [:]
        var position = 0
        while position < data.count {
            let scalar = Unicode.Scalar(UInt32(data[position]) | UInt32(data[position + 1]) << 8)!
            let (width, height) = (Int(data[position + 5]), Int(data[position + 6]))
            let bytes = (width * height + 1) / 2
            let packed = data[position + 7..<position + 7 + bytes]
            glyphs[scalar] = Glyph(
                advance: Int(data[position + 2]), left: Int(Int8(bitPattern: data[position + 3])),
                top: Int(Int8(bitPattern: data[position + 4])), width: width, height: height,
                coverage: Array(packed.flatMap { [$0 >> 4, $0 & 15] }.prefix(width * height)))
            position += 7 + bytes
        }
        self.glyphs = glyphs
    }

    /// The glyphs of a text, a question mark where the font has none.
    func glyphs(of text: String) -> [Glyph] {
        text.precomposedStringWithCanonicalMapping.unicodeScalars.map { glyphs[$0] ?? glyphs["?"]! }
    }

    /// Pixels that a text takes along the line.
    package func width(of text: String) -> Int { glyphs(of: text).reduce(0) { $0 + $1.advance } }

    /// The text, its middle left out where it is wider than `limit` pixels.
    package func fitted(_ text: String, into limit: Int) -> String {
        guard width(of: text) > limit else { return text }
        let characters = Array(text)
        for kept in stride(from: characters.count - 1, through: 1, by: -1) {
            let shorter = String(characters.prefix((kept + 1) / 2)) + "…" + String(characters.suffix(kept / 2))
            if width(of: shorter) <= limit { return shorter }
        }
        return "…"
    }
}
