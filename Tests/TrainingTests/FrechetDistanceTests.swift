import Foundation
import Imaging
import Testing
import Training

@Suite("Fréchet distance") struct FrechetDistanceTests {
    private static func draws(_ count: Int, _ features: Int, seed: UInt64) -> [[Float]] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in (0..<features).map { _ in Float(generator.uniform()) } }
    }

    private static func mean(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) } / Double(values.count)
    }

    private static func variance(_ values: [Float]) -> Double {
        let mean = mean(values)
        return values.reduce(0) { $0 + pow(Double($1) - mean, 2) } / Double(values.count - 1)
    }

    @Test("Equal sets are at distance 0, also where there are more features than images")
    func equalSets() {
        for features in [3, 50] {
            let set = Self.draws(20, features, seed: 1)
            #expect(abs(FrechetDistance.between(set, set)) < 1e-6)
        }
    }

    @Test("Of one feature it is what normal distributions of one dimension have")
    func oneFeature() {
        let (first, second) = (Self.draws(30, 1, seed: 1), Self.draws(40, 1, seed: 2).map { [3 * $0[0] + 1] })
        let (a, b) = (first.map { $0[0] }, second.map { $0[0] })
        let expected =
            pow(Self.mean(a) - Self.mean(b), 2) + pow(Self.variance(a).squareRoot() - Self.variance(b).squareRoot(), 2)
        #expect(abs(FrechetDistance.between(first, second) - expected) < 1e-5)
    }

    @Test("A set stretched by a and moved by d is at (1 − a)² · (Tr C + |m|²) where d is 0, at |d|² where a is 1")
    func stretchedAndMoved() {
        let set = Self.draws(60, 4, seed: 3)
        let columns = (0..<4).map { feature in set.map { $0[feature] } }
        let stretched = FrechetDistance.between(set, set.map { $0.map { 2.5 * $0 } })
        let expected = pow(1.5, 2) * columns.reduce(0) { $0 + Self.variance($1) + pow(Self.mean($1), 2) }
        #expect(abs(stretched - expected) < 1e-4)
        let moved = FrechetDistance.between(set, set.map { [$0[0] + 3, $0[1], $0[2] - 4, $0[3]] })
        #expect(abs(moved - 25) < 1e-4)
    }
}
