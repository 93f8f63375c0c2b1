import Foundation

/// A study or series in an archive as people write it: `dicomweb://host:8042/dicom-web/studies/1.2/series/3.4`.
public struct ArchiveAddress: Sendable, Equatable {
    /// Of the service, `http` or `https`, without a slash at the end.
    public var service: URL
    /// The study, and the series if one is named.
    public var scope: Scope

    /// What an address begins with.
    public enum Scheme: String, Sendable, CaseIterable {
        /// HTTP, unencrypted.
        case plain = "dicomweb"
        /// HTTP over TLS.
        case encrypted = "dicomwebs"
    }

    /// Whether a text is meant as one, right or wrong.
    public static func isMeant(by text: String) -> Bool {
        Scheme.allCases.contains { text.lowercased().hasPrefix($0.rawValue + "://") }
    }

    /// - Parameter text: with `/studies/UID`, and perhaps `/series/UID`, behind the address of the service.
    /// - Throws: ``ArchiveError/address(_:reason:)``
    public init(_ text: String) throws(ArchiveError) {
        service = try Self.service(text)
        let components = service.path.split(separator: "/").map(String.init)
        guard let studies = components.lastIndex(of: "studies"),
            case .objects(let scope)? = try? Resource(Array(components[studies...])), scope.instance == nil
        else {
            throw .address(text, reason: "names no study; end it in /studies/UID or /studies/UID/series/UID")
        }
        self.scope = scope
        for _ in studies..<components.count { service.deleteLastPathComponent() }
        service = Self.withoutSlash(service)
    }

    /// The address of a service alone, `dicomwebs://host/dicom-web`, as `http` or `https`.
    ///
    /// - Throws: ``ArchiveError/address(_:reason:)``
    public static func service(_ text: String) throws(ArchiveError) -> URL {
        guard var components = URLComponents(string: text), let host = components.host, !host.isEmpty,
            let scheme = components.scheme.flatMap({ Scheme(rawValue: $0.lowercased()) })
        else { throw .address(text, reason: "is no address; write dicomweb://HOST:PORT/PATH, or dicomwebs:// for TLS") }
        guard components.user == nil, components.password == nil else {
            components.user = nil
            components.password = nil
            throw .address(
                components.string ?? host,
                reason: "carried a password, which everyone on this machine can read in the list of processes; "
                    + "use --credentials")
        }
        guard components.query == nil, components.fragment == nil else {
            throw .address(text, reason: "has a query, which no service's address has")
        }
        components.scheme = scheme == .encrypted ? "https" : "http"
        guard let url = components.url else { throw .address(text, reason: "is no address") }
        return withoutSlash(url)
    }

    private static func withoutSlash(_ url: URL) -> URL {
        var text = url.absoluteString
        while text.hasSuffix("/") { text.removeLast() }
        return URL(string: text) ?? url
    }
}
