import Foundation

/// A request as HTTP has it.
public struct WebRequest: Sendable {
    public var method: String
    public var url: URL
    public var headers: [String: String]
    public var body: Data?

    /// - Parameters:
    ///   - method: in capitals.
    ///   - url: in full.
    ///   - headers: by name.
    ///   - body: `nil` for none.
    public init(_ method: String = "GET", _ url: URL, headers: [String: String] = [:], body: Data? = nil) {
        (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
    }
}

/// What a request was answered with.
public struct WebResponse: Sendable {
    public var status: Int
    /// By name in lower case.
    public var headers: [String: String]
    public var body: Data

    /// - Parameters:
    ///   - status: HTTP's.
    ///   - headers: by name in lower case.
    ///   - body: the bytes.
    public init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }
}

/// There was no answer, or not all of it.
public struct TransportFailure: Error {
    /// In the system's words.
    public var reason: String
    /// Whether it may go better a moment later.
    public var isTemporary: Bool
    /// What is wrong with the server's certificate, if that is why.
    public var certificate: CertificateFault?

    /// - Parameters:
    ///   - reason: in the system's words.
    ///   - isTemporary: whether it may go better a moment later.
    public init(reason: String, isTemporary: Bool) { (self.reason, self.isTemporary) = (reason, isTemporary) }
}

/// What carries requests to a server and answers back. It follows no redirections, so that nobody is sent credentials whom
/// they are not meant for.
public protocol Transport: Sendable {
    /// - Throws: ``TransportFailure``, where there was no answer; an answer that is an error is one.
    func send(_ request: WebRequest) async throws(TransportFailure) -> WebResponse
}
