import Foundation
import Imaging
import Synchronization

/// Slices that a result's own file does not hold, or not yet, in a file beside it: of a volume that is being made, and the
/// samples that a result is the mean of.
final class KeptSlices: Sendable {
    private let header: ImageHeader
    private let url: URL
    private let written = Mutex(0)

    /// - Parameters:
    ///   - header: of the image whose slices they are.
    ///   - url: of the file, which is made.
    init(_ header: ImageHeader, in url: URL) throws {
        (self.header, self.url) = (header, url)
        try Data().write(to: url)
    }

    /// How many there are.
    var count: Int { written.withLock { $0 } }

    private var sliceBytes: Int { header.width * header.height * header.channels * MemoryLayout<Float>.size }

    /// - Parameter pixels: one slice of the header's shape.
    func append(_ pixels: Pixels) throws {
        let file = try FileHandle(forWritingTo: url)
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: pixels.samples.withUnsafeBytes { Data($0) })
        written.withLock { $0 += 1 }
    }

    /// - Parameters:
    ///   - index: in the order in which they were appended.
    ///   - slice: which of the image's slices that is.
    func image(_ index: Int, slice: Int) throws -> Image {
        guard (0..<count).contains(index) else { throw ViewerError.unknown }
        let file = try FileHandle(forReadingFrom: url)
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(index * sliceBytes))
        let data = try file.read(upToCount: sliceBytes) ?? Data()
        guard data.count == sliceBytes else { throw ViewerError.unknown }
        let samples = [Float](unsafeUninitializedCapacity: sliceBytes / MemoryLayout<Float>.size) { samples, count in
            count = data.copyBytes(to: samples) / MemoryLayout<Float>.size
        }
        return Image(
            header: header.selecting([slice]),
            pixels: Pixels(
                width: header.width, height: header.height, channels: header.channels, samples: samples))
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}
