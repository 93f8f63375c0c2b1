import Foundation

/// What a request is answered with, parts that are large read as they are sent.
public struct ArchiveAnswer: Sendable {
    /// What follows the headers.
    public enum Body: Sendable {
        case bytes(Data)
        /// Parts between a boundary, each read when its turn comes.
        case parts([@Sendable () throws -> MultipartMessage.Part], boundary: String)
    }

    /// HTTP's.
    public var status: Int
    /// The Content-Type; `nil` where there is no body.
    public var type: MediaType?
    /// A Warning header's text; `nil` for none.
    public var warning: String?
    public var body: Body

    static func json(_ data: Data, status: Int = 200) -> ArchiveAnswer {
        ArchiveAnswer(status: status, type: .dicomJSON, body: .bytes(data))
    }

    static func parts(
        _ parts: [@Sendable () throws -> MultipartMessage.Part], of type: String
    ) -> ArchiveAnswer {
        let boundary = MultipartMessage.newBoundary()
        return ArchiveAnswer(
            status: 200, type: .multipart(type, boundary: boundary), body: .parts(parts, boundary: boundary))
    }
}
