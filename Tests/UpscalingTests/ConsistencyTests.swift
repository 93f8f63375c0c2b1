import Imaging
import Testing
import Upscaling

@Suite("Consistency")
struct ConsistencyTests {
    static func noise(width: Int, height: Int, seed: UInt64, slices: Int = 1) -> Pixels {
        var generator = SeededGenerator(seed: seed)
        return .noise(width: width, height: height, slices: slices, using: &generator)
    }

    static let cases: [(Int, Int, Int, Int, Interpolation)] = [
        (40, 28, 10, 7, .cubic), (34, 26, 17, 13, .cubic), (12, 12, 3, 3, .cubic), (4, 8, 1, 2, .cubic),
        (31, 45, 11, 19, .cubic), (24, 20, 8, 5, .area), (24, 24, 6, 6, .lanczos3), (600, 8, 300, 4, .linear),
        (9, 7, 9, 7, .cubic),
    ]

    @Test("A⁺ makes an image that reduces to the given one", arguments: cases.indices)
    func reducesBack(index: Int) {
        let (width, height, reducedWidth, reducedHeight, interpolation) = Self.cases[index]
        let inverse = ResamplingInverse(
            width: width, height: height, reducedWidth: reducedWidth, reducedHeight: reducedHeight,
            interpolation: interpolation)
        let reduced = Self.noise(width: reducedWidth, height: reducedHeight, seed: 1, slices: 2)
        let back = inverse.reduction(inverse(reduced))
        #expect(zip(back.samples, reduced.samples).allSatisfy { abs($0 - $1) < 2e-5 })
    }

    @Test("A⁺ makes the one of least norm: at right angles to whatever reduces to nothing", arguments: cases.indices)
    func leastNorm(index: Int) {
        let (width, height, reducedWidth, reducedHeight, interpolation) = Self.cases[index]
        let inverse = ResamplingInverse(
            width: width, height: height, reducedWidth: reducedWidth, reducedHeight: reducedHeight,
            interpolation: interpolation)
        let least = inverse(Self.noise(width: reducedWidth, height: reducedHeight, seed: 2))
        let other = Self.noise(width: width, height: height, seed: 3)
        let invisible = zip(other.samples, inverse(inverse.reduction(other)).samples).map { Double($0 - $1) }
        let product = zip(least.samples, invisible).reduce(0) { $0 + Double($1.0) * $1.1 }
        #expect(abs(product) < 1e-4 * Double(width * height).squareRoot())
    }

    @Test("A projected image reduces to the measured one and keeps what the reduction cannot see")
    func projects() {
        let measured = Self.noise(width: 9, height: 7, seed: 4)
        let consistency = Consistency(with: measured, width: 36, height: 28)
        let image = Self.noise(width: 36, height: 28, seed: 5)
        let projected = consistency.projected(image)
        #expect(consistency.largestDeviation(of: image) > 0.5)
        #expect(consistency.largestDeviation(of: projected) < 1e-5)
        let again = consistency.projected(projected)
        #expect(zip(projected.samples, again.samples).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test("Within a range, a result in grey levels stays there and agrees to one level after rounding")
    func projectsWithinRange() {
        // Dark ground and bright blocks: the projection overshoots on both sides.
        var truth = Pixels(width: 64, height: 48, repeating: 0)
        for row in 0..<48 {
            for column in 0..<64 where (row / 12 + column / 16) % 2 == 0 {
                truth.samples[row * 64 + column] = Float(200 + (row * 5 + column * 3) % 56)
            }
        }
        var measured = truth.resized(width: 16, height: 12)
        measured.samples = measured.samples.map { min(max($0.rounded(), 0), 255) }
        let consistency = Consistency(with: measured, width: 64, height: 48)
        let start = measured.resized(width: 64, height: 48)
        var result = consistency.projected(start, within: 0...255, tolerance: 0.25)
        #expect(result.samples.allSatisfy { (0...255).contains($0) })
        result.samples = result.samples.map { $0.rounded() }
        #expect(consistency.largestDeviation(of: start) > 2)
        #expect(consistency.largestDeviation(of: result) <= 1)
    }

    @Test("Where an invented image is far off on an empty ground, few turns still bring it to the measured one")
    func projectsFarOffImages() {
        var generator = SeededGenerator(seed: 5)
        var truth = Pixels(width: 96, height: 80, repeating: 0)
        for row in 8..<72 {
            for column in 10..<80 where (row / 8 + column / 7) % 3 > 0 {
                truth.samples[row * 96 + column] = Float(generator.uniform(in: 100...1300))
            }
        }
        var measured = truth.resized(width: 24, height: 20)
        measured.samples = measured.samples.map { max($0.rounded(), 0) }
        var invented = truth
        for index in invented.samples.indices where truth.samples[index] > 0 {
            invented.samples[index] += Float(generator.uniform(in: -400...400))
        }
        let consistency = Consistency(with: measured, width: 96, height: 80)
        var clampedOnce = consistency.projected(invented)
        clampedOnce.samples = clampedOnce.samples.map { max($0, 0) }
        let result = consistency.projected(invented, within: 0...65535, tolerance: 0.25)
        #expect(result.samples.allSatisfy { $0 >= 0 })
        #expect(consistency.largestDeviation(of: clampedOnce) > 5)
        #expect(consistency.largestDeviation(of: result) <= 0.25)
    }
}
