/// What JPEG rounded: the steps of the cosine coefficients of 8 × 8 samples of the brightness (ISO/IEC 10918-1 A.3.4).
///
/// What a coefficient lacks for want of a finer step is spread over its block as ringing and false texture, which a network
/// would sharpen. The file says how large the steps are.
public struct JPEGQuantization: Sendable, Equatable {
    /// A step each, above 0, vertical frequency · 8 + horizontal frequency, in stored units: for the orthonormal transform.
    public let steps: [Float]

    /// - Precondition: there are 64 steps, all above 0.
    public init(steps: [Float]) {
        precondition(steps.count == 64 && steps.allSatisfy { $0 > 0 }, "a step for each of 64 coefficients")
        self.steps = steps
    }

    /// As a file lists them (B.2.4.1).
    init?(zigzag steps: [Int]) {
        guard steps.count == 64, steps.allSatisfy({ $0 > 0 }) else { return nil }
        var natural = [Float](repeating: 1, count: 64)
        for (step, place) in zip(steps, Self.zigzag) { natural[place] = Float(step) }
        self.init(steps: natural)
    }

    /// The mean step, in stored units.
    public var meanStep: Double { Double(steps.reduce(0, +)) / 64 }

    /// What is rounded of the brightness where red, green and blue are rounded to these steps, each for itself: their errors
    /// add up by the squares of their weights in it (ITU-R BT.601).
    var ofBrightness: JPEGQuantization { scaled(by: (0.299 * 0.299 + 0.587 * 0.587 + 0.114 * 0.114).squareRoot()) }

    /// The same of an image whose values are `factor` times as far apart.
    package func scaled(by factor: Float) -> JPEGQuantization { JPEGQuantization(steps: steps.map { $0 * factor }) }

    /// The same of an image whose rows are this one's columns.
    var transposed: JPEGQuantization {
        JPEGQuantization(steps: (0..<64).map { steps[$0 % 8 * 8 + $0 / 8] })
    }

    /// Places of coefficients in the order of figure A.6: diagonals, up and down by turns.
    private static let zigzag = (0..<64).sorted { first, second in
        func key(_ place: Int) -> (Int, Int) {
            let (row, column) = place.quotientAndRemainder(dividingBy: 8)
            return (row + column, (row + column) % 2 == 0 ? column : row)
        }
        return key(first) < key(second)
    }
}
