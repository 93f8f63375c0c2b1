import Foundation
import Imaging
import Testing
import Upscaling

@Suite("Sampler steps")
struct SamplerStepTests {
    let golden = DiffusionGolden.shared

    @Test("A prediction of any kind gives PyTorch's image and noise", arguments: PredictionTarget.allCases)
    func estimates(target: PredictionTarget) throws {
        let prediction = golden.prediction
        struct Fixed: Denoiser {
            var target: PredictionTarget
            var prediction: Pixels
            func predict(_ noisy: Pixels, condition: Pixels, gamma: Double) -> Pixels { prediction }
        }
        let denoiser = Fixed(target: target, prediction: row(prediction))
        let noisy = row(golden.noisy)
        let estimate = try denoiser.estimate(noisy, condition: noisy, gamma: golden.gamma)
        #expect(largestDifference(estimate.image.samples, golden.images[target.rawValue]!) < 1e-5)
        #expect(largestDifference(estimate.noise.samples, golden.noises[target.rawValue]!) < 1e-5)
        // Corrected to itself, the image gives the same noise back.
        let corrected = try denoiser.estimate(noisy, condition: noisy, gamma: golden.gamma) { $0 }
        #expect(largestDifference(corrected.noise.samples, golden.noises[target.rawValue]!) < 1e-5)
    }

    @Test("Training targets are the noise, the image, and PyTorch's velocity")
    func trainingTargets() {
        // Of image `older` and noise `noise`, as the generator has it.
        let (image, noise) = (golden.older, golden.noise)
        func target(_ target: PredictionTarget) -> [Float] {
            let pair = target.trainingCoefficients(gamma: golden.gamma)
            return zip(image, noise).map { Float(pair.first) * $0 + Float(pair.second) * $1 }
        }
        #expect(target(.noise) == noise)
        #expect(target(.image) == image)
        #expect(largestDifference(target(.velocity), golden.trainingVelocity) < 1e-6)
    }

    @Test("SR3's refinement equals PyTorch's", arguments: AncestralVariance.allCases)
    func ancestral(variance: AncestralVariance) {
        let result = ancestralStep(
            row(golden.noisy), noiseEstimate: row(golden.prediction), from: golden.gamma, to: golden.nextGamma,
            noise: row(golden.noise), variance: variance)
        #expect(largestDifference(result.samples, golden.ancestral[variance.rawValue]!) < 1e-5)
    }

    @Test("SR3's last refinement adds no noise")
    func ancestralLast() throws {
        let result = ancestralStep(
            row(golden.noisy), noiseEstimate: row(golden.prediction), from: golden.gamma, to: 1, noise: nil)
        #expect(largestDifference(result.samples, golden.ancestral["last"]!) < 1e-5)
        // In one step the whole sampler is its last step, so that its generator is not touched.
        var generator = SeededGenerator(seed: 1)
        let denoiser = FormulaDenoiser(target: .noise) { noisy, _, _ in Double(noisy) / 2 }
        let start = row(golden.noisy)
        let sampled = try sampleAncestral(
            denoiser, schedule: NoiseSchedule(.table(gammas: [golden.gamma])), condition: start, from: start,
            using: &generator)
        #expect(generator == SeededGenerator(seed: 1))
        let expected = start.samples.map {
            ($0 - Float((1 - golden.gamma).squareRoot()) * $0 / 2) / Float(golden.gamma.squareRoot())
        }
        #expect(largestDifference(sampled.samples, expected) < 1e-5)
    }

    @Test("A DDIM step equals PyTorch's", arguments: [0, 0.5, 1])
    func ddim(eta: Double) {
        let estimate = DenoisingEstimate(image: row(golden.images["noise"]!), noise: row(golden.noises["noise"]!))
        let result = ddimStep(
            estimate, from: golden.gamma, to: golden.nextGamma, eta: eta, noise: row(golden.noise))
        #expect(largestDifference(result.samples, golden.ddim["\(eta)"]!) < 1e-5)
    }

    @Test("A DPM-Solver++ step equals PyTorch's, of first and of second order")
    func dpmSolver() {
        let (noisy, image) = (row(golden.noisy), row(golden.prediction))
        let first = dpmSolverStep(noisy, image: image, previous: nil, from: golden.gamma, to: golden.nextGamma)
        #expect(largestDifference(first.samples, golden.dpmFirstOrder) < 1e-5)
        let second = dpmSolverStep(
            noisy, image: image, previous: (row(golden.older), golden.previousGamma), from: golden.gamma,
            to: golden.nextGamma)
        #expect(largestDifference(second.samples, golden.dpmSecondOrder) < 1e-5)
        let last = dpmSolverStep(noisy, image: image, previous: (noisy, golden.gamma), from: golden.nextGamma, to: 1)
        #expect(last == image)
    }
}

/// Images whose pixels are independent draws from N(mean, deviation²): the best denoiser is a formula, and so is what
/// deterministic sampling must make of each starting point.
@Suite("Sampling one Gaussian with the optimal denoiser")
struct GaussianSamplingTests {
    static let mean = 0.4
    static let deviation = 0.25
    static let schedule = NoiseSchedule.cosine(steps: 2000)

    /// E[y_0 | y_t], then turned into what `target` asks for.
    static func denoiser(_ target: PredictionTarget) -> FormulaDenoiser {
        FormulaDenoiser(target: target) { noisy, _, gamma in
            let (signal, variance) = (gamma.squareRoot(), 1 - gamma)
            let y = Double(noisy)
            let gain = signal * deviation * deviation / (gamma * deviation * deviation + variance)
            let image = mean + gain * (y - signal * mean)
            let noise = (y - signal * image) / variance.squareRoot()
            return switch target {
            case .noise: noise
            case .image: image
            case .velocity: signal * noise - variance.squareRoot() * image
            }
        }
    }

    static func statistics(_ pixels: Pixels) -> (mean: Double, deviation: Double) {
        let samples = pixels.samples.map(Double.init)
        let mean = samples.reduce(0, +) / Double(samples.count)
        let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(samples.count)
        return (mean, variance.squareRoot())
    }

    static let samplers: [(Sampler, Int)] = [
        (.ancestral(variance: .forward), 2000), (.ancestral(variance: .posterior), 2000), (.ddim(eta: 0), 400),
        (.ddim(eta: 1), 1000), (.dpmSolver, 40),
    ]

    @Test(
        "reproduces mean and deviation, whatever is predicted", arguments: samplers.indices,
        PredictionTarget.allCases)
    func reproduces(index: Int, target: PredictionTarget) throws {
        let (sampler, steps) = Self.samplers[index]
        let condition = Pixels(width: 100, height: 60)
        var generator = SeededGenerator(seed: 11)
        let result = try sampler(
            Self.denoiser(target), schedule: Self.schedule.spaced(steps, by: sampler.spacing), condition: condition,
            using: &generator)
        let (mean, deviation) = Self.statistics(result)
        // 6000 draws: five standard errors are 0.016 of the mean, 0.011 of the deviation.
        #expect(abs(mean - Self.mean) < 0.016)
        #expect(abs(deviation - Self.deviation) < 0.011)
    }

    @Test("repeats with the seed and differs with another")
    func seeds() throws {
        func sample(_ seed: UInt64) throws -> Pixels {
            var generator = SeededGenerator(seed: seed)
            return try Sampler.ancestral(variance: .forward)(
                Self.denoiser(.noise), schedule: Self.schedule.spaced(10), condition: Pixels(width: 5, height: 4),
                using: &generator)
        }
        #expect(try sample(1) == sample(1))
        #expect(try sample(1) != sample(2))
    }

    /// The levels of `steps` equal steps of λ. The last level leaves so little noise that the step from there to the
    /// image is exact in Float32.
    static func evenSchedule(_ steps: Int) -> NoiseSchedule {
        NoiseSchedule(
            .table(
                gammas: (0...steps).map { index in
                    let lambda = 7 - 10 * Double(index) / Double(steps)
                    return 1 / (1 + exp(-2 * lambda))
                }))
    }

    /// Largest error of deterministic sampling against the probability flow's solution.
    static func error(_ sampler: Sampler, steps: Int) throws -> Double {
        let schedule = evenSchedule(steps)
        let gamma = schedule.gammas[schedule.steps]
        let start = row([-2, -1, 0, 1, 2])
        var generator = SeededGenerator(seed: 0)
        let result =
            switch sampler {
            case .dpmSolver:
                try sampleDPMSolver(denoiser(.image), schedule: schedule, condition: start, from: start)
            default:
                try sampleDDIM(
                    denoiser(.image), schedule: schedule, condition: start, from: start, using: &generator)
            }
        let spread = (gamma * deviation * deviation + 1 - gamma).squareRoot()
        let exact = start.samples.map { Float(mean + deviation * (Double($0) - gamma.squareRoot() * mean) / spread) }
        return Double(largestDifference(result.samples, exact))
    }

    @Test("DDIM's error falls in proportion to the step")
    func ddimOrder() throws {
        for steps in [20, 40, 80] {
            let order = log2(try Self.error(.ddim(eta: 0), steps: steps) / Self.error(.ddim(eta: 0), steps: 2 * steps))
            #expect(abs(order - 1) < 0.2, "\(steps) steps: order \(order)")
        }
    }

    @Test("DPM-Solver++'s error falls with the square of the step")
    func dpmSolverOrder() throws {
        for steps in [20, 40, 80] {
            let order = log2(try Self.error(.dpmSolver, steps: steps) / Self.error(.dpmSolver, steps: 2 * steps))
            #expect(abs(order - 2) < 0.3, "\(steps) steps: order \(order)")
        }
    }

    @Test("Ancestral sampling's variance nears the data's in proportion to the step")
    func ancestralOrder() throws {
        // Sample by sample the map is affine: from the answers to start 0 and 1 and to the noise, the variance follows.
        func variance(_ steps: Int) throws -> Double {
            let schedule = Self.schedule.spaced(steps)
            var variance = 1.0
            for step in stride(from: steps, through: 1, by: -1) {
                let (gamma, next) = (schedule.gammas[step], schedule.gammas[step - 1])
                let probe = row([0, 1])
                let noise = try Self.denoiser(.noise).estimate(probe, condition: probe, gamma: gamma).noise
                let moved = ancestralStep(probe, noiseEstimate: noise, from: gamma, to: next, noise: nil)
                let noisy = ancestralStep(
                    probe, noiseEstimate: noise, from: gamma, to: next, noise: step > 1 ? row([1, 1]) : nil)
                let slope = Double(moved.samples[1] - moved.samples[0])
                let added = Double(noisy.samples[0] - moved.samples[0])
                variance = slope * slope * variance + added * added
            }
            return variance
        }
        let exact = Self.deviation * Self.deviation
        for steps in [100, 200, 400] {
            let order = log2(try abs(variance(steps) - exact) / abs(variance(2 * steps) - exact))
            #expect(abs(order - 1) < 0.25, "\(steps) steps: order \(order)")
        }
    }

    @Test(
        "A sampler is found by its name, comes back from its file, and ends near the image that all noise hides",
        arguments: Sampler.known)
    func everySampler(sampler: Sampler) throws {
        #expect(Sampler(name: sampler.name) == sampler)
        let stored = try JSONEncoder().encode(sampler)
        #expect(try JSONDecoder().decode(Sampler.self, from: stored) == sampler)
        var generator = SeededGenerator(seed: 12)
        let result = try sampler(
            Self.denoiser(.velocity), schedule: Self.schedule.spaced(200, by: sampler.spacing),
            condition: Pixels(width: 100, height: 60), using: &generator)
        let (mean, deviation) = Self.statistics(result)
        #expect(abs(mean - Self.mean) < 0.03 && abs(deviation - Self.deviation) < 0.03)
    }

    @Test("A sampler is stored under its name, with its numbers")
    func stored() throws {
        func text(_ sampler: Sampler) throws -> String {
            String(decoding: try JSONEncoder().encode(sampler), as: UTF8.self)
        }
        #expect(try text(.ancestral(variance: .posterior)) == #"{"ancestral":{"variance":"posterior"}}"#)
        #expect(try text(.ddim(eta: 0.5)) == #"{"ddim":{"eta":0.5}}"#)
        #expect(try text(.dpmSolver) == #"{"dpmSolver":{}}"#)
        #expect {
            try JSONDecoder().decode(Sampler.self, from: Data(#"{"euler":{}}"#.utf8))
        } throws: {
            "\($0)".contains("ancestral, ddim, dpmSolver")
        }
    }

    @Test("With consistency inside, a sample reduces to the image that was measured")
    func consistent() throws {
        let truth = Pixels(
            width: 32, height: 24, samples: (0..<32 * 24).map { Float(0.4 + 0.2 * sin(Double($0) * 0.37)) })
        let measured = truth.resized(width: 8, height: 6)
        let consistency = Consistency(with: measured, width: 32, height: 24)
        let condition = measured.resized(width: 32, height: 24)
        for sampler in Sampler.known {
            var generator = SeededGenerator(seed: 5)
            var observed = 0
            let result = try sampler(
                Self.denoiser(.velocity), schedule: Self.schedule.spaced(20, by: sampler.spacing),
                condition: condition, using: &generator, correct: consistency.projected
            ) { step, _ in
                observed += 1
                #expect(step == observed)
            }
            #expect(observed == 20)
            #expect(consistency.largestDeviation(of: result) < 1e-4)
            #expect(consistency.largestDeviation(of: condition) > 1e-2)
        }
    }
}
