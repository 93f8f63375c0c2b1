import DICOMweb
import HTTPTypes
import Hummingbird
import Imaging

/// What a request cannot have, in one line for a person, with HTTP's status for the program that asked.
struct ViewerError: Error, CustomStringConvertible {
    /// Status codes of RFC 9110, and of RFC 4918 and 6585.
    enum Kind: Int {
        case notUnderstood = 400
        case keyMissing = 401
        case forbidden = 403
        case unknown = 404
        case tooLarge = 413
        case otherAddress = 421
        case cannotBeDone = 422
        case tooMany = 429
        case ownFault = 500
        case noRoom = 507
    }

    var status: HTTPResponse.Status
    var description: String

    init(_ kind: Kind, _ description: String) {
        status = HTTPResponse.Status(code: kind.rawValue)
        self.description = description
    }

    static let unknown = ViewerError(.unknown, "there is nothing of this name; reload the page")

    /// Any other error that a request met.
    init(_ error: any Error) {
        switch error {
        case let error as ViewerError: self = error
        case let error as RequestError:
            self.init(.notUnderstood, error.description)
            status = HTTPResponse.Status(code: error.kind.rawValue)
        case let error as any HTTPResponseError:
            self.init(.notUnderstood, "the request is not one of this viewer's page (\(error.status))")
            status = error.status
        case let error as ImageFileError: self.init(.cannotBeDone, "\(error)")
        default: self.init(.ownFault, "\(error)")
        }
    }
}
