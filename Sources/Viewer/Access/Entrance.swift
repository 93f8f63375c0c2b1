import HTTPTypes
import Hummingbird
import Synchronization

/// Who may ask: those who have the key that the program printed, from its own page alone.
///
/// The page's address carries the key once, and a cookie from then on. The Host header must be one of the viewer's own names,
/// so that no name of another page can be pointed here (DNS rebinding); a browser that says from where it asks must say from
/// here.
final class Entrance: Sendable {
    /// 128 random bits, hexadecimal.
    let key: String
    private let hosts: Set<String>
    /// Sites whose pages may ask by DICOMweb.
    private let allowedOrigins: Set<String>
    /// Known when the system has given it.
    private let boundPort = Mutex(0)

    /// - Parameter options: name the host.
    init(_ options: ViewerOptions) {
        var generator = SystemRandomNumberGenerator()
        key = (0..<2).map { _ in
            let digits = String(UInt64.random(in: 0 ... .max, using: &generator), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        allowedOrigins = options.allowedOrigins
        hosts = options.isLoopback ? ViewerOptions.loopback : [options.host.lowercased()]
    }

    var port: Int {
        get { boundPort.withLock { $0 } }
        set { boundPort.withLock { $0 = newValue } }
    }

    /// Cookies know no ports: two viewers on one machine keep theirs apart by name.
    private var cookieName: String { "fovea-\(port)" }

    /// What a request lacks; `nil` where it may come in.
    func objection(to request: Request) -> ViewerError? {
        guard let authority = request.head.authority, isOwn(authority, path: request.uri.path) else {
            return ViewerError(.otherAddress, "this viewer answers to its own address alone")
        }
        guard allowedOrigin(of: request) == nil else { return keyObjection(to: request) }
        let site = request.headers[.init("Sec-Fetch-Site")!]
        if let site, site != "same-origin", site != "none", !isArrival(request) {
            return ViewerError(.forbidden, "asked by another site")
        }
        if let origin = request.headers[.origin], origin != "http://\(authority)" {
            return ViewerError(.forbidden, "asked by another site")
        }
        return keyObjection(to: request)
    }

    private func keyObjection(to request: Request) -> ViewerError? {
        guard !knowsKey(request) else { return nil }
        return ViewerError(
            .keyMissing, "open the address that fovea serve printed: it carries the key to this viewer")
    }

    /// The site that a request by DICOMweb comes from, if it is one of those whose pages may ask so.
    func allowedOrigin(of request: Request) -> String? {
        guard DICOMwebRoutes.isBelow(request.uri.path), let origin = request.headers[.origin],
            allowedOrigins.contains(origin)
        else { return nil }
        return origin
    }

    /// Whether a browser asks, before it asks, whether such a page may (Fetch, CORS-preflight request): that carries no key.
    func isPreflight(_ request: Request) -> Bool {
        request.method == .options && allowedOrigin(of: request) != nil
            && request.head.authority.map { isOwn($0, path: request.uri.path) } ?? false
    }

    /// A link to the page, on whatever site it stands, followed with the key in it.
    private func isArrival(_ request: Request) -> Bool {
        request.method == .get && request.uri.path == "/" && request.uri.queryParameters["key"] != nil
    }

    /// Name and port by which a request reaches this viewer.
    func authority(of request: Request) -> String {
        let authority = request.head.authority ?? ""
        return authority.hasSuffix(":\(port)") ? authority : "\(authority):\(port)"
    }

    /// Some clients of DICOMweb leave out the port; what keeps the names of other pages away is the name.
    private func isOwn(_ authority: String, path: String) -> Bool {
        let end = ":\(port)"
        guard authority.hasSuffix(end) || DICOMwebRoutes.isBelow(path) else { return false }
        let name = (authority.hasSuffix(end) ? authority.dropLast(end.count) : authority[...]).lowercased()
        return hosts.contains(name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name)
    }

    private func knowsKey(_ request: Request) -> Bool {
        if let given = request.uri.queryParameters["key"] { return isKey(given) }
        if let given = request.headers[.authorization], let space = given.firstIndex(of: " ") {
            return given[..<space].lowercased() == "bearer" && isKey(given[given.index(after: space)...])
        }
        // A page of another site brings the key itself; a cookie comes by itself, whoever asks.
        guard allowedOrigin(of: request) == nil else { return false }
        return request.cookies[cookieName].map { isKey($0.value) } ?? false
    }

    /// In a time that does not tell how much of it is right.
    private func isKey(_ given: some StringProtocol) -> Bool {
        let (given, key) = (Array(given.utf8), Array(key.utf8))
        guard given.count == key.count else { return false }
        return zip(given, key).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// What makes a browser bring the key from now on.
    var cookie: Cookie { Cookie(name: cookieName, value: key, path: "/", httpOnly: true, sameSite: .strict) }
}
