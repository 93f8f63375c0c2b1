import Imaging

/// What an attribute must be (PS3.4 C.2.2.2).
public struct AttributeMatch: Sendable, Equatable {
    public var tag: DICOMTag
    /// Empty for anything; a UID, or several; a range of dates or times; text, in which `*` and `?` stand for any.
    public var pattern: String

    /// - Parameters:
    ///   - tag: of the attribute.
    ///   - pattern: what it must be.
    public init(tag: DICOMTag, pattern: String) {
        self.tag = tag
        self.pattern = pattern
    }

    /// - Parameter attribute: as a data set has it; `nil` where it has none.
    public func holds(of attribute: DICOMJSON.Attribute?) -> Bool {
        guard !pattern.isEmpty, pattern != "*" else { return true }
        guard let attribute else { return false }
        return attribute.texts.contains { holds(of: $0, attribute.representation) }
    }

    private func holds(of value: String, _ representation: String) -> Bool {
        switch representation {
        case "UI": return pattern.split { $0 == "," || $0 == "\\" }.contains { $0 == value }
        case "DA", "TM", "DT":
            guard let dash = pattern.firstIndex(of: "-") else { return value.hasPrefix(pattern) }
            let (first, last) = (pattern[..<dash], pattern[pattern.index(after: dash)...])
            // As text, which orders as time does; the end of a range takes in all that begins as it.
            return (first.isEmpty || value >= first) && (last.isEmpty || value <= last || value.hasPrefix(last))
        case "PN": return Self.matches(Array(value.lowercased()), Array(pattern.lowercased()))
        default: return Self.matches(Array(value), Array(pattern))
        }
    }

    /// In steps that grow with the product of both lengths, whatever the pattern.
    private static func matches(_ text: [Character], _ pattern: [Character]) -> Bool {
        var (place, at) = (0, 0)
        var star: (at: Int, place: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == "*" {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == "?" || pattern[at] == text[place] {
                (place, at) = (place + 1, at + 1)
            } else if let last = star {
                star = (last.at, last.place + 1)
                (place, at) = (last.place + 1, last.at + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == "*" }
    }
}
