import Foundation
import Imaging
import Upscaling

/// How far a method moves places that are measured from: centres of discs and crossings of lines, planted between pixels and
/// found again in the result.
public struct LandmarkTest: Sendable, Equatable, Encodable {
    /// How many landmarks were found again.
    public private(set) var count = 0
    /// How many were planted.
    public private(set) var planted = 0
    /// The shifts' root mean square, in pixels of the input.
    public private(set) var rootMeanSquare = 0.0
    /// What 95 % of the shifts lie within, in pixels of the input.
    public private(set) var most = 0.0
    /// The mean shift along rows and along columns, in pixels of the input: what the grid itself is off.
    public private(set) var bias: [Double] = [0, 0]
    /// The same two in millimetres, where all images say how large their pixels are.
    public private(set) var rootMeanSquareMillimetres: Double?
    public private(set) var mostMillimetres: Double?

    /// Planted into each image at most.
    public static let perImage = 50
    /// A sixteenth of the range: plain to see, and nothing that dwarfs the image.
    static let contrast = 1.0 / 16

    /// - Parameters:
    ///   - images: sharp, gray; of a volume the middle slice.
    ///   - method: that enlarges.
    ///   - scale: a whole number from 2 on.
    ///   - isConsistent: whether results are made consistent.
    ///   - samples: how many a model that draws them is asked for.
    /// - Throws: ``TrustError``, `ModelError`, `CancellationError`.
    public init(
        in images: [Image], by method: Method, scale: Double, isConsistent: Bool, samples: Int? = nil
    ) throws {
        let trusted = try TrustedMethod(
            method, scale: scale, isConsistent: isConsistent, samples: samples)
        var generator = SeededGenerator(seed: 1)
        let drawn = Degradation.bicubic(factor: scale).drawn(using: &generator)
        var shifts: [(x: Double, y: Double, spacing: PixelSpacing?)] = []
        for (index, image) in images.enumerated() {
            let ground = try PlantedGround(
                image, trusted: trusted, drawn: drawn, boundFactor: nil, score: .standard)
            let found = try ground.landmarks(scale: scale, seed: UInt64(index), trusted: trusted, drawn: drawn)
            planted += found.planted
            let spacing = image.header.geometry.spacing
            shifts += found.shifts.map { ($0.x / scale, $0.y / scale, spacing) }
        }
        count = shifts.count
        guard count > 0 else { return }
        let lengths = shifts.map { hypot($0.x, $0.y) }
        (rootMeanSquare, most) = Self.summary(lengths)
        bias = [shifts.reduce(0) { $0 + $1.x } / Double(count), shifts.reduce(0) { $0 + $1.y } / Double(count)]
        let millimetres = shifts.compactMap { shift in
            // Of the input, whose pixels are `scale` times the sharp image's.
            shift.spacing.map { scale * hypot(shift.x * $0.column, shift.y * $0.row) }
        }
        guard millimetres.count == count else { return }
        let summary = Self.summary(millimetres)
        (rootMeanSquareMillimetres, mostMillimetres) = summary
    }

    private static func summary(_ lengths: [Double]) -> (rootMeanSquare: Double, most: Double) {
        let squares = lengths.reduce(0) { $0 + $1 * $1 } / Double(lengths.count)
        return (squares.squareRoot(), lengths.sorted()[Int((0.95 * Double(lengths.count)).rounded(.up)) - 1])
    }
}

/// A landmark in an image.
package struct Landmark {
    package enum Shape: CaseIterable, Sendable {
        /// Three original pixels across at ×4.
        case disc
        /// Of two lines, at right angles.
        case crossing
    }

    let shape: Shape
    let x: Double
    let y: Double
    /// Of a crossing's lines from rows and columns.
    let angle: Double

    package init(shape: Shape, x: Double, y: Double, angle: Double) {
        (self.shape, self.x, self.y, self.angle) = (shape, x, y, angle)
    }

    /// How far it reaches, in pixels.
    static let reach = 12

    /// Its height at a place, 1 at most.
    package func profile(x: Double, y: Double) -> Double {
        let (u, v) = (x - self.x, y - self.y)
        switch shape {
        case .disc: return PlantedFinding(.disc, width: 12, contrast: 1).profile(x: u, y: v, angle: 0)
        case .crossing:
            let line = PlantedFinding(.line, width: 4, contrast: 1)
            return max(line.profile(x: u, y: v, angle: angle), line.profile(x: u, y: v, angle: angle + .pi / 2))
        }
    }

    /// Where it is found in a difference of images, from where it was put: the shift of its profile by which it agrees best, its
    /// height free (Gauss and Newton); `nil` where it is not found within two pixels.
    package func shift(in difference: Pixels) -> (x: Double, y: Double)? {
        var (x, y) = (0.0, 0.0)
        for _ in 0..<20 {
            guard let step = step(in: difference, from: (x, y)) else { return nil }
            // Profiles have corners, where a whole step may overshoot.
            (x, y) = (x + 0.7 * step.x, y + 0.7 * step.y)
            guard hypot(x, y) < 2 else { return nil }
            if hypot(step.x, step.y) < 1e-4 { break }
        }
        return (x, y)
    }

    private func step(in difference: Pixels, from shift: (x: Double, y: Double)) -> (x: Double, y: Double)? {
        func moved(_ column: Int, _ row: Int, _ dx: Double, _ dy: Double) -> Double {
            profile(x: Double(column) - shift.x - dx, y: Double(row) - shift.y - dy)
        }
        // Normal equations of height · profile + a · ∂/∂x + b · ∂/∂y.
        var matrix = [Double](repeating: 0, count: 9)
        var right = [0.0, 0.0, 0.0]
        let (column, row) = (Int(x.rounded()), Int(y.rounded()))
        let radius = Self.reach + 2
        for r in max(0, row - radius)...min(difference.height - 1, row + radius) {
            for c in max(0, column - radius)...min(difference.width - 1, column + radius) {
                let half = 0.5
                let terms = [
                    moved(c, r, 0, 0), (moved(c, r, half, 0) - moved(c, r, -half, 0)) / (2 * half),
                    (moved(c, r, 0, half) - moved(c, r, 0, -half)) / (2 * half),
                ]
                let value = Double(difference.samples[r * difference.width + c])
                for i in 0..<3 {
                    right[i] += terms[i] * value
                    for j in 0..<3 { matrix[3 * i + j] += terms[i] * terms[j] }
                }
            }
        }
        guard let solution = solved(matrix, right), solution[0] != 0 else { return nil }
        return (solution[1] / solution[0], solution[2] / solution[0])
    }
}

/// The solution of three linear equations (Cramer); `nil` where there is none.
private func solved(_ m: [Double], _ right: [Double]) -> [Double]? {
    func determinant(_ m: [Double]) -> Double {
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6])
    }
    let whole = determinant(m)
    guard abs(whole) > 1e-12 else { return nil }
    return (0..<3).map { column in
        var other = m
        for row in 0..<3 { other[3 * row + column] = right[row] }
        return determinant(other) / whole
    }
}
