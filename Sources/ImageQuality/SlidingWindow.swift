import Foundation
import Imaging

/// What structural metrics need to know of two images under one window position; four positions at once.
struct WindowStatistics {
    /// E[x] · E[y]
    let meanProduct: SIMD4<Double>
    /// E[x]² + E[y]²
    let squaredMeans: SIMD4<Double>
    /// E[x · y]
    let productMean: SIMD4<Double>
    /// E[x²] + E[y²]
    let squareMeans: SIMD4<Double>

    /// σxy over the population.
    var covariance: SIMD4<Double> { productMean - meanProduct }
    /// σx² + σy² over the population.
    var variances: SIMD4<Double> { squareMeans - squaredMeans }
}

/// A value for each window position.
protocol WindowIndex {
    func callAsFunction(_ window: WindowStatistics) -> SIMD4<Double>
}

/// A separable weighting of the samples around a position, weights summing to 1.
struct SlidingWindow {
    let weights: [Double]

    /// Gaussian of σ = 1.5 cut off at 11 × 11, as in Wang et al. 2004.
    static let gaussian11: SlidingWindow = {
        let weights = (-5...5).map { exp(-Double($0 * $0) / (2 * 1.5 * 1.5)) }
        let sum = weights.reduce(0, +)
        return SlidingWindow(weights: weights.map { $0 / sum })
    }()

    static func uniform(_ size: Int) -> SlidingWindow {
        SlidingWindow(weights: [Double](repeating: 1 / Double(size), count: size))
    }

    /// The mean of an index over the positions at which the window lies inside the image and holds no excluded sample;
    /// `nil` where there is none.
    ///
    /// - Parameters:
    ///   - columns: positions along a row, from the left; all by default.
    ///   - rows: positions along a column, from the top; all by default.
    func mean(over pair: PlanePair, columns: Int? = nil, rows: Int? = nil, of index: some WindowIndex) -> Double? {
        let columns = columns ?? pair.width - weights.count + 1
        let rows = rows ?? pair.height - weights.count + 1
        let left = pair.excluded.map { leftOut($0, of: pair, columns: columns, rows: rows) }
        let count = columns * rows - (left?.count(where: \.self) ?? 0)
        guard count > 0 else { return nil }
        let bandHeight = 64
        let bands = (rows + bandHeight - 1) / bandHeight
        // Summed in order afterwards, so that the result does not depend on which thread was first.
        var sums = [Double](repeating: 0, count: bands)
        sums.withUnsafeMutableBufferPointer { sums in
            let sums = sums
            let run = { (band: Int) in
                let first = band * bandHeight
                sums[band] = sum(
                    over: pair, columns: columns, rows: first..<min(first + bandHeight, rows), leavingOut: left,
                    of: index)
            }
            if columns * rows < 1 << 14 {
                for band in 0..<bands { run(band) }
            } else {
                concurrently(bands, run)
            }
        }
        return sums.reduce(0, +) / Double(count)
    }

    /// The positions at which the window would hold an excluded sample: a sum over rectangles from the top left corner
    /// tells.
    private func leftOut(_ excluded: [Bool], of pair: PlanePair, columns: Int, rows: Int) -> [Bool] {
        var sums = [Int](repeating: 0, count: (pair.width + 1) * (pair.height + 1))
        for row in 0..<pair.height {
            var sum = 0
            for column in 0..<pair.width {
                sum += excluded[row * pair.width + column] ? 1 : 0
                sums[(row + 1) * (pair.width + 1) + column + 1] = sums[row * (pair.width + 1) + column + 1] + sum
            }
        }
        var result: [Bool] = []
        result.reserveCapacity(columns * rows)
        for row in 0..<rows {
            let (top, bottom) = (row * (pair.width + 1), (row + weights.count) * (pair.width + 1))
            for column in 0..<columns {
                let (left, right) = (column, column + weights.count)
                result.append(sums[bottom + right] - sums[bottom + left] - sums[top + right] + sums[top + left] > 0)
            }
        }
        return result
    }

    /// The sum of an index over a band of positions. Each row of samples is filtered along the row once and kept while
    /// windows reach it; products are made on the way, in Float64, since variances are small differences of large sums.
    private func sum(
        over pair: PlanePair, columns: Int, rows: Range<Int>, leavingOut left: [Bool]?, of index: some WindowIndex
    ) -> Double {
        let taps = weights.count
        // Rows are padded to whole vectors.
        let stride = (columns + 3) / 4 * 4
        let sourceStride = stride + taps
        let source = UnsafeMutablePointer<Double>.allocate(capacity: 4 * sourceStride)
        let filtered = UnsafeMutablePointer<Double>.allocate(capacity: taps * 4 * stride)
        defer {
            source.deallocate()
            filtered.deallocate()
        }
        source.initialize(repeating: 0, count: 4 * sourceStride)

        return pair.reference.withUnsafeBufferPointer { reference in
            pair.image.withUnsafeBufferPointer { image in
                weights.withUnsafeBufferPointer { weights in
                    var total = SIMD4<Double>.zero
                    for row in rows.lowerBound..<rows.upperBound + taps - 1 {
                        let count = columns + taps - 1
                        spread(
                            reference.baseAddress! + row * pair.width, image.baseAddress! + row * pair.width,
                            count: count, into: source, stride: sourceStride)
                        let kept = filtered + row % taps * 4 * stride
                        for quantity in 0..<4 {
                            filter(
                                source + quantity * sourceStride, weights: weights, count: stride,
                                into: kept + quantity * stride)
                        }
                        let top = row - taps + 1
                        if top >= rows.lowerBound {
                            total += sumOfRow(
                                filtered, stride: stride, columns: columns, topRow: top, weights: weights,
                                leavingOut: left?[top * columns..<(top + 1) * columns], of: index)
                        }
                    }
                    return total.sum()
                }
            }
        }
    }

    /// x, y, x² + y² and x · y of one row.
    private func spread(
        _ reference: UnsafePointer<Float>, _ image: UnsafePointer<Float>, count: Int,
        into source: UnsafeMutablePointer<Double>, stride: Int
    ) {
        for column in 0..<count {
            let x = Double(reference[column])
            let y = Double(image[column])
            source[column] = x
            source[stride + column] = y
            source[2 * stride + column] = x * x + y * y
            source[3 * stride + column] = x * y
        }
    }

    private func filter(
        _ source: UnsafePointer<Double>, weights: UnsafeBufferPointer<Double>, count: Int,
        into result: UnsafeMutablePointer<Double>
    ) {
        for column in Swift.stride(from: 0, to: count, by: 4) {
            var sum = SIMD4<Double>.zero
            let samples = UnsafeRawPointer(source + column)
            for tap in 0..<weights.count {
                sum += weights[tap] * samples.loadUnaligned(fromByteOffset: tap * 8, as: SIMD4<Double>.self)
            }
            UnsafeMutableRawPointer(result + column).storeBytes(of: sum, as: SIMD4<Double>.self)
        }
    }

    @inline(__always)
    private func sumOfRow(
        _ filtered: UnsafePointer<Double>, stride: Int, columns: Int, topRow: Int,
        weights: UnsafeBufferPointer<Double>, leavingOut left: ArraySlice<Bool>?, of index: some WindowIndex
    ) -> SIMD4<Double> {
        let taps = weights.count
        var total = SIMD4<Double>.zero
        for column in Swift.stride(from: 0, to: columns, by: 4) {
            var meanX = SIMD4<Double>.zero
            var meanY = SIMD4<Double>.zero
            var squareMeans = SIMD4<Double>.zero
            var productMean = SIMD4<Double>.zero
            var slot = topRow % taps
            for tap in 0..<taps {
                let weight = weights[tap]
                let row = UnsafeRawPointer(filtered + slot * 4 * stride + column)
                meanX += weight * row.loadUnaligned(as: SIMD4<Double>.self)
                meanY += weight * row.loadUnaligned(fromByteOffset: 8 * stride, as: SIMD4<Double>.self)
                squareMeans += weight * row.loadUnaligned(fromByteOffset: 16 * stride, as: SIMD4<Double>.self)
                productMean += weight * row.loadUnaligned(fromByteOffset: 24 * stride, as: SIMD4<Double>.self)
                slot = slot + 1 == taps ? 0 : slot + 1
            }
            let statistics = WindowStatistics(
                meanProduct: meanX * meanY, squaredMeans: meanX * meanX + meanY * meanY, productMean: productMean,
                squareMeans: squareMeans)
            let values = index(statistics)
            if let left {
                for lane in 0..<min(4, columns - column) where !left[left.startIndex + column + lane] {
                    total[lane] += values[lane]
                }
            } else if column + 4 <= columns {
                total += values
            } else {
                for lane in 0..<columns - column { total[lane] += values[lane] }
            }
        }
        return total
    }
}
