import HTTPTypes
import Hummingbird

/// Lets in whom ``Entrance`` lets in, tells each mistake in one line of JSON, and has a browser keep everything to itself.
struct EntranceMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    let entrance: Entrance
    let log: (@Sendable (String) -> Void)?

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        if entrance.isPreflight(request) {
            response = Response(status: .noContent)
            response.headers[.init("Access-Control-Allow-Methods")!] = "GET, POST"
            response.headers[.init("Access-Control-Allow-Headers")!] = "Accept, Authorization, Content-Type"
            response.headers[.init("Access-Control-Max-Age")!] = "600"
        } else {
            do {
                if let objection = entrance.objection(to: request) { throw objection }
                response = try await next(request, context)
            } catch {
                response = Self.response(to: ViewerError(error), isPage: request.uri.path == "/")
            }
        }
        for (name, value) in Self.headers { response.headers[name] = value }
        if let origin = entrance.allowedOrigin(of: request) {
            response.headers[.init("Access-Control-Allow-Origin")!] = origin
            response.headers[.init("Cross-Origin-Resource-Policy")!] = "cross-origin"
            response.headers[.vary] = "Origin"
        }
        // Whatever a patient's image tells is not to lie in a browser's folder.
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        // Without the query, which may hold the key.
        log?("\(request.method) \(request.uri.path) \(response.status.code)")
        return response
    }

    private static func response(to error: ViewerError, isPage: Bool) -> Response {
        if isPage {
            return Response(status: error.status, text: error.description + "\n", type: "text/plain; charset=utf-8")
        }
        return (try? Response(status: error.status, json: ["error": error.description]))
            ?? Response(status: error.status)
    }

    private static let headers: [(HTTPField.Name, String)] = [
        (
            .contentSecurityPolicy,
            "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        ),
        (.xContentTypeOptions, "nosniff"),
        (.init("Referrer-Policy")!, "no-referrer"),
        (.init("Cross-Origin-Opener-Policy")!, "same-origin"),
        (.init("Cross-Origin-Resource-Policy")!, "same-origin"),
    ]
}
