import Foundation

/// Who asks (RFC 7617 and 6750).
public enum Credentials: Sendable, Equatable {
    case basic(user: String, password: String)
    case bearer(token: String)

    /// - Parameters:
    ///   - text: `user:password`, or `Bearer TOKEN`; blanks and line breaks around it do not count.
    ///   - origin: where it is from, for people; what it says is never told.
    /// - Throws: ``ArchiveError/credentials(_:)``
    public init(_ text: String, from origin: String) throws(ArchiveError) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.contains(where: \.isNewline) else {
            throw .credentials("\(origin): has several lines; one with user:password or 'Bearer TOKEN' is wanted")
        }
        if text.lowercased().hasPrefix("bearer ") {
            self = .bearer(token: text.dropFirst(7).trimmingCharacters(in: .whitespaces))
        } else if let colon = text.firstIndex(of: ":"), colon > text.startIndex {
            self = .basic(user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        } else {
            throw .credentials("\(origin): is neither user:password nor 'Bearer TOKEN'")
        }
    }

    /// The Authorization header's value.
    var header: String {
        switch self {
        case .basic(let user, let password): "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
        case .bearer(let token): "Bearer \(token)"
        }
    }
}
