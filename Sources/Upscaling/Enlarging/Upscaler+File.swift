import Foundation
import Imaging

extension Upscaler {
    /// Enlarges an image into a file, band by band, so that the result may be larger than memory. The file is there when it is
    /// whole, or not at all: neither an error nor a cancelled task leaves anything of it.
    ///
    /// - Parameters:
    ///   - image: the low-resolution image.
    ///   - scale: from 1 to 16.
    ///   - file: whose name asks for a format. One that cannot hold the result is refused before anything is computed.
    ///   - overwrite: whether a file that is there is replaced.
    ///   - options: how the file is written.
    ///   - progress: told the finished part, from 0 to 1, on the calling thread.
    /// - Throws: ``ModelError``; `ImageFileError`; `CancellationError` where the task that this runs in is cancelled.
    public func upscale(
        _ image: Image, scale: Double, toFile file: URL, overwrite: Bool = false,
        options: WriteOptions = WriteOptions(),
        progress: (Double) -> Void = { _ in }
    ) throws {
        let arranged =
            try ImageFormat(pathExtensionOf: file).map { try image.arranged(for: $0, path: file.path) } ?? image
        let header = try header(for: arranged, scale: scale)
        try ImageFile.write(header, to: file, overwrite: overwrite, options: options) { sink in
            try upscale(arranged, scale: scale, to: sink, progress: progress)
            // Asked once more before the file takes its name: the last tile may have been under way.
            try Task.checkCancellation()
        }
    }
}
