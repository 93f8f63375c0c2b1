/// Why a DICOMweb request is not answered, in one line, with HTTP's status.
public struct RequestError: Error, Equatable, CustomStringConvertible {
    /// Status codes of RFC 9110.
    public enum Kind: Int, Sendable {
        case notUnderstood = 400
        case unknown = 404
        case notAcceptable = 406
        case unsupportedMediaType = 415
        case ownFault = 500
        case notImplemented = 501
    }

    public var kind: Kind
    public var description: String

    /// - Parameters:
    ///   - kind: the status.
    ///   - description: one line for a person.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
