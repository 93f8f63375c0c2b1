import Foundation
import Imaging
import Testing

@Suite("Seeded generator")
struct SeededGeneratorTests {
    @Test("gives the sequence of the authors' xoshiro256++ from state 1, 2, 3, 4")
    func referenceSequence() throws {
        let state = Data(#"{"state0":1,"state1":2,"state2":3,"state3":4}"#.utf8)
        var generator = try JSONDecoder().decode(SeededGenerator.self, from: state)
        let expected: [UInt64] = [
            41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386, 9_228_616_714_210_784_205,
            9_973_669_472_204_895_162, 14_011_001_112_246_962_877, 12_406_186_145_184_390_807,
            15_849_039_046_786_891_736, 10_450_023_813_501_588_000,
        ]
        for value in expected { #expect(generator.next() == value) }
    }

    @Test("fills its state by SplitMix64")
    func seeding() throws {
        let state = Data(
            #"{"state0":6457827717110365317,"state1":3203168211198807973,"state2":9817491932198370423,"state3":4593380528125082431}"#
                .utf8)
        #expect(SeededGenerator(seed: 1_234_567) == (try JSONDecoder().decode(SeededGenerator.self, from: state)))
    }

    @Test("goes on where it was saved")
    func resumes() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5 { _ = generator.normal() }
        var restored = try JSONDecoder().decode(SeededGenerator.self, from: JSONEncoder().encode(generator))
        for _ in 0..<5 { #expect(generator.next() == restored.next()) }
    }

    @Test("streams of one seed differ")
    func streams() {
        var first = SeededGenerator(seed: 7, stream: 0)
        var second = SeededGenerator(seed: 7, stream: 1)
        #expect(first.next() != second.next())
    }

    @Test("normal numbers have mean 0, variance 1 and the normal's fourth moment")
    func normalMoments() {
        var generator = SeededGenerator(seed: 3)
        let count = 200_000
        let draws = (0..<count).map { _ in generator.normal() }
        let moment = { (power: Double) in draws.reduce(0) { $0 + pow($1, power) } / Double(count) }
        // Five standard errors of each estimate.
        #expect(abs(moment(1)) < 0.012)
        #expect(abs(moment(2) - 1) < 0.016)
        #expect(abs(moment(3)) < 0.045)
        #expect(abs(moment(4) - 3) < 0.11)
    }

    @Test("Poisson numbers follow the Poisson distribution", arguments: [0, 0.3, 4, 9.99, 10, 37, 5000])
    func poissonDistribution(mean: Double) {
        var generator = SeededGenerator(seed: 11)
        let count = 100_000
        let draws = (0..<count).map { _ in generator.poisson(mean: mean) }
        let average = draws.reduce(0, +) / Double(count)
        let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        #expect(abs(average - mean) <= 5 * (mean / Double(count)).squareRoot())
        #expect(abs(variance - mean) <= 5 * mean * ((2 + 1 / max(mean, 0.1)) / Double(count)).squareRoot())

        // The share of each count near the mean against exp(−mean) · meanⁿ / n!.
        for number in Set([mean.rounded(.down), mean.rounded(.down) + 2]) {
            let expected = mean == 0 ? (number == 0 ? 1 : 0) : exp(number * log(mean) - mean - lgamma(number + 1))
            let share = Double(draws.count { $0 == number }) / Double(count)
            #expect(abs(share - expected) <= 5 * (expected * (1 - expected) / Double(count)).squareRoot())
        }
    }
}
