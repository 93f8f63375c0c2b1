import Foundation
import Imaging
import Upscaling

/// An image made larger while the app goes on: what to copy into an app of your own.
struct Enlargement: Sendable {
    /// Where the image is.
    enum Source: Sendable {
        case file(URL)
        /// The bytes of a file, from a network or the pasteboard, in any format that Fovea reads.
        case memory(Data)
    }

    var scale = 4.0

    /// Reads, enlarges and writes, all of it away from the actor that asks.
    ///
    /// Fovea's functions are synchronous, for they compute: `@concurrent` is what keeps them from a window's thread. They
    /// notice after the tile under way, which can take some seconds, that the task they run in is cancelled, and throw
    /// `CancellationError`. An upscaler with a smaller `tileLength` notices sooner, and computes longer.
    ///
    /// - Parameters:
    ///   - source: the image.
    ///   - output: the file, whose name says the format. It is there when it is whole, or not at all.
    ///   - progress: told the finished part, from 0 to 1.
    /// - Returns: by which network, and why by that.
    @concurrent
    func run(_ source: Source, to output: URL, progress: @Sendable (Double) -> Void) async throws -> String {
        let image =
            switch source {
            case .file(let url): try ImageFile.read(url)
            case .memory(let bytes): try Image(data: bytes)
            }
        let choice = try ModelLibrary.shipped.choose(for: image, scale: scale)
        // For more than one image: keep the upscaler, for loading it takes longer than a small image does.
        let upscaler = try Upscaler(models: choice.models)
        // Without a file: `upscale(image, scale: scale, progress: progress)` gives the image, its `data(as:)` the bytes.
        try upscaler.upscale(image, scale: scale, toFile: output, progress: progress)
        return choice.reason
    }
}
