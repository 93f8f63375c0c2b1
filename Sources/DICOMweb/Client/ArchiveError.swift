import Foundation

/// What can go wrong between Fovea and an archive, each said in one line: what, where, what to do.
public enum ArchiveError: Error, Equatable, CustomStringConvertible {
    /// What a person wrote is no address of this kind.
    case address(String, reason: String)
    /// Credentials cannot be read or are none.
    case credentials(String)
    /// Nobody answers, or not to the end, after some tries.
    case unreachable(host: String, reason: String)
    /// Its certificate does not prove that it is the one that was named.
    case untrusted(host: String, CertificateFault)
    /// 401 or 403.
    case unauthorized(host: String, hasCredentials: Bool)
    /// It sends to another place.
    case redirected(from: String, to: String)
    /// It knows no such study or series.
    case unknown(Scope, host: String)
    /// It answers with an error.
    case refused(what: String, host: String, status: Int, detail: String)
    /// It took an object and did not store it.
    case notStored(host: String, reason: String)
    /// It said that it stored an object, and does not have it.
    case lost(host: String)
    /// It answers with what is no such answer.
    case notUnderstood(what: String, host: String, detail: String)

    public var description: String {
        String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : $0 })
    }

    private var text: String {
        switch self {
        case .address(let text, let reason): "\(text): \(reason)"
        case .credentials(let reason): reason
        case .unreachable(let host, let reason): "\(host): does not answer (\(reason)); start it, or try again later"
        case .untrusted(let host, .otherName):
            "\(host): its certificate is for another name; name the archive as its certificate does"
        case .untrusted(let host, .otherTime):
            "\(host): its certificate has expired, or does not hold yet; have it renewed, and look at this machine's clock"
        case .untrusted(let host, .unknownAuthority):
            "\(host): its certificate is by an authority that this machine does not trust; add the authority to the system's, as docs/pacs.md says"
        case .unauthorized(let host, false):
            "\(host): wants to know who asks; name a file with user:password or 'Bearer TOKEN' by --credentials"
        case .unauthorized(let host, true): "\(host): does not let these credentials in"
        case .redirected(let from, let to): "\(from): sends on to \(to); name that address if you trust it"
        case .unknown(let scope, let host):
            scope.series.map { "\(host): has no series \($0) in study \(scope.study?.rawValue ?? "")" }
                ?? "\(host): has no study \(scope.study?.rawValue ?? "")"
        case .refused(let what, let host, let status, let detail):
            "\(host): \(what) failed with HTTP status \(status)" + (detail.isEmpty ? "" : ": \(detail)")
        case .notStored(let host, let reason): "\(host) did not store it: \(reason)"
        case .lost(let host):
            "\(host) says that all is well, but has not stored it; look whether its disk is full"
        case .notUnderstood(let what, let host, let detail): "\(host): \(what): \(detail)"
        }
    }
}

extension ArchiveError: LocalizedError {
    public var errorDescription: String? { description }
}
