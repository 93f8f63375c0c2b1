import Foundation

/// A media type with its parameters (RFC 9110, 8.3.1), as Content-Type and Accept state it.
public struct MediaType: Sendable, Equatable, CustomStringConvertible {
    /// In lower case: `application/dicom`.
    public var name: String
    /// Values by name; names in lower case, values without their quotes.
    public var parameters: [String: String]

    /// - Parameters:
    ///   - name: in lower case.
    ///   - parameters: values by names in lower case.
    public init(_ name: String, _ parameters: [String: String] = [:]) {
        self.name = name
        self.parameters = parameters
    }

    /// - Parameter text: `multipart/related; type="application/dicom"; boundary=x`; `nil` where it is no media type.
    public init?(parsing text: String) {
        var pieces = Self.split(text, at: ";")
        let name = pieces.removeFirst().lowercased()
        guard name.split(separator: "/", omittingEmptySubsequences: false).count == 2, !name.hasPrefix("/"),
            !name.hasSuffix("/"), !name.contains(where: \.isWhitespace)
        else { return nil }
        var parameters: [String: String] = [:]
        for piece in pieces where !piece.isEmpty {
            guard let equals = piece.firstIndex(of: "=") else { return nil }
            let key = piece[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
            let value = piece[piece.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            guard parameters.updateValue(Self.unquoted(value), forKey: key) == nil else { return nil }
        }
        self.init(name, parameters)
    }

    /// The media types of an Accept header, in its order; those that are none are left out.
    ///
    /// - Parameter text: the header's value.
    public static func list(_ text: String) -> [MediaType] { split(text, at: ",").compactMap(MediaType.init(parsing:)) }

    static let dicom = MediaType("application/dicom")
    static let dicomJSON = MediaType("application/dicom+json")

    /// Of parts of this type, in a message that `boundary` takes apart.
    static func multipart(_ type: String, boundary: String) -> MediaType {
        MediaType("multipart/related", ["type": type, "boundary": boundary])
    }

    public var description: String {
        let order = parameters.sorted { $0.key < $1.key }
        return name + order.map { "; \($0.key)=\(Self.isToken($0.value) ? $0.value : "\"\($0.value)\"")" }.joined()
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789.-_*".unicodeScalars.contains($0))
            }
    }

    /// At separators outside of quotes.
    private static func split(_ text: String, at separator: Character) -> [String] {
        var pieces = [""]
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if character == separator, !isQuoted {
                pieces.append("")
                continue
            }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = isQuoted && character == "\\" && !isEscaped
            pieces[pieces.count - 1].append(character)
        }
        return pieces.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        var result = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }
}
