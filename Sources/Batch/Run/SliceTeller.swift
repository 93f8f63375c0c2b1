import Imaging
import Upscaling

/// Tells each slice that is whole, and hands on what it is given where something follows.
final class SliceTeller: ImageSink {
    private let header: ImageHeader
    private let next: (any ImageSink)?
    private let tell: (Int, Pixels) -> Void
    private var current: PixelCollector
    private var rows = 0
    private var slice = 0

    /// - Parameters:
    ///   - header: of the image.
    ///   - next: what takes the bands, if anything does.
    ///   - tell: told the number of a slice, and its samples as a file holds them.
    init(_ header: ImageHeader, before next: (any ImageSink)? = nil, tell: @escaping (Int, Pixels) -> Void) {
        (self.header, self.next, self.tell) = (header, next, tell)
        current = Self.slice(of: header)
    }

    private static func slice(of header: ImageHeader) -> PixelCollector {
        PixelCollector(width: header.width, height: header.height, channels: header.channels)
    }

    func append(_ band: Pixels) throws(ImageFileError) {
        try next?.append(band)
        current.append(band)
        rows += band.height
        guard rows == header.height else { return }
        var pixels = current.pixels
        for index in pixels.samples.indices {
            pixels.samples[index] = header.intensity.quantized(pixels.samples[index])
        }
        tell(slice, pixels)
        (current, rows, slice) = (Self.slice(of: header), 0, slice + 1)
    }

    func finish() throws(ImageFileError) { try next?.finish() }
}
