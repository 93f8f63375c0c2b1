import Foundation

/// A piece of a page. What a literal says is markup; every text put into it is escaped, every ``HTML`` is not.
public struct HTML: Sendable, ExpressibleByStringInterpolation {
    /// The markup.
    public let text: String

    public init(stringLiteral text: String) { self.text = text }

    public init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

        public mutating func appendLiteral(_ literal: String) { text += literal }

        public mutating func appendInterpolation(_ value: String) { text += HTML.escaped(value) }

        public mutating func appendInterpolation(_ value: Int) { text += String(value) }

        /// A coordinate, to a tenth.
        public mutating func appendInterpolation(_ value: Double) {
            let tenths = (value * 10).rounded() / 10
            text += tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
        }

        public mutating func appendInterpolation(_ value: HTML) { text += value.text }

        public mutating func appendInterpolation(_ values: [HTML]) { for value in values { text += value.text } }
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
