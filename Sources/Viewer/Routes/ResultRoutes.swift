import DICOMweb
import Foundation
import HTTPTypes
import Hummingbird
import ServiceLifecycle

/// Orders, how far they are, and what they came to.
struct ResultRoutes {
    /// What a page sends.
    struct Request: Decodable {
        var stack: Int
        var slice: Int
        var isWhole: Bool
        var order: EnlargementOrder
    }

    let catalogue: Catalogue
    let desk: ResultDesk
    /// Where results can be sent to.
    let archive: ArchiveClient?

    func add(to router: Router<BasicRequestContext>) {
        router.get("/api/results") { _, _ in try Response(json: await desk.listing()) }
        router.post("/api/results") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 14)
            let asked: Request
            do {
                asked = try JSONDecoder().decode(Request.self, from: Data(body.readableBytesView))
            } catch {
                throw ViewerError(.notUnderstood, "the order is not as this viewer's page writes it; reload the page")
            }
            let stack = try await catalogue.stack(asked.stack)
            let status = try await desk.take(asked.order, of: stack, from: asked.slice, isWhole: asked.isWhole)
            return try Response(status: .created, json: status)
        }
        router.get("/api/results/:result") { _, context in try Response(json: try await result(context).status) }
        router.delete("/api/results/:result") { _, context in
            let result = try await result(context)
            result.stop()
            return try Response(json: result.status)
        }
        router.get("/api/results/:result/events") { request, context in
            events(of: try await result(context), request)
        }
        router.post("/api/results/:result/send") { _, context in
            guard let archive else {
                throw ViewerError(
                    .forbidden, "nothing is sent from here; start fovea serve with --send-to dicomweb://…")
            }
            let result = try await result(context)
            try result.send(to: archive)
            return try Response(status: .accepted, json: result.status)
        }
    }

    private func result(_ context: BasicRequestContext) async throws -> ResultInTheMaking {
        try await desk.result(try context.parameters.require("result", as: Int.self))
    }

    /// Server-sent events, a JSON object each, until the work is over.
    private func events(of result: ResultInTheMaking, _ request: Hummingbird.Request) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in
                let (listener, states) = result.listen()
                defer { result.stopListening(listener) }
                try await withGracefulShutdownHandler {
                    try await request.body.consumeWithInboundCloseHandler { _ in
                        for await state in states {
                            let json = String(decoding: try JSONEncoder.viewer.encode(state), as: UTF8.self)
                            try await writer.write(ByteBuffer(string: "data: \(json)\n\n"))
                            // Often enough for eyes.
                            try await Task.sleep(for: .milliseconds(100))
                        }
                    } onInboundClosed: {
                        result.stopListening(listener)
                    }
                } onGracefulShutdown: {
                    result.stopListening(listener)
                }
                try await writer.finish(nil)
            })
    }
}
