import Foundation

/// A message of several parts (RFC 2046, 5.1; `multipart/related` of RFC 2387), as WADO-RS answers and STOW-RS sends it.
public struct MultipartMessage: Sendable {
    /// One part.
    public struct Part: Sendable, Equatable {
        /// By name in lower case.
        public var headers: [String: String]
        /// A piece of the message, which is not copied.
        public var body: Data

        /// - Parameters:
        ///   - headers: by name in lower case.
        ///   - body: the bytes.
        public init(headers: [String: String], body: Data) {
            self.headers = headers
            self.body = body
        }

        /// As its Content-Type states it.
        public var type: MediaType? { headers["content-type"].flatMap(MediaType.init(parsing:)) }
    }

    /// Why bytes are no message of several parts.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// Not 1 to 70 characters of those that RFC 2046 allows.
        case boundary
        /// The first boundary is nowhere.
        case noParts
        /// The last boundary is missing: the message was cut off.
        case cutOff
        /// A part's headers are longer than 16 KiB, are no headers, or do not end.
        case headers(part: Int)
        /// More parts than ``MultipartMessage/mostParts``.
        case tooManyParts

        public var description: String {
            switch self {
            case .boundary: "its boundary is missing or is none"
            case .noParts: "its boundary stands nowhere in it"
            case .cutOff: "it was cut off: its last boundary is missing"
            case .headers(let part): "the headers of part \(part) are no headers"
            case .tooManyParts: "it has more than \(MultipartMessage.mostParts) parts"
            }
        }
    }

    /// The most parts of one message.
    public static let mostParts = 10_000
    private static let longestHeaders = 1 << 14

    /// In the order of the message.
    public let parts: [Part]

    /// Takes a message apart.
    ///
    /// - Parameters:
    ///   - data: the whole message, which may be mapped from a file.
    ///   - boundary: as its Content-Type states it.
    /// - Throws: ``Failure``
    public init(_ data: Data, boundary: String) throws(Failure) {
        guard Self.isBoundary(boundary) else { throw .boundary }
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [Part] = []
        var start: Int?
        var place = 0
        while true {
            guard let found = Self.delimiter(delimiter, in: data, from: place) else {
                throw start == nil ? .noParts : .cutOff
            }
            if let start {
                guard parts.count < Self.mostParts else { throw .tooManyParts }
                // The line break before a boundary belongs to it.
                let end = max(found.start - 2, start)
                parts.append(try Self.part(data, start..<end, number: parts.count + 1))
            }
            guard !found.isLast else { break }
            start = found.end
            // The line break behind this boundary may be the one before the next.
            place = found.end - 2
        }
        self.parts = parts
    }

    static func isBoundary(_ text: String) -> Bool {
        (1...70).contains(text.utf8.count) && text.last != " "
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789'()+_,-./:=? ".unicodeScalars.contains($0))
            }
    }

    /// The next boundary that begins a line and ends it, or ends the message.
    private static func delimiter(
        _ delimiter: [UInt8], in data: Data, from start: Int
    ) -> (start: Int, end: Int, isLast: Bool)? {
        data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> (start: Int, end: Int, isLast: Bool)? in
            guard let base = bytes.baseAddress else { return nil }
            func boundary(at place: Int) -> (start: Int, end: Int, isLast: Bool)? {
                var end = place + delimiter.count
                guard end <= bytes.count, memcmp(base + place, delimiter, delimiter.count) == 0 else { return nil }
                if end + 1 < bytes.count, bytes[end] == 45, bytes[end + 1] == 45 { return (place, end + 2, true) }
                while end < bytes.count, bytes[end] == 32 || bytes[end] == 9 { end += 1 }
                guard end + 1 < bytes.count, bytes[end] == 13, bytes[end + 1] == 10 else { return nil }
                return (place, end + 2, false)
            }
            if start == 0, let found = boundary(at: 0) { return found }
            var place = start
            while place < bytes.count, let found = memchr(base + place, 13, bytes.count - place) {
                place = UnsafeRawPointer(found) - base + 1
                if place < bytes.count, bytes[place] == 10, let found = boundary(at: place + 1) { return found }
            }
            return nil
        }
    }

    private static func part(_ data: Data, _ range: Range<Int>, number: Int) throws(Failure) -> Part {
        let whole = data[data.startIndex + range.lowerBound..<data.startIndex + range.upperBound]
        if whole.isEmpty { return Part(headers: [:], body: whole) }
        if whole.starts(with: [13, 10]) { return Part(headers: [:], body: whole.dropFirst(2)) }
        guard let end = whole.prefix(longestHeaders).range(of: Data("\r\n\r\n".utf8)) else {
            throw .headers(part: number)
        }
        var headers: [String: String] = [:]
        for line in String(decoding: whole[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n") {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { throw .headers(part: number) }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        return Part(headers: headers, body: whole[end.upperBound...])
    }

    // MARK: Writing

    /// A boundary that stands in no part, but for a chance of 1 in 2^122.
    public static func newBoundary() -> String { "fovea-\(UUID().uuidString)" }

    /// The line and the headers before a part's body.
    public static func opening(of headers: [String: String], boundary: String) -> Data {
        let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
        return Data("\r\n--\(boundary)\r\n\(lines)\r\n".utf8)
    }

    /// What ends a message.
    public static func closing(boundary: String) -> Data { Data("\r\n--\(boundary)--\r\n".utf8) }

    /// A message of a few parts, in memory.
    ///
    /// - Parameters:
    ///   - parts: in their order.
    ///   - boundary: such as ``newBoundary()`` gives.
    public static func encoded(_ parts: [Part], boundary: String) -> Data {
        parts.reduce(into: Data()) { $0 += opening(of: $1.headers, boundary: boundary) + $1.body }
            + closing(boundary: boundary)
    }
}
