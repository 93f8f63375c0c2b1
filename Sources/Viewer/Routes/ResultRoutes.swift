import Foundation
import HTTPTypes
import Hummingbird
import Imaging
import ServiceLifecycle
import Trust

/// Orders, how far they are, and what they came to.
struct ResultRoutes {
    /// What is laid over a result or shown of it.
    enum Layer: String {
        case image
        /// How wrong it may be, in the units of the image.
        case bound
        /// What the input did not say.
        case unsaid
    }

    /// What a page sends.
    struct Request: Decodable {
        var stack: Int
        var slice: Int
        var isWhole: Bool
        var order: EnlargementOrder
    }

    let catalogue: Catalogue
    let images: ImageStore
    let desk: ResultDesk

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
        router.get("/api/results/:result/:layer/:slice") { _, context in
            guard let layer = Layer(rawValue: try context.parameters.require("layer")) else {
                throw ViewerError.unknown
            }
            return try await slice(
                try context.parameters.require("slice", as: Int.self), of: try await result(context), layer)
        }
        router.get("/api/results/:result/files/:index") { _, context in
            try await download(
                try await result(context), try context.parameters.require("index", as: Int.self), context)
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

    /// - Parameter index: of the slice in the stack.
    private func slice(_ index: Int, of result: ResultInTheMaking, _ layer: Layer) async throws -> Response {
        let hasFileEach = result.stack.files.count > 1
        guard let made = result.output(at: hasFileEach ? index : 0) else { throw ViewerError.unknown }
        let frame = hasFileEach ? 0 : index
        let url = layer == .bound ? made.bound : made.output
        guard let url else { throw ViewerError.unknown }
        let image = try await images.image(of: StackFile(url: url, name: url.lastPathComponent))
        guard (0..<image.header.slices).contains(frame) else { throw ViewerError.unknown }
        let source = try await images.slice(index, of: result.stack, catalogue).image
        var header = SliceHeader(image, slice: frame, unit: source.header.unit)
        guard layer == .unsaid else { return try Response(message: header, image.pixels.slice(frame)) }
        let unsaid = image.single(frame).unsaid(by: source.single(frame))
        // Differences of real values, which start from nothing.
        (header.samples, header.intercept, header.padding) = (.float32, 0, nil)
        return try Response(message: header, unsaid)
    }

    /// The file as `fovea upscale` writes it.
    private func download(
        _ result: ResultInTheMaking, _ index: Int, _ context: BasicRequestContext
    ) async throws -> Response {
        guard let made = result.output(at: index) else { throw ViewerError.unknown }
        let name = made.output.lastPathComponent
        let plain = String(name.unicodeScalars.map { $0.isASCII && $0 != "\"" && $0 != "\\" ? Character($0) : "_" })
        let coded = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? plain
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/octet-stream",
                .contentDisposition: "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(coded)",
            ], body: try await FileIO().loadFile(path: made.output.path, context: context))
    }
}

extension Image {
    /// One slice as an image of its own.
    fileprivate func single(_ slice: Int) -> Image {
        var header = header
        header.slices = 1
        header.arrangement = nil
        return Image(header: header, pixels: pixels.slice(slice))
    }
}
