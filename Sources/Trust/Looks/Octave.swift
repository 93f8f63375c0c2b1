import Foundation
import Imaging

/// One octave of Haar's wavelet: what is left of an image, and what can be said of the details that were taken.
struct Octave {
    /// Half as wide and high, at least a pixel.
    let low: Pixels
    let diagonal: Strength
    /// Across and down together.
    let edges: Strength
    let across: Strength
    let down: Strength
    /// How far a detail agrees with its neighbour to the right, from −1 to 1.
    let acrossContinuity: Double
    let diagonalContinuity: Double
    /// The correlation of edges' logarithm with brightness.
    let brightnessLink: Double

    /// How strong details are: their absolute values.
    struct Strength {
        let mean: Double
        /// Of their squares' mean.
        let root: Double
        let middle: Double
        /// What a twentieth of them lies above.
        let high: Double

        init(_ details: [Double]) {
            let count = Double(details.count)
            mean = details.reduce(0) { $0 + abs($1) } / count
            root = (details.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
            let sorted = details.map(abs).sorted()
            middle = sorted[(sorted.count - 1) / 2]
            high = sorted[Int(0.95 * Double(sorted.count - 1))]
        }
    }

    /// - Parameter pixels: one plane, in 0…1.
    init(_ pixels: Pixels) {
        let (width, height) = (max(1, pixels.width / 2), max(1, pixels.height / 2))
        let count = width * height
        var low = Pixels(width: width, height: height)
        var across = [Double](repeating: 0, count: count)
        var (down, diagonal, edges) = (across, across, across)
        func at(_ row: Int, _ column: Int) -> Double {
            Double(pixels.samples[min(row, pixels.height - 1) * pixels.width + min(column, pixels.width - 1)])
        }
        for row in 0..<height {
            for column in 0..<width {
                let (p, q) = (at(2 * row, 2 * column), at(2 * row, 2 * column + 1))
                let (r, s) = (at(2 * row + 1, 2 * column), at(2 * row + 1, 2 * column + 1))
                let index = row * width + column
                low.samples[index] = Float((p + q + r + s) / 4)
                across[index] = (p - q + r - s) / 4
                down[index] = (p + q - r - s) / 4
                diagonal[index] = (p - q - r + s) / 4
                edges[index] = hypot(across[index], down[index])
            }
        }
        self.low = low
        self.diagonal = Strength(diagonal)
        self.edges = Strength(edges)
        self.across = Strength(across)
        self.down = Strength(down)
        acrossContinuity = Self.continuity(across, width: width)
        diagonalContinuity = Self.continuity(diagonal, width: width)
        // A thousandth of the range, so that where nothing is nothing is told.
        brightnessLink = Self.correlation(low.samples.map(Double.init), edges.map { log($0 + 1e-3) })
    }

    private static func continuity(_ details: [Double], width: Int) -> Double {
        guard width > 1 else { return 0 }
        var (products, squares, pairs) = (0.0, 0.0, 0.0)
        for index in details.indices {
            squares += details[index] * details[index]
            guard index % width > 0 else { continue }
            products += details[index] * details[index - 1]
            pairs += 1
        }
        return products / pairs / (squares / Double(details.count) + 1e-8)
    }

    private static func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let count = Double(a.count)
        let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
        var (both, squaresA, squaresB) = (0.0, 0.0, 0.0)
        for index in a.indices {
            let (x, y) = (a[index] - meanA, b[index] - meanB)
            both += x * y
            squaresA += x * x
            squaresB += y * y
        }
        // The floors keep a flat image from being all correlation.
        return both / count / (((squaresA / count).squareRoot() + 1e-4) * ((squaresB / count).squareRoot() + 1e-3))
    }
}
