import Foundation

/// The orthonormal discrete cosine transform (type 2) of 8 × 8 samples.
enum BlockTransform {
    static let size = 8

    /// A row a frequency.
    static let basis: [SIMD8<Float>] = (0..<size).map { frequency in
        var row = SIMD8<Float>()
        for position in 0..<size {
            let scale = (frequency == 0 ? 1 : 2.0).squareRoot() / Double(size).squareRoot()
            row[position] = Float(
                scale * cos(.pi * (Double(position) + 0.5) * Double(frequency) / Double(size)))
        }
        return row
    }

    /// A row a position: the transform back.
    static let transposedBasis: [SIMD8<Float>] = (0..<size).map { position in
        var row = SIMD8<Float>()
        for frequency in 0..<size { row[frequency] = basis[frequency][position] }
        return row
    }
}

/// 8 × 8 samples or coefficients, a vector a row.
package struct Block {
    package typealias Rows = (
        SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>
    )
    package var rows: Rows

    private init(_ row: (Int) -> SIMD8<Float>) {
        rows = (row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7))
    }

    /// The block whose first sample is at `start`, in an image with `stride` samples a row.
    package init(_ start: UnsafePointer<Float>, stride: Int) {
        self.init { row in
            UnsafeRawPointer(start + row * stride).loadUnaligned(as: SIMD8<Float>.self)
        }
    }

    /// Coefficients, rows by vertical frequency.
    package var transformed: Block {
        multiplied(BlockTransform.basis).transposed.multiplied(BlockTransform.basis).transposed
    }

    /// The samples that these coefficients are of.
    package var restored: Block {
        multiplied(BlockTransform.transposedBasis).transposed.multiplied(BlockTransform.transposedBasis).transposed
    }

    /// `matrix` times this block.
    private func multiplied(_ matrix: [SIMD8<Float>]) -> Block {
        Block { index in
            let weights = matrix[index]
            // Rounded twice a term: a processor of which fused multiplication is not presumed would call a function for it.
            var sum = rows.0 * weights[0]
            sum += rows.1 * weights[1]
            sum += rows.2 * weights[2]
            sum += rows.3 * weights[3]
            sum += rows.4 * weights[4]
            sum += rows.5 * weights[5]
            sum += rows.6 * weights[6]
            sum += rows.7 * weights[7]
            return sum
        }
    }

    private var transposed: Block {
        Block { index in
            SIMD8(
                rows.0[index], rows.1[index], rows.2[index], rows.3[index], rows.4[index], rows.5[index],
                rows.6[index], rows.7[index])
        }
    }

    func count(of value: Float) -> Int {
        func count(_ row: SIMD8<Float>) -> Int {
            Int(SIMD8<Int32>.zero.replacing(with: 1, where: row .== value).wrappedSum())
        }
        return count(rows.0) + count(rows.1) + count(rows.2) + count(rows.3) + count(rows.4) + count(rows.5)
            + count(rows.6) + count(rows.7)
    }

    /// Mean squares of the finest nine coefficients and of the four in the middle.
    var energies: (fine: Float, coarse: Float) {
        func square(_ row: SIMD8<Float>, _ frequencies: Range<Int>) -> Float {
            frequencies.reduce(0) { $0 + row[$1] * row[$1] }
        }
        return (
            (square(rows.5, 5..<8) + square(rows.6, 5..<8) + square(rows.7, 5..<8)) / 9,
            (square(rows.3, 3..<5) + square(rows.4, 3..<5)) / 4
        )
    }

    /// Each value times itself.
    var squared: Block {
        var result = self
        result.rows = (
            rows.0 * rows.0, rows.1 * rows.1, rows.2 * rows.2, rows.3 * rows.3, rows.4 * rows.4, rows.5 * rows.5,
            rows.6 * rows.6, rows.7 * rows.7
        )
        return result
    }

    var mean: Float {
        (rows.0 + rows.1 + rows.2 + rows.3 + rows.4 + rows.5 + rows.6 + rows.7).sum() / 64
    }

    /// The 64 values, row by row.
    var values: [Float] { withUnsafeBytes(of: rows) { Array($0.bindMemory(to: Float.self)) } }

    /// The sum of the values but for the two lowest frequencies either way, where slopes are.
    var total: Float { values.enumerated().reduce(0) { $1.offset % 8 < 2 && $1.offset < 16 ? $0 : $0 + $1.element } }

    func lies(in range: ClosedRange<Float>) -> Bool {
        func lies(_ row: SIMD8<Float>) -> Bool { row.min() >= range.lowerBound && row.max() <= range.upperBound }
        return lies(rows.0) && lies(rows.1) && lies(rows.2) && lies(rows.3) && lies(rows.4) && lies(rows.5)
            && lies(rows.6) && lies(rows.7)
    }

    /// Coefficients above `thresholds`, the others zero; the mean always stays.
    func kept(above thresholds: Block) -> Block {
        func kept(_ row: SIMD8<Float>, _ threshold: SIMD8<Float>) -> SIMD8<Float> {
            row.replacing(with: 0, where: (row * row) .< (threshold * threshold))
        }
        var result = Block { _ in .zero }
        result.rows = (
            kept(rows.0, thresholds.rows.0), kept(rows.1, thresholds.rows.1), kept(rows.2, thresholds.rows.2),
            kept(rows.3, thresholds.rows.3), kept(rows.4, thresholds.rows.4), kept(rows.5, thresholds.rows.5),
            kept(rows.6, thresholds.rows.6), kept(rows.7, thresholds.rows.7)
        )
        result.rows.0[0] = rows.0[0]
        return result
    }
}
