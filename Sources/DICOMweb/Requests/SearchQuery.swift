import Foundation
import Imaging

/// The parameters of a search (PS3.18 8.3.4).
public struct SearchQuery: Sendable, Equatable {
    /// Which attributes are told beside those that always are.
    public enum Fields: Sendable, Equatable {
        case some([DICOMTag])
        case all
    }

    /// What attributes must be, in the order given.
    public var matches: [AttributeMatch] = []
    public var fields = Fields.some([])
    /// The most results; `nil` for all.
    public var limit: Int?
    /// How many results are left out at the beginning.
    public var offset = 0
    /// Whether names that sound alike were asked for, which is not done.
    public var wantsFuzzyMatching = false

    /// Everything.
    public init() {}

    /// - Parameter items: names and values of the query, percent encoding taken away.
    /// - Throws: ``RequestError``, where a name is no attribute, or a number none.
    public init(_ items: [(name: String, value: String)]) throws(RequestError) {
        for (name, value) in items {
            switch name {
            case "limit": limit = try Self.count(name, value)
            case "offset": offset = try Self.count(name, value)
            case "fuzzymatching": wantsFuzzyMatching = value == "true"
            case "includefield":
                for field in value.split(separator: ",") {
                    if field == "all" {
                        fields = .all
                    } else if case .some(let known) = fields {
                        fields = .some(known + [try Self.tag(String(field))])
                    }
                }
            default: matches.append(AttributeMatch(tag: try Self.tag(name), pattern: value))
            }
        }
    }

    private static func count(_ name: String, _ value: String) throws(RequestError) -> Int {
        guard let number = Int(value), number >= 0 else {
            throw RequestError(.notUnderstood, "\(name) takes a whole number, not '\(value.prefix(64))'")
        }
        return number
    }

    /// By keyword, or as eight hexadecimal digits.
    private static func tag(_ name: String) throws(RequestError) -> DICOMTag {
        if name.utf8.count == 8, let number = UInt32(name, radix: 16) { return DICOMTag(rawValue: number) }
        guard !name.contains("."), let tag = DICOMTag(keyword: name) else {
            throw RequestError(
                .notUnderstood, "'\(name.prefix(64))' is no attribute that can be searched by; use a keyword or a tag")
        }
        return tag
    }
}
