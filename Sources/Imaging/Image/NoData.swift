/// Which samples of an image hold no data: DICOM's pixel padding, and NaN in floating point.
public struct NoDataMask: Sendable, Equatable {
    public let width: Int
    public let height: Int
    public let channels: Int
    public let slices: Int
    /// For each sample, in the order of ``Pixels/samples``, whether it holds no data.
    public let isMissing: [Bool]
    /// How many hold none.
    public let count: Int

    /// - Precondition: `isMissing.count == width * height * channels * slices`.
    public init(width: Int, height: Int, channels: Int = 1, slices: Int = 1, isMissing: [Bool]) {
        precondition(isMissing.count == width * height * channels * slices, "sample count disagrees with the shape")
        self.width = width
        self.height = height
        self.channels = channels
        self.slices = slices
        self.isMissing = isMissing
        count = isMissing.count(where: \.self)
    }

    /// The part of all samples that holds no data, from 0 to 1.
    public var share: Double { Double(count) / Double(isMissing.count) }

    /// Whether no sample at all holds data.
    public var isTotal: Bool { count == isMissing.count }

    /// One channel of one slice.
    public func plane(slice: Int = 0, channel: Int = 0) -> ArraySlice<Bool> {
        let start = (slice * channels + channel) * width * height
        return isMissing[start..<start + width * height]
    }

    public func slice(_ index: Int) -> NoDataMask {
        let count = width * height * channels
        return NoDataMask(
            width: width, height: height, channels: channels,
            isMissing: Array(isMissing[index * count..<(index + 1) * count]))
    }

    /// The rectangle `columns` × `rows` of every channel and slice.
    public func cropped(columns: Range<Int>, rows: Range<Int>) -> NoDataMask {
        var result: [Bool] = []
        result.reserveCapacity(columns.count * rows.count * channels * slices)
        for plane in 0..<channels * slices {
            for row in rows {
                let start = (plane * height + row) * width
                result += isMissing[start + columns.lowerBound..<start + columns.upperBound]
            }
        }
        return NoDataMask(
            width: columns.count, height: rows.count, channels: channels, slices: slices, isMissing: result)
    }

    /// What is missing here or there.
    ///
    /// - Precondition: both have the same shape.
    public func union(_ other: NoDataMask) -> NoDataMask {
        precondition(
            (width, height, channels, slices) == (other.width, other.height, other.channels, other.slices),
            "masks of different shape")
        return NoDataMask(
            width: width, height: height, channels: channels, slices: slices,
            isMissing: zip(isMissing, other.isMissing).map { $0 || $1 })
    }

    /// On another grid over the same field of view; see `NoDataGrid`.
    public func resized(width newWidth: Int, height newHeight: Int) -> NoDataMask {
        let grid = NoDataGrid(self, width: newWidth, height: newHeight)
        var result: [Bool] = []
        result.reserveCapacity(newWidth * newHeight * channels * slices)
        for plane in 0..<channels * slices {
            for row in 0..<newHeight {
                for column in 0..<newWidth {
                    result.append(grid.source(plane: plane, row: row, column: column) != nil)
                }
            }
        }
        return NoDataMask(width: newWidth, height: newHeight, channels: channels, slices: slices, isMissing: result)
    }
}

extension Image {
    /// Which samples hold no data; `nil` where all do. Opacity of an image with padding always does.
    public var noData: NoDataMask? {
        let isFloatingPoint = header.intensity.sampleType.isFloatingPoint
        guard header.padding != nil || isFloatingPoint else { return nil }
        // Sums of x · 0 tell images without NaN fast.
        if header.padding == nil, pixels.samples.withUnsafeBufferPointer(SampleCoding.firstNotFinite) == nil {
            return nil
        }
        let padding = header.padding
        var isMissing = [Bool](repeating: false, count: pixels.samples.count)
        var found = false
        for plane in 0..<pixels.channels * pixels.slices {
            let isColor = plane % pixels.channels < header.colorModel.colorChannels
            for index in plane * pixels.planeCount..<(plane + 1) * pixels.planeCount {
                let sample = pixels.samples[index]
                guard sample.isNaN || isColor && padding?.contains(sample) == true else { continue }
                isMissing[index] = true
                found = true
            }
        }
        guard found else { return nil }
        return NoDataMask(
            width: pixels.width, height: pixels.height, channels: pixels.channels, slices: pixels.slices,
            isMissing: isMissing)
    }

    /// Which samples no range of values may be taken from: those without data, also where they are filled in by now.
    package var uncounted: NoDataMask? { filling?.mask ?? noData }

    /// This image with neighbours' values where samples hold no data, so that whatever looks at a pixel's surroundings
    /// finds nothing there that is not the picture's. The samples that hold data are what they were.
    ///
    /// A plane without any data takes the least value of the image's data.
    public var filled: Image {
        guard let mask = noData else { return self }
        var result = self
        result.header.padding = nil
        var (least, greatest) = (Float.infinity, -Float.infinity)
        for (sample, isMissing) in zip(pixels.samples, mask.isMissing) where !isMissing {
            least = min(least, sample)
            greatest = max(greatest, sample)
        }
        result.filling = Filling(mask: mask, least: least, greatest: greatest, padding: header.padding)
        let planeCount = pixels.planeCount
        result.pixels.samples.withUnsafeMutableBufferPointer { samples in
            let samples = samples
            // Planes are ranges of their own.
            concurrently(pixels.channels * pixels.slices) { plane in
                let range = plane * planeCount..<(plane + 1) * planeCount
                grow(
                    UnsafeMutableBufferPointer(rebasing: samples[range]), width: pixels.width,
                    missing: mask.isMissing[range], otherwise: least.isFinite ? least : 0)
            }
        }
        return result
    }
}

/// What was done to an image where samples held no data.
package struct Filling: Sendable {
    /// Where they held none.
    package let mask: NoDataMask
    /// What is computed from the image may go beyond its data, as filters do beside an edge, but not towards the padding,
    /// which is far from anything measured.
    package let limits: ClosedRange<Float>

    fileprivate init(mask: NoDataMask, least: Float, greatest: Float, padding: ClosedRange<Float>?) {
        self.mask = mask
        let isBelow = padding.map { $0.upperBound < least } ?? false
        let isAbove = padding.map { $0.lowerBound > greatest } ?? false
        limits =
            mask.isTotal
            ? -Float.infinity...Float.infinity
            : (isBelow ? least : -.infinity)...(isAbove ? greatest : .infinity)
    }
}

/// Fills samples of a plane from the others, ring after ring: each takes the mean of those of its eight neighbours that
/// the rings before it have reached (normalised convolution, repeated), so that the picture goes on as it ends.
private func grow(
    _ plane: UnsafeMutableBufferPointer<Float>, width: Int, missing: ArraySlice<Bool>, otherwise: Float
) {
    let height = plane.count / width
    var isMissing = Array(missing)
    guard isMissing.contains(true) else { return }
    guard isMissing.contains(false) else { return plane.update(repeating: otherwise) }
    func neighbours(_ index: Int, _ visit: (Int) -> Void) {
        let (row, column) = index.quotientAndRemainder(dividingBy: width)
        for y in max(row - 1, 0)...min(row + 1, height - 1) {
            for x in max(column - 1, 0)...min(column + 1, width - 1) where (y, x) != (row, column) {
                visit(y * width + x)
            }
        }
    }
    var isQueued = [Bool](repeating: false, count: plane.count)
    var ring: [Int] = []
    for index in isMissing.indices where isMissing[index] {
        var touches = false
        neighbours(index) { touches = touches || !isMissing[$0] }
        guard touches else { continue }
        ring.append(index)
        isQueued[index] = true
    }
    while !ring.isEmpty {
        let means = ring.map { index in
            var (sum, count) = (0.0, 0.0)
            neighbours(index) {
                guard !isMissing[$0] else { return }
                sum += Double(plane[$0])
                count += 1
            }
            return Float(sum / count)
        }
        for (index, mean) in zip(ring, means) {
            plane[index] = mean
            isMissing[index] = false
        }
        var next: [Int] = []
        for index in ring {
            neighbours(index) {
                guard isMissing[$0], !isQueued[$0] else { return }
                isQueued[$0] = true
                next.append($0)
            }
        }
        ring = next
    }
}

/// Where samples without data lie on another grid over the same field of view: on a finer one, wherever the nearest old
/// sample holds none; on a coarser one, wherever at least half of the old samples under the new pixel hold none.
struct NoDataGrid: Sendable {
    let mask: NoDataMask
    private let columns: GridAxis
    private let rows: GridAxis
    private let isFiner: Bool

    init(_ mask: NoDataMask, width: Int, height: Int) {
        self.mask = mask
        columns = GridAxis(from: mask.width, to: width)
        rows = GridAxis(from: mask.height, to: height)
        isFiner = width >= mask.width && height >= mask.height
    }

    /// The index of the old sample nearest to a new pixel.
    func nearest(plane: Int, row: Int, column: Int) -> Int {
        (plane * mask.height + rows.nearest[row]) * mask.width + columns.nearest[column]
    }

    /// The old sample without data that stands at a new pixel; `nil` where that is to hold data.
    func source(plane: Int, row: Int, column: Int) -> Int? {
        let nearest = nearest(plane: plane, row: row, column: column)
        guard !isFiner else { return mask.isMissing[nearest] ? nearest : nil }
        var (count, first) = (0, Int?.none)
        for y in rows.covered[row] {
            for index in (plane * mask.height + y) * mask.width
                + columns.covered[column].lowerBound..<(plane * mask.height + y) * mask.width
                + columns.covered[column].upperBound
            where mask.isMissing[index] {
                count += 1
                first = first ?? index
            }
        }
        guard 2 * count >= rows.covered[row].count * columns.covered[column].count else { return nil }
        return mask.isMissing[nearest] ? nearest : first
    }
}

/// Which old positions along an axis a new grid over the same length meets.
struct GridAxis: Sendable {
    /// By pixel centres.
    let nearest: [Int]
    /// Those whose centres lie within the new pixel; the nearest where none does.
    let covered: [Range<Int>]

    init(from count: Int, to newCount: Int) {
        let step = Double(count) / Double(newCount)
        let nearest = (0..<newCount).map { min(Int((Double($0) + 0.5) * step), count - 1) }
        self.nearest = nearest
        covered = (0..<newCount).map { index in
            let start = Int((Double(index) * step - 0.5).rounded(.up))
            let end = min(Int((Double(index + 1) * step - 0.5).rounded(.up)), count)
            return start < end ? start..<end : nearest[index]..<nearest[index] + 1
        }
    }
}

extension Pixels {
    /// On another grid over the same field of view, each sample that of the nearest old pixel centre, bit for bit.
    ///
    /// Of `rows` of the new grid alone, in one slice where `slice` names it.
    package func nearest(width newWidth: Int, height newHeight: Int, rows: Range<Int>? = nil, slice: Int? = nil)
        -> Pixels
    {
        let (columnAxis, rowAxis) = (GridAxis(from: width, to: newWidth), GridAxis(from: height, to: newHeight))
        let rows = rows ?? 0..<newHeight
        let chosen = slice.map { $0..<$0 + 1 } ?? 0..<slices
        var result: [Float] = []
        result.reserveCapacity(newWidth * rows.count * channels * chosen.count)
        for plane in chosen.lowerBound * channels..<chosen.upperBound * channels {
            for row in rows {
                let start = (plane * height + rowAxis.nearest[row]) * width
                for column in columnAxis.nearest { result.append(samples[start + column]) }
            }
        }
        return Pixels(
            width: newWidth, height: rows.count, channels: channels, slices: chosen.count, samples: result)
    }
}

/// An image on its way to another grid, of which some samples hold no data: what computes the new samples sees
/// ``filled``, and what it gives is ``restored(_:slice:firstRow:)``.
package struct NoDataKeeping: Sendable {
    package let source: Image
    /// The image as if all its samples held data.
    package let filled: Image
    private let grid: NoDataGrid

    /// - Returns: `nil` where every sample holds data, so that nothing is to be done.
    package init?(_ image: Image, width: Int, height: Int) {
        guard let mask = image.noData else { return nil }
        source = image
        filled = image.filled
        grid = NoDataGrid(mask, width: width, height: height)
    }

    private init(source: Image, filled: Image, grid: NoDataGrid) {
        self.source = source
        self.filled = filled
        self.grid = grid
    }

    /// The same on its way to a grid of another size.
    func to(width: Int, height: Int) -> NoDataKeeping {
        NoDataKeeping(source: source, filled: filled, grid: NoDataGrid(grid.mask, width: width, height: height))
    }

    /// Whether there is nothing to compute from.
    package var isEmpty: Bool { grid.mask.isTotal }

    /// New samples with those without data in their places, as the file stores them. What was computed is kept apart from
    /// padding: below the least measured value nothing lies where the padding does, and likewise above; and where rounding
    /// would still make padding of a sample, it becomes the value next to the padding on the side on which the nearest
    /// measured sample lies.
    ///
    /// - Parameters:
    ///   - band: rows of one slice from `firstRow` on, or all of all slices.
    ///   - slice: the slice that the band is of; `nil` where it has them all.
    package func restored(_ band: Pixels, slice: Int? = nil, firstRow: Int = 0) -> Pixels {
        var band = band
        let intensity = source.header.intensity
        let padding = source.header.padding
        let colors = source.header.colorModel.colorChannels
        let limits = filled.filling!.limits
        let firstPlane = (slice ?? 0) * band.channels
        var index = 0
        band.samples.withUnsafeMutableBufferPointer { samples in
            source.pixels.samples.withUnsafeBufferPointer { old in
                for plane in 0..<band.channels * band.slices {
                    for row in firstRow..<firstRow + band.height {
                        for column in 0..<band.width {
                            if let missing = grid.source(plane: firstPlane + plane, row: row, column: column) {
                                samples[index] = old[missing]
                            } else if let padding, plane % band.channels < colors {
                                let limited = min(max(samples[index], limits.lowerBound), limits.upperBound)
                                samples[index] = limited
                                if padding.contains(intensity.quantized(limited)) {
                                    let measured = filled.pixels.samples[
                                        grid.nearest(plane: firstPlane + plane, row: row, column: column)]
                                    samples[index] = intensity.beside(padding, above: measured > padding.upperBound)
                                }
                            }
                            index += 1
                        }
                    }
                }
            }
        }
        return band
    }

    /// The same of a whole image that was computed from ``filled``.
    package func restored(_ image: Image) -> Image {
        var result = image
        result.pixels = restored(image.pixels)
        result.header.padding = source.header.padding
        return result
    }
}

extension Intensity {
    /// The stored value next to a range.
    fileprivate func beside(_ range: ClosedRange<Float>, above: Bool) -> Float {
        guard let storedRange else { return above ? range.upperBound.nextUp : range.lowerBound.nextDown }
        let isAbove = above ? range.upperBound < storedRange.upperBound : range.lowerBound <= storedRange.lowerBound
        return isAbove
            ? max(range.upperBound + 1, range.upperBound.nextUp)
            : min(range.lowerBound - 1, range.lowerBound.nextDown)
    }
}
