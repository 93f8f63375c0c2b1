import Batch
import Foundation
import Imaging
import Upscaling

/// What there is of one file's result.
enum MadeFile: Sendable {
    /// The first slices of a volume.
    case begun(KeptSlices)
    case whole(output: URL, bound: URL?, deviation: URL?, samples: KeptSamples?)

    /// Its files that are images, the result first.
    var files: [URL] {
        guard case .whole(let output, let bound, let deviation, _) = self else { return [] }
        return [output, bound, deviation].compactMap(\.self)
    }

    var samples: KeptSamples? {
        guard case .whole(_, _, _, let samples) = self else { return nil }
        return samples
    }
}

/// The samples that a result is the mean of, and where they differ.
struct KeptSamples: Sendable {
    private let kept: KeptSlices
    private let slices: Int
    let count: Int

    /// - Parameters:
    ///   - drawn: the samples.
    ///   - url: of the file that they go to.
    init(_ drawn: DrawnSamples, in url: URL) throws {
        kept = try KeptSlices(drawn.mean.header, in: url)
        (slices, count) = (drawn.mean.header.slices, drawn.samples.count)
        for image in drawn.samples + [drawn.deviation] {
            for slice in 0..<slices { try kept.append(image.pixels.slice(slice)) }
        }
    }

    /// - Parameter number: from 1.
    func sample(_ number: Int, slice: Int) throws -> Image {
        guard (1...count).contains(number), (0..<slices).contains(slice) else { throw ViewerError.unknown }
        return try kept.image((number - 1) * slices + slice, slice: slice)
    }

    func deviation(slice: Int) throws -> Image {
        guard (0..<slices).contains(slice) else { throw ViewerError.unknown }
        return try kept.image(count * slices + slice, slice: slice)
    }
}
