import Foundation
import HTTPTypes
import Hummingbird
import Imaging

/// What can be looked at, and its slices.
struct ImageRoutes {
    let catalogue: Catalogue
    let images: ImageStore
    let uploads: UploadDesk

    func add(to router: Router<BasicRequestContext>) {
        router.get("/api/stacks") { _, _ in try Response(json: await catalogue.listing()) }
        router.post("/api/stacks/scan") { _, _ in
            await catalogue.scan(again: true)
            return try Response(json: await catalogue.listing())
        }
        router.get("/api/stacks/:stack") { _, context in
            let stack = try await catalogue.stack(try context.parameters.require("stack", as: Int.self))
            return try Response(json: StackFacts(stack, try await images.slice(0, of: stack, catalogue).image))
        }
        router.get("/api/stacks/:stack/slices/:slice") { _, context in
            let stack = try await catalogue.stack(try context.parameters.require("stack", as: Int.self))
            let slice = try context.parameters.require("slice", as: Int.self)
            let (image, frame) = try await images.slice(slice, of: stack, catalogue)
            return try Response(
                message: SliceHeader(image, slice: frame, unit: image.header.unit), image.pixels.slice(frame))
        }
        router.post("/api/uploads") { request, _ in
            let name = request.uri.queryParameters["name"].map(String.init) ?? ""
            let length = request.headers[.contentLength].flatMap(Int.init)
            let stack = try await uploads.take(
                request.body, announced: length, name: name.removingPercentEncoding ?? name)
            return try Response(status: .created, json: StackListing(stack))
        }
    }
}

extension ImageStore {
    /// The image that holds a slice of a stack, and which of its own slices that is.
    func slice(
        _ index: Int, of stack: Stack, _ catalogue: Catalogue
    ) async throws -> (image: Image, frame: Int) {
        let hasFileEach = stack.files.count > 1
        let place = hasFileEach ? index : 0
        guard stack.files.indices.contains(place) else { throw ViewerError.unknown }
        let file = stack.files[place]
        try catalogue.check(file.url)
        let image = try await image(of: file)
        let frame = hasFileEach ? 0 : index
        guard (0..<image.header.slices).contains(frame) else { throw ViewerError.unknown }
        return (image, frame)
    }
}

extension Response {
    /// - Parameters:
    ///   - header: of the slice.
    ///   - pixels: one slice of this shape.
    init(message header: SliceHeader, _ pixels: Pixels) throws {
        self.init(bytes: try SliceMessage(header, pixels).bytes, type: "application/octet-stream")
    }
}
