import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Carries requests by Foundation's URLSession, which keeps connections and speaks TLS.
public final class URLSessionTransport: Transport {
    private let session: URLSession

    /// - Parameters:
    ///   - silence: how long a server may say nothing, in seconds.
    ///   - whole: how long one answer may take in all, in seconds.
    public init(silence: Double = 60, whole: Double = 3600) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = silence
        configuration.timeoutIntervalForResource = whole
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        session = URLSession(configuration: configuration, delegate: Refusals(), delegateQueue: nil)
    }

    deinit { session.invalidateAndCancel() }

    public func send(_ request: WebRequest) async throws(TransportFailure) -> WebResponse {
        var asked = URLRequest(url: request.url)
        asked.httpMethod = request.method
        asked.httpBody = request.body
        for (name, value) in request.headers { asked.setValue(value, forHTTPHeaderField: name) }
        do {
            let (body, response) = try await session.data(for: asked)
            guard let response = response as? HTTPURLResponse else {
                throw TransportFailure(reason: "it does not speak HTTP", isTemporary: false)
            }
            var headers: [String: String] = [:]
            for (name, value) in response.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
            return WebResponse(status: response.statusCode, headers: headers, body: body)
        } catch let failure as TransportFailure {
            throw failure
        } catch {
            let code = (error as? URLError)?.code
            // Nobody but `Refusals` cancels.
            if code == .userCancelledAuthentication || (code == .cancelled && !Task.isCancelled) {
                return WebResponse(status: 401)
            }
            // Foundation on Linux has no code of its own for most of them.
            if let fault = CertificateFault(code) ?? CertificateFault(saidBy: error.localizedDescription) {
                var failure = TransportFailure(reason: error.localizedDescription, isTemporary: false)
                failure.certificate = fault
                throw failure
            }
            let reason =
                switch code {
                case .cannotConnectToHost?: "nothing listens there"
                case .cannotFindHost?: "no host of this name"
                case .timedOut?: "it took too long"
                case .networkConnectionLost?: "the connection broke"
                default: error.localizedDescription
                }
            let lasting: Set<URLError.Code> = [.cannotFindHost, .badURL, .unsupportedURL]
            throw TransportFailure(reason: reason, isTemporary: code.map { !lasting.contains($0) } ?? true)
        }
    }
}

extension CertificateFault {
    fileprivate init?(_ code: URLError.Code?) {
        switch code {
        case .serverCertificateHasBadDate?, .serverCertificateNotYetValid?: self = .otherTime
        case .serverCertificateUntrusted?, .serverCertificateHasUnknownRoot?: self = .unknownAuthority
        default: return nil
        }
    }
}

/// Hands a redirection back as the answer that it is, and ends a request that is not let in: who asks was said with it.
private final class Refusals: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
    // Without it, a request on Linux waits for ever (swift-corelibs-foundation of Swift 6.3).
    func urlSession(
        _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        #if canImport(Darwin)
            let isTrust = challenge.protectionSpace.authenticationMethod == NSURLAuthenticationMethodServerTrust
            completionHandler(isTrust ? .performDefaultHandling : .cancelAuthenticationChallenge, nil)
        #else
            completionHandler(.cancelAuthenticationChallenge, nil)
        #endif
    }
}
