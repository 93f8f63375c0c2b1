import Foundation
import Imaging
import Testing
import Upscaling

@Suite("Noise schedules")
struct NoiseScheduleTests {
    @Test("have the levels that PyTorch computes", arguments: DiffusionGolden.shared.schedules.indices)
    func equalsReference(index: Int) {
        let golden = DiffusionGolden.shared.schedules[index]
        let schedule = NoiseSchedule(golden.kind)
        #expect(schedule.gammas[0] == 1)
        #expect(schedule.steps == golden.steps.last)
        for (step, gamma) in zip(golden.steps, golden.gammas) {
            #expect(abs(schedule.gammas[step] / gamma - 1) < 1e-9)
        }
    }

    @Test("end in noise alone, shortened too")
    func endInNoise() {
        for schedule in [NoiseSchedule.sr3, .cosine(steps: 1000)] {
            for spacing in NoiseSchedule.Spacing.allCases {
                for levels in [schedule.gammas, schedule.spaced(20, by: spacing).gammas] {
                    #expect(levels[0] == 1)
                    #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 > $1 })
                    #expect((0..<1e-4).contains(levels[levels.count - 1]))
                }
            }
        }
    }

    @Test("that are shorter end at the same noise and visit levels of the longer one")
    func spacedByTime() {
        let short = NoiseSchedule.sr3.spaced(100)
        #expect(short.steps == 100)
        #expect(short.gammas[100] == NoiseSchedule.sr3.gammas[2000])
        #expect(short.gammas[1] == NoiseSchedule.sr3.gammas[20])
    }

    @Test("spaced by signal-to-noise ratio take equal steps of λ between the same ends")
    func spacedByRatio() {
        let schedule = NoiseSchedule.sr3
        let short = schedule.spaced(12, by: .halfLogSNR)
        let lambdas = short.gammas.dropFirst().map(NoiseSchedule.halfLogSNR)
        let steps = zip(lambdas, lambdas.dropFirst()).map { $0 - $1 }
        #expect(steps.allSatisfy { abs($0 / steps[0] - 1) < 1e-6 })
        #expect(abs(short.gammas[1] - schedule.gammas[1]) < 1e-9)
        #expect(abs(short.gammas[12] / schedule.gammas[2000] - 1) < 1e-6)
    }

    @Test("draw training levels of all steps alike, and between the table's levels too")
    func draws() {
        let schedule = NoiseSchedule(.table(gammas: [0.9, 0.5, 0.1]))
        var generator = SeededGenerator(seed: 3)
        let levels = (0..<30_000).map { _ in schedule.randomLevel(using: &generator) }
        #expect(levels.allSatisfy { (0.1...1).contains($0) })
        for (lower, upper) in [(0.9, 1.0), (0.5, 0.9), (0.1, 0.5)] {
            let inside = levels.filter { $0 >= lower && $0 < upper }
            #expect(abs(Double(inside.count) / 10_000 - 1) < 0.05)
            let mean = inside.reduce(0, +) / Double(inside.count)
            #expect(abs(mean - (lower + upper) / 2) < 0.01 * (upper - lower) * 2)
        }
    }

    @Test("survive JSON, and what is no schedule is refused there")
    func codable() throws {
        for schedule in [NoiseSchedule.sr3, .cosine(steps: 7), NoiseSchedule(.table(gammas: [0.5, 0.25]))] {
            let json = try JSONEncoder().encode(schedule)
            #expect(try JSONDecoder().decode(NoiseSchedule.self, from: json) == schedule)
        }
        for json in [
            #"{"table": {"gammas": []}}"#, #"{"table": {"gammas": [0.5, 0.6]}}"#, #"{"table": {"gammas": [0.5, 0]}}"#,
            #"{"linear": {"steps": 0, "firstBeta": 0.1, "lastBeta": 0.2}}"#,
            #"{"linear": {"steps": 5, "firstBeta": 0.1, "lastBeta": 1.2}}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(NoiseSchedule.self, from: Data(json.utf8)) }
        }
    }

    @Test("are searched for the best score")
    func search() {
        let candidates = searchSchedule(steps: 20) { schedule in
            #expect(schedule.gammas[20] <= 0.02)
            return abs(schedule.gammas[1] - (1 - 1e-4)) + abs(log(schedule.gammas[20]) - log(0.005))
        }
        #expect(candidates.count > 3)
        #expect(zip(candidates, candidates.dropFirst()).allSatisfy { $0.score <= $1.score })
    }
}

@Suite("Noise level embedding")
struct NoiseLevelEmbeddingTests {
    @Test("equals PyTorch's", arguments: DiffusionGolden.shared.embeddings.indices)
    func equalsReference(index: Int) {
        let golden = DiffusionGolden.shared.embeddings[index]
        let features = NoiseLevelEmbedding.features(gamma: golden.gamma, count: golden.features.count)
        #expect(largestDifference(features, golden.features) < 1e-6)
    }

    @Test("tells neighbouring levels of SR3's schedule apart, which √γ unscaled does not")
    func distinguishes() {
        let schedule = NoiseSchedule.sr3
        for step in stride(from: 20, to: 2000, by: 20) {
            let a = NoiseLevelEmbedding.features(gamma: schedule.gammas[step], count: 64)
            let b = NoiseLevelEmbedding.features(gamma: schedule.gammas[step - 20], count: 64)
            #expect(largestDifference(a, b) > 0.02)
        }
    }
}
