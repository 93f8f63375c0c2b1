import Foundation
import HTTPTypes
import Hummingbird
import Imaging
import Trust

/// Slices of results, and of what is laid over them.
struct LayerRoutes {
    /// What is laid over a result or shown of it.
    enum Layer: String {
        case image
        /// How wrong it may be, in the units of the image.
        case bound
        /// What the input did not say.
        case unsaid
        /// Where the samples differ.
        case deviation
    }

    let catalogue: Catalogue
    let images: ImageStore
    let desk: ResultDesk

    func add(to router: Router<BasicRequestContext>) {
        // With `sample=3`, the third of the samples in the result's place.
        router.get("/api/results/:result/:layer/:slice") { request, context in
            guard let layer = Layer(rawValue: try context.parameters.require("layer")) else {
                throw ViewerError.unknown
            }
            let sample = try request.uri.queryParameters["sample"].map { text in
                guard let number = Int(text) else { throw ViewerError.unknown }
                return number
            }
            let result = try await desk.result(try context.parameters.require("result", as: Int.self))
            let slice = try context.parameters.require("slice", as: Int.self)
            return try await answer(slice, of: result, layer, sample: sample)
        }
    }

    /// - Parameters:
    ///   - index: of the slice in the stack.
    ///   - sample: from 1; `nil` for the result itself.
    private func answer(
        _ index: Int, of result: ResultInTheMaking, _ layer: Layer, sample: Int?
    ) async throws -> Response {
        let hasFileEach = result.stack.files.count > 1
        guard let made = result.made(at: hasFileEach ? index : 0) else { throw ViewerError.unknown }
        let frame = hasFileEach ? 0 : index
        let source = try await images.slice(index, of: result.stack, catalogue).image
        let image: Image
        var differences: Pixels?
        switch layer {
        case .image: image = try await self.image(of: made, frame, sample: sample)
        case .bound:
            guard case .whole(_, let bound?, _, _) = made else { throw ViewerError.unknown }
            image = try await slice(frame, of: bound)
        case .unsaid:
            image = try await self.image(of: made, frame, sample: sample)
            differences = image.unsaid(by: source.selecting([frame]))
        case .deviation:
            guard let samples = made.samples else { throw ViewerError.unknown }
            image = try samples.deviation(slice: frame)
            differences = image.pixels
        }
        var header = SliceHeader(image, slice: 0, unit: source.header.unit)
        guard let differences else {
            // As it was drawn, between what the file could hold and beyond.
            if sample != nil { header.samples = .float32 }
            return try Response(message: header, image.pixels)
        }
        // They start from nothing.
        (header.samples, header.intercept, header.padding) = (.float32, 0, nil)
        return try Response(message: header, differences)
    }

    private func image(of made: MadeFile, _ frame: Int, sample: Int?) async throws -> Image {
        if let sample {
            guard let samples = made.samples else { throw ViewerError.unknown }
            return try samples.sample(sample, slice: frame)
        }
        switch made {
        case .begun(let kept): return try kept.image(frame, slice: frame)
        case .whole(let output, _, _, _): return try await slice(frame, of: output)
        }
    }

    private func slice(_ frame: Int, of url: URL) async throws -> Image {
        let image = try await images.image(of: StackFile(url: url, name: url.lastPathComponent))
        guard (0..<image.header.slices).contains(frame) else { throw ViewerError.unknown }
        return image.selecting([frame])
    }
}
