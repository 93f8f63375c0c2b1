/// Why a server is not proved to be the one that was named.
public enum CertificateFault: Sendable, Equatable {
    /// Its certificate is for another name.
    case otherName
    /// Its certificate holds no longer, or not yet.
    case otherTime
    /// Its certificate is by an authority that this machine does not trust.
    case unknownAuthority

    /// - Parameter text: what libcurl says of a connection, over OpenSSL or GnuTLS; `nil` where it is not about a certificate.
    init?(saidBy text: String) {
        let text = text.lowercased()
        guard text.contains("certificate") else { return nil }
        if text.contains("subject name") {
            self = .otherName
        } else if text.contains("expired") || text.contains("not yet valid") {
            self = .otherTime
        } else {
            self = .unknownAuthority
        }
    }
}
