import Imaging

/// Resamples an image that comes in bands, giving each row as soon as what it is made of is there.
final class BandReduction {
    private let resampler: Resampler
    /// The rows that are still needed, from the source's row `windowStart` on.
    private var window: Pixels?
    private var windowStart = 0
    private var nextRow = 0

    init(_ resampler: Resampler) {
        self.resampler = resampler
    }

    func reduce(_ band: Pixels) -> Pixels? {
        let part = window?.stacked(on: band) ?? band
        let end = windowStart + part.height
        var rowEnd = nextRow
        while rowEnd < resampler.height && resampler.sourceRows(for: rowEnd..<rowEnd + 1).upperBound <= end {
            rowEnd += 1
        }
        let result = rowEnd > nextRow ? resampler.rows(nextRow..<rowEnd, ofPart: part, startingAt: windowStart) : nil
        nextRow = rowEnd
        let needed = nextRow < resampler.height ? resampler.sourceRows(for: nextRow..<resampler.height).lowerBound : end
        let kept = max(windowStart, min(needed, end))
        window = kept < end ? part.cropped(columns: 0..<part.width, rows: kept - windowStart..<part.height) : nil
        windowStart = kept
        return result
    }
}

/// An image interpolated as another's bands come, and added to these.
final class InterpolatedBands {
    private let source: Pixels
    private let resampler: Resampler
    private var row = 0
    private var slice = 0

    init(_ source: Pixels, width: Int, height: Int) {
        self.source = source
        resampler = Resampler(
            sourceWidth: source.width, sourceHeight: source.height, width: width, height: height)
    }

    func added(to band: Pixels) -> Pixels {
        let own = resampler.rows(row..<row + band.height, of: source.slices == 1 ? source : source.slice(slice))
        var result = band
        result.add(1, own)
        row += band.height
        if row == resampler.height { (row, slice) = (0, slice + 1) }
        return result
    }
}

/// Puts bands together to an image.
package final class PixelCollector {
    package private(set) var pixels: Pixels
    private var row = 0
    private var slice = 0

    package init(width: Int, height: Int, channels: Int, slices: Int = 1) {
        pixels = Pixels(width: width, height: height, channels: channels, slices: slices)
    }

    package convenience init(_ header: ImageHeader) {
        self.init(width: header.width, height: header.height, channels: header.channels, slices: header.slices)
    }

    package func append(_ band: Pixels) {
        precondition(slice < pixels.slices && row + band.height <= pixels.height, "more rows than the image has")
        let (width, count) = (pixels.width, band.planeCount)
        let planes = (0..<pixels.channels).map { pixels.planeRange(slice: slice, channel: $0).lowerBound }
        let row = row
        pixels.samples.withUnsafeMutableBufferPointer { samples in
            band.samples.withUnsafeBufferPointer { band in
                for (channel, plane) in planes.enumerated() {
                    (samples.baseAddress! + plane + row * width).update(
                        from: band.baseAddress! + channel * count, count: count)
                }
            }
        }
        advance(by: band.height)
    }

    private func advance(by rows: Int) {
        row += rows
        if row == pixels.height { (row, slice) = (0, slice + 1) }
    }
}
