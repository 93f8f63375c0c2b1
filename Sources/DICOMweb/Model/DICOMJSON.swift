import Foundation
import Imaging

/// Attributes in the DICOM JSON Model (PS3.18 annex F).
public struct DICOMJSON: Sendable, Equatable {
    /// By their tags.
    public var attributes: [DICOMTag: Attribute]

    /// One attribute: its value representation, and its values.
    public struct Attribute: Sendable, Equatable {
        /// Two letters (PS3.5 6.2).
        public var representation: String
        /// Empty where there are none, or where they lie elsewhere.
        public var values: [Value]
        /// Binary values in base 64.
        public var inlineBinary: String?
        /// Where values that are not here can be fetched.
        public var bulkDataURI: String?

        /// - Parameters:
        ///   - representation: two letters.
        ///   - values: in their order.
        public init(_ representation: String, _ values: [Value] = []) {
            self.representation = representation
            self.values = values
        }
    }

    /// One value of an attribute.
    public enum Value: Sendable, Equatable {
        /// An empty one among several.
        case null
        case text(String)
        case integer(Int64)
        case number(Double)
        /// A person's name, by the keys `Alphabetic`, `Ideographic` and `Phonetic`.
        case person([String: String])
        /// An item of a sequence.
        case item(DICOMJSON)
    }

    /// - Parameter attributes: by their tags.
    public init(_ attributes: [DICOMTag: Attribute] = [:]) { self.attributes = attributes }

    /// An attribute; `nil` where it is absent.
    public subscript(tag: DICOMTag) -> Attribute? {
        get { attributes[tag] }
        set { attributes[tag] = newValue }
    }

    /// The first value as text; `nil` where there is none.
    public func text(_ tag: DICOMTag) -> String? { attributes[tag]?.texts.first }

    /// The first value as a number of its own.
    public func integer(_ tag: DICOMTag) -> Int? { text(tag).flatMap { Int($0) } }

    /// The first value as a UID; `nil` where it is none.
    public func uid(_ tag: DICOMTag) -> DICOMUID? { text(tag).flatMap(DICOMUID.init(rawValue:)) }

    /// The items of a sequence.
    public func items(_ tag: DICOMTag) -> [DICOMJSON] {
        attributes[tag]?.values.compactMap { if case .item(let item) = $0 { item } else { nil } } ?? []
    }

    /// Only these of the attributes.
    public func keeping(_ tags: Set<DICOMTag>) -> DICOMJSON { DICOMJSON(attributes.filter { tags.contains($0.key) }) }
}

extension DICOMJSON.Attribute {
    /// The values that are no items, as text; a person's name in its alphabetic form.
    public var texts: [String] {
        values.compactMap { value in
            switch value {
            case .null, .item: nil
            case .text(let text): text
            case .integer(let number): String(number)
            case .number(let number): String(number)
            case .person(let groups): groups["Alphabetic"] ?? groups["Ideographic"] ?? groups["Phonetic"]
            }
        }
    }
}

extension DICOMJSON: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        attributes = Dictionary(
            try container.decode([String: Attribute].self).compactMap { key, attribute in
                key.utf8.count == 8 ? UInt32(key, radix: 16).map { (DICOMTag(rawValue: $0), attribute) } : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            Dictionary(uniqueKeysWithValues: attributes.map { ($0.key.hexadecimal, $0.value) }))
    }
}

extension DICOMTag {
    /// As DICOM's JSON has it: `00100020`.
    public var hexadecimal: String {
        let digits = String(rawValue, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension DICOMJSON.Attribute: Codable {
    private enum CodingKeys: String, CodingKey {
        case representation = "vr"
        case values = "Value"
        case inlineBinary = "InlineBinary"
        case bulkDataURI = "BulkDataURI"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // Required, but some servers leave it out.
        representation = try container.decodeIfPresent(String.self, forKey: .representation) ?? "UN"
        values = try container.decodeIfPresent([DICOMJSON.Value].self, forKey: .values) ?? []
        inlineBinary = try container.decodeIfPresent(String.self, forKey: .inlineBinary)
        bulkDataURI = try container.decodeIfPresent(String.self, forKey: .bulkDataURI)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(representation, forKey: .representation)
        if !values.isEmpty { try container.encode(values, forKey: .values) }
        try container.encodeIfPresent(inlineBinary, forKey: .inlineBinary)
        try container.encodeIfPresent(bulkDataURI, forKey: .bulkDataURI)
    }
}

extension DICOMJSON.Value: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let integer = try? container.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let groups = try? container.decode([String: String].self) {
            // An item without attributes looks the same.
            self = groups.isEmpty ? .item(DICOMJSON()) : .person(groups)
        } else {
            self = .item(try container.decode(DICOMJSON.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .text(let text): try container.encode(text)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .person(let groups): try container.encode(groups)
        case .item(let item): try container.encode(item)
        }
    }
}
