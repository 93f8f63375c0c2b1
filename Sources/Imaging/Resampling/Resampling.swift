/// Brings images of one size to another; its weight tables are made once and serve any number of images or bands.
///
/// Equal to MATLAB's documented `imresize`. Pixel-centre convention: the old and the new image cover the same field of
/// view. Samples are computed in Float32 and not clamped: cubic and Lanczos overshoot at edges.
public struct Resampler: Sendable {
    /// Size of the images taken, in pixels.
    public let sourceWidth: Int
    public let sourceHeight: Int
    /// Size of the images made, in pixels.
    public let width: Int
    public let height: Int

    private let horizontal: ResamplingWeights
    private let vertical: ResamplingWeights
    /// MATLAB treats the axis that shrinks most first. At equal scales the two orders differ only in rounding, and the
    /// one that leaves less to the costlier horizontal pass is taken.
    private let horizontalFirst: Bool
    private let verticalScale: Double

    /// From one size to another, each axis by its own scale.
    ///
    /// - Parameters:
    ///   - sourceWidth: of what is resampled, in pixels.
    ///   - sourceHeight: of what is resampled, in pixels.
    ///   - width: of the result, in pixels.
    ///   - height: of the result, in pixels.
    ///   - interpolation: the kernel.
    ///   - antialias: widen the kernel by 1/scale along an axis that shrinks, so that what the new grid cannot hold does
    ///     not fold into it.
    /// - Precondition: all sizes are positive.
    public init(
        sourceWidth: Int, sourceHeight: Int, width: Int, height: Int, interpolation: Interpolation = .cubic,
        antialias: Bool = true
    ) {
        precondition(min(sourceWidth, sourceHeight, width, height) > 0, "an image has at least one row and one column")
        self.init(
            sourceWidth: sourceWidth, sourceHeight: sourceHeight, width: width, height: height,
            horizontalScale: Double(width) / Double(sourceWidth), verticalScale: Double(height) / Double(sourceHeight),
            interpolation: interpolation, antialias: antialias)
    }

    /// By a scale, to MATLAB's size: ⌈scale · n⌉ pixels along each axis, sampled at exactly this scale.
    ///
    /// - Precondition: sizes and scale are positive.
    public init(
        sourceWidth: Int, sourceHeight: Int, scale: Double, interpolation: Interpolation = .cubic,
        antialias: Bool = true
    ) {
        precondition(min(sourceWidth, sourceHeight) > 0, "an image has at least one row and one column")
        precondition(scale > 0 && scale.isFinite, "a scale is positive and finite")
        self.init(
            sourceWidth: sourceWidth, sourceHeight: sourceHeight, width: Self.scaledCount(sourceWidth, by: scale),
            height: Self.scaledCount(sourceHeight, by: scale), horizontalScale: scale, verticalScale: scale,
            interpolation: interpolation, antialias: antialias)
    }

    private init(
        sourceWidth: Int, sourceHeight: Int, width: Int, height: Int, horizontalScale: Double, verticalScale: Double,
        interpolation: Interpolation, antialias: Bool
    ) {
        self.sourceWidth = sourceWidth
        self.sourceHeight = sourceHeight
        self.width = width
        self.height = height
        self.verticalScale = verticalScale
        horizontal = ResamplingWeights(
            sourceCount: sourceWidth, count: width, scale: horizontalScale, interpolation: interpolation,
            antialias: antialias)
        vertical = ResamplingWeights(
            sourceCount: sourceHeight, count: height, scale: verticalScale, interpolation: interpolation,
            antialias: antialias)
        horizontalFirst =
            horizontalScale == verticalScale ? verticalScale > 1 : horizontalScale < verticalScale
    }

    /// A separable filter that keeps the size.
    init(horizontal: ResamplingWeights, vertical: ResamplingWeights) {
        width = horizontal.starts.count
        height = vertical.starts.count
        sourceWidth = width
        sourceHeight = height
        self.horizontal = horizontal
        self.vertical = vertical
        verticalScale = 1
        horizontalFirst = false
    }

    /// ⌈scale · count⌉, MATLAB's rule.
    public static func scaledCount(_ count: Int, by scale: Double) -> Int {
        Int((Double(count) * scale).rounded(.up))
    }

    /// The whole new image, every channel and slice.
    ///
    /// - Precondition: `pixels` have the source size.
    public func callAsFunction(_ pixels: Pixels) -> Pixels {
        region(columns: 0..<width, rows: 0..<height, of: pixels)
    }

    /// Only `rows` of the new image, for results larger than memory; equal, bit for bit, to those rows of the whole.
    ///
    /// - Precondition: `pixels` have the source size and `rows` lie in the new image.
    public func rows(_ rows: Range<Int>, of pixels: Pixels) -> Pixels {
        region(columns: 0..<width, rows: rows, of: pixels)
    }

    /// The source's rows that `rows` of the new image are made of.
    public func sourceRows(for rows: Range<Int>) -> Range<Int> { vertical.sourceRange(for: rows) }

    /// Only `rows` of the new image, for sources larger than memory: `part` holds the source's rows from `firstRow` on,
    /// at least ``sourceRows(for:)``. Equal, bit for bit, to those rows of the whole.
    ///
    /// - Precondition: `part` has the source's width and the rows needed, and `rows` lie in the new image.
    public func rows(_ rows: Range<Int>, ofPart part: Pixels, startingAt firstRow: Int) -> Pixels {
        precondition(part.width == sourceWidth, "the part has not the width this was made for")
        let needed = sourceRows(for: rows)
        precondition(
            rows.isEmpty || (needed.lowerBound >= firstRow && needed.upperBound <= firstRow + part.height),
            "rows are missing")
        return region(columns: 0..<width, rows: rows, ofPart: part, startingAt: firstRow)
    }

    /// Only the rectangle `columns` × `rows` of the new image; equal, bit for bit, to that part of the whole.
    ///
    /// - Precondition: `pixels` have the source size and the rectangle lies in the new image.
    public func region(columns: Range<Int>, rows: Range<Int>, of pixels: Pixels) -> Pixels {
        precondition(
            pixels.width == sourceWidth && pixels.height == sourceHeight, "the image has not the size this was made for"
        )
        return region(columns: columns, rows: rows, ofPart: pixels, startingAt: 0)
    }

    private func region(columns: Range<Int>, rows: Range<Int>, ofPart pixels: Pixels, startingAt firstRow: Int)
        -> Pixels
    {
        precondition(columns.lowerBound >= 0 && columns.upperBound <= width, "columns outside the new image")
        precondition(rows.lowerBound >= 0 && rows.upperBound <= height, "rows outside the new image")
        let planes = pixels.channels * pixels.slices
        let planeCount = columns.count * rows.count
        let samples = [Float](unsafeUninitializedCapacity: planes * planeCount) { buffer, initializedCount in
            initializedCount = planes * planeCount
            guard planes * planeCount > 0 else { return }
            let result = buffer.baseAddress!
            pixels.samples.withUnsafeBufferPointer { source in
                // Where row 0 would lie; rows before `firstRow` are not read.
                let source = source.baseAddress! - firstRow * sourceWidth
                let tall = rowsInTask(columns: columns.count, rows: rows.count)
                let tasks = (rows.count + tall - 1) / tall
                let run = { (task: Int) in
                    let plane = task / tasks
                    let first = rows.lowerBound + (task % tasks) * tall
                    let band = first..<min(first + tall, rows.upperBound)
                    compute(
                        columns: columns, rows: band, of: source + plane * pixels.planeCount,
                        into: result + plane * planeCount + (first - rows.lowerBound) * columns.count)
                }
                if planes * tasks == 1 || planes * planeCount * (horizontal.taps + vertical.taps) < 1 << 19 {
                    for task in 0..<planes * tasks { run(task) }
                } else {
                    concurrently(planes * tasks, run)
                }
            }
        }
        return Pixels(
            width: columns.count, height: rows.count, channels: pixels.channels, slices: pixels.slices, samples: samples
        )
    }

    /// New rows one task makes: few enough that what lies between the passes stays in the cache, enough that the source
    /// rows neighbouring tasks share don't count.
    private func rowsInTask(columns: Int, rows: Int) -> Int {
        guard horizontalFirst else { return 32 }
        return max(16, min(256, Int(Double(8 * vertical.taps) * verticalScale)))
    }

    /// One band of one plane. `result` takes `rows.count` rows of `columns.count` samples.
    private func compute(
        columns: Range<Int>, rows: Range<Int>, of source: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>
    ) {
        if horizontal.isIdentity {
            let source = source + columns.lowerBound
            vertical.combineRows(
                of: source, stride: sourceWidth, firstRow: 0, columns: columns.count, outputs: rows, into: result)
        } else if vertical.isIdentity {
            horizontal.combineColumns(
                of: source + rows.lowerBound * sourceWidth, stride: sourceWidth, firstColumn: 0, rows: rows.count,
                outputs: columns, into: result)
        } else if horizontalFirst {
            let read = vertical.sourceRange(for: rows)
            withScratch(read.count * columns.count) { scratch in
                horizontal.combineColumns(
                    of: source + read.lowerBound * sourceWidth, stride: sourceWidth, firstColumn: 0, rows: read.count,
                    outputs: columns, into: scratch)
                vertical.combineRows(
                    of: scratch, stride: columns.count, firstRow: read.lowerBound, columns: columns.count,
                    outputs: rows, into: result)
            }
        } else {
            let read = horizontal.sourceRange(for: columns)
            withScratch(read.count * rows.count) { scratch in
                vertical.combineRows(
                    of: source + read.lowerBound, stride: sourceWidth, firstRow: 0, columns: read.count,
                    outputs: rows, into: scratch)
                horizontal.combineColumns(
                    of: scratch, stride: read.count, firstColumn: read.lowerBound, rows: rows.count, outputs: columns,
                    into: result)
            }
        }
    }
}

private func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: count)
    defer { scratch.deallocate() }
    body(scratch)
}

extension ResamplingWeights {
    /// Each of `outputs` as a weighted sum of rows.
    ///
    /// - Parameters:
    ///   - source: the samples of row `firstRow`, rows `stride` apart.
    ///   - result: takes `outputs.count` rows of `columns` samples.
    fileprivate func combineRows(
        of source: UnsafePointer<Float>, stride: Int, firstRow: Int, columns: Int, outputs: Range<Int>,
        into result: UnsafeMutablePointer<Float>
    ) {
        weights.withUnsafeBufferPointer { weights in
            for output in outputs {
                let weight = weights.baseAddress! + output * taps
                let rows = source + (starts[output] - firstRow) * stride
                let target = result + (output - outputs.lowerBound) * columns
                var column = 0
                while column + 16 <= columns {
                    var sum = SIMD16<Float>.zero
                    var row = UnsafeRawPointer(rows + column)
                    for tap in 0..<taps {
                        sum += weight[tap] * row.loadUnaligned(as: SIMD16<Float>.self)
                        row += stride * MemoryLayout<Float>.stride
                    }
                    UnsafeMutableRawPointer(target + column).storeBytes(of: sum, as: SIMD16<Float>.self)
                    column += 16
                }
                while column < columns {
                    var sum: Float = 0
                    for tap in 0..<taps { sum += weight[tap] * rows[tap * stride + column] }
                    target[column] = sum
                    column += 1
                }
            }
        }
    }

    /// Each of `outputs` as a weighted sum of columns, in eight rows at once: turned so that eight samples of a column
    /// lie side by side, they are combined as rows are, and turned back.
    ///
    /// - Parameters:
    ///   - source: the samples of column `firstColumn`, rows `stride` apart.
    ///   - result: takes `rows` rows of `outputs.count` samples.
    fileprivate func combineColumns(
        of source: UnsafePointer<Float>, stride: Int, firstColumn: Int, rows: Int, outputs: Range<Int>,
        into result: UnsafeMutablePointer<Float>
    ) {
        let read = sourceRange(for: outputs)
        let source = source + (read.lowerBound - firstColumn)
        withScratch(read.count * 8) { turned in
            weights.withUnsafeBufferPointer { weights in
                for firstRow in Swift.stride(from: 0, to: rows, by: 8) {
                    // Past the last row the last one is read and written again, with equal samples.
                    let block = UnsafeRowBlock(first: firstRow, last: rows - 1)
                    block.turn(source, stride: stride, columns: read.count, into: turned)
                    let combine = { (output: Int) -> SIMD8<Float> in
                        let weight = weights.baseAddress! + output * taps
                        let columns = turned + (starts[output] - read.lowerBound) * 8
                        var sum = SIMD8<Float>.zero
                        for tap in 0..<taps {
                            let column = UnsafeRawPointer(columns + tap * 8)
                            sum += weight[tap] * column.loadUnaligned(as: SIMD8<Float>.self)
                        }
                        return sum
                    }
                    var output = outputs.lowerBound
                    while output + 4 <= outputs.upperBound {
                        block.turnBack(
                            combine(output), combine(output + 1), combine(output + 2), combine(output + 3),
                            into: result + (output - outputs.lowerBound), stride: outputs.count)
                        output += 4
                    }
                    while output < outputs.upperBound {
                        let sum = combine(output)
                        for row in 0..<8 {
                            result[block.row(row) * outputs.count + output - outputs.lowerBound] = sum[row]
                        }
                        output += 1
                    }
                }
            }
        }
    }
}

/// Eight consecutive rows of a plane, the last repeated where there are fewer.
private struct UnsafeRowBlock {
    let first: Int
    let last: Int

    @inline(__always)
    func row(_ index: Int) -> Int { min(first + index, last) }

    /// Writes column after column, eight samples each.
    func turn(_ source: UnsafePointer<Float>, stride: Int, columns: Int, into turned: UnsafeMutablePointer<Float>) {
        for half in 0..<2 {
            let rows = (0..<4).map { UnsafeRawPointer(source + row(half * 4 + $0) * stride) }
            let (row0, row1, row2, row3) = (rows[0], rows[1], rows[2], rows[3])
            let target = turned + half * 4
            var column = 0
            while column + 4 <= columns {
                let offset = column * MemoryLayout<Float>.stride
                let turned = Self.transposed(
                    row0.loadUnaligned(fromByteOffset: offset, as: SIMD4<Float>.self),
                    row1.loadUnaligned(fromByteOffset: offset, as: SIMD4<Float>.self),
                    row2.loadUnaligned(fromByteOffset: offset, as: SIMD4<Float>.self),
                    row3.loadUnaligned(fromByteOffset: offset, as: SIMD4<Float>.self))
                let block = UnsafeMutableRawPointer(target + column * 8)
                block.storeBytes(of: turned.0, as: SIMD4<Float>.self)
                block.storeBytes(of: turned.1, toByteOffset: 32, as: SIMD4<Float>.self)
                block.storeBytes(of: turned.2, toByteOffset: 64, as: SIMD4<Float>.self)
                block.storeBytes(of: turned.3, toByteOffset: 96, as: SIMD4<Float>.self)
                column += 4
            }
            while column < columns {
                for index in 0..<4 { target[column * 8 + index] = source[row(half * 4 + index) * stride + column] }
                column += 1
            }
        }
    }

    /// Writes four columns of eight samples to four samples of eight rows.
    @inline(__always)
    func turnBack(
        _ column0: SIMD8<Float>, _ column1: SIMD8<Float>, _ column2: SIMD8<Float>, _ column3: SIMD8<Float>,
        into result: UnsafeMutablePointer<Float>, stride: Int
    ) {
        let upper = Self.transposed(column0.lowHalf, column1.lowHalf, column2.lowHalf, column3.lowHalf)
        let lower = Self.transposed(column0.highHalf, column1.highHalf, column2.highHalf, column3.highHalf)
        let store = { (index: Int, samples: SIMD4<Float>) in
            UnsafeMutableRawPointer(result + row(index) * stride).storeBytes(of: samples, as: SIMD4<Float>.self)
        }
        store(0, upper.0)
        store(1, upper.1)
        store(2, upper.2)
        store(3, upper.3)
        store(4, lower.0)
        store(5, lower.1)
        store(6, lower.2)
        store(7, lower.3)
    }

    @inline(__always)
    private static func transposed(
        _ a: SIMD4<Float>, _ b: SIMD4<Float>, _ c: SIMD4<Float>, _ d: SIMD4<Float>
    ) -> (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>) {
        (
            SIMD4(a[0], b[0], c[0], d[0]), SIMD4(a[1], b[1], c[1], d[1]), SIMD4(a[2], b[2], c[2], d[2]),
            SIMD4(a[3], b[3], c[3], d[3])
        )
    }
}

extension Pixels {
    /// This image at another size over the same field of view; see ``Resampler``.
    public func resized(
        width: Int, height: Int, interpolation: Interpolation = .cubic, antialias: Bool = true
    ) -> Pixels {
        Resampler(
            sourceWidth: self.width, sourceHeight: self.height, width: width, height: height,
            interpolation: interpolation, antialias: antialias)(self)
    }

    /// This image at `scale` times its sampling rate, ⌈scale · n⌉ pixels along each axis as MATLAB rounds; see
    /// ``Resampler``.
    public func scaled(by scale: Double, interpolation: Interpolation = .cubic, antialias: Bool = true) -> Pixels {
        Resampler(
            sourceWidth: width, sourceHeight: height, scale: scale, interpolation: interpolation, antialias: antialias)(
                self)
    }

    /// Only `rows` of this image at another size. To make many bands, keep a ``Resampler``.
    public func resizedRows(
        _ rows: Range<Int>, width: Int, height: Int, interpolation: Interpolation = .cubic, antialias: Bool = true
    ) -> Pixels {
        Resampler(
            sourceWidth: self.width, sourceHeight: self.height, width: width, height: height,
            interpolation: interpolation, antialias: antialias
        ).rows(rows, of: self)
    }
}
