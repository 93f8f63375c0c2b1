import Foundation
import Imaging
import Testing

@Suite("Degradation")
struct DegradationTests {
    struct Golden: Decodable {
        struct Source: Decodable {
            var width: Int
            var height: Int
            var samples: [Float]
        }
        struct Case: Decodable, CustomTestStringConvertible {
            var degradation: Degradation
            var width: Int
            var height: Int
            var expected: [Float]

            var testDescription: String { degradation.description }
        }
        var source: Source
        var cases: [Case]

        static let shared: Golden = {
            let url = Bundle.module.url(forResource: "degradation", withExtension: "json", subdirectory: "Golden")!
            return try! JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
        }()
    }

    @Test("blur, binning and truncation equal SciPy, scikit-image and NumPy", arguments: Golden.shared.cases)
    func equalsReference(_ golden: Golden.Case) {
        let source = Golden.shared.source
        let image = Pixels(width: source.width, height: source.height, samples: source.samples)
        let result = degraded(image, by: golden.degradation)
        #expect(result.width == golden.width && result.height == golden.height)
        let largest = zip(result.samples, golden.expected).map { abs($0 - $1) }.max()!
        #expect(largest < 2e-4)
    }

    @Test("grain has its strength and, between neighbours, the correlation of a Gaussian", arguments: [0, 0.6, 0.8])
    func grain(width: Double) {
        let flat = Pixels(width: 512, height: 512, repeating: 100)
        let grain = degraded(flat, by: Degradation([.grain(sigma: 5, width: .fixed(width))])).samples.map { $0 - 100 }
        func covariance(_ distance: Int) -> Double {
            zip(grain, grain.dropFirst(distance)).reduce(0) { $0 + Double($1.0 * $1.1) } / Double(grain.count)
        }
        #expect(abs(covariance(0).squareRoot() - 5) < 0.1)
        // A sampled Gaussian against itself moved by one pixel.
        let taps = (-8...8).map { width > 0 ? exp(-Double($0 * $0) / (2 * width * width)) : $0 == 0 ? 1 : 0 }
        let expected = zip(taps, taps.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / taps.reduce(0) { $0 + $1 * $1 }
        #expect(abs(covariance(1) / covariance(0) - expected) < 0.03)
    }

    @Test(
        "a step that is known reads what it writes, draws itself, tells its noise apart, and makes as many pixels as it says",
        arguments: Degradation.Step.known.map { Degradation([Degradation.Step($0)]) })
    func everyStep(degradation: Degradation) throws {
        let step = try #require(degradation.steps.first)
        #expect(try Degradation(degradation.description) == degradation)
        #expect(Degradation.Step.names.contains(step.kind.name))
        #expect(step.kind.usage.hasPrefix(step.kind.name), "the usage shows how it is written")

        var generator = SeededGenerator(seed: 5)
        let drawn = degradation.drawn(using: &generator)
        #expect(drawn.degradation == degradation)
        let image = gradient(width: 46, height: 35)
        let result = drawn(image, valueRange: 0...255)
        #expect(drawn(image, valueRange: 0...255) == result)
        #expect(result != image && result.samples.allSatisfy(\.isFinite))
        #expect(result.width == Int(step.kind.sampling(of: 46).count))
        #expect(result.height == Int(step.kind.sampling(of: 35).count))

        // What is without noise does not ask for a seed, and has the same size.
        if let quiet = step.kind.withoutNoise {
            let quieter = try #require(quiet.withoutNoise)
            #expect(Degradation.Step(quieter) == Degradation.Step(quiet))
            let first = quiet.applied(to: image, valueRange: 0...255, seed: 1)
            #expect(first == quiet.applied(to: image, valueRange: 0...255, seed: 2))
            #expect(first.width == result.width && first.height == result.height)
        } else {
            #expect(step.factor == 1)
        }
    }

    @Test("without noise a drawn degradation is its blur and reduction alone")
    func withoutNoise() throws {
        var generator = SeededGenerator(seed: 3)
        let noisy = try Degradation("blur:0.5..2,bicubic/2,noise:1..9,grain:2:0.5", scale: 2)
            .drawn(using: &generator)
        let quiet = try #require(noisy.withoutNoise)
        #expect(Array(noisy.degradation.steps.prefix(2)) == quiet.degradation.steps)
        #expect(quiet.withoutNoise == nil)
    }

    @Test("truncated k-space samples a band-limited image at the centres of the new pixels", arguments: [2, 3, 4])
    func truncationKeepsPositions(factor: Int) {
        // Frequencies below the new grid's limit, and of sizes with large prime factors.
        let wave = { (width: Int, height: Int) in
            let samples = (0..<width * height).map { index -> Float in
                let u = (Double(index % width) + 0.5) / Double(width)
                let v = (Double(index / width) + 0.5) / Double(height)
                return Float(100 + 30 * cos(2 * .pi * (3 * u + 2 * v) + 0.7) + 20 * sin(2 * .pi * 4 * v))
            }
            return Pixels(width: width, height: height, samples: samples)
        }
        let result = wave(26 * factor, 17 * factor).kSpaceTruncated(width: 26, height: 17)
        let largest = zip(result.samples, wave(26, 17).samples).map { abs($0 - $1) }.max()!
        #expect(largest < 1e-4)
    }

    @Test("drawn once, a degradation gives the same pixels again, also after a round trip through JSON")
    func replays() throws {
        let degradation = try Degradation(
            "blur:0.2..3,blur:1..4:0.5..2:0..180,bicubic/2,noise:1..9,grain:1..3:0.6,poisson:50..500,kspace:1..3/2",
            scale: 4)
        var generator = SeededGenerator(seed: 5)
        let drawn = degradation.drawn(using: &generator)
        let image = gradient(width: 64, height: 48)
        let first = drawn(image, valueRange: 0...255)
        #expect(drawn(image, valueRange: 0...255) == first)
        let decoded = try JSONDecoder().decode(DrawnDegradation.self, from: JSONEncoder().encode(drawn))
        #expect(decoded == drawn)
        #expect(decoded(image, valueRange: 0...255) == first)

        let other = degradation.drawn(using: &generator)
        #expect(other.degradation != drawn.degradation)
        #expect(other(image, valueRange: 0...255) != first)
    }

    @Test("draws lie in their ranges and fill them")
    func drawsLieInRanges() {
        var generator = SeededGenerator(seed: 6)
        let draws = (0..<200).map { _ -> Double in
            let drawn = Degradation([.gaussianBlur(sigma: .uniform(0.5...2))]).drawn(using: &generator)
            guard case .fixed(let sigma) = drawn.degradation.steps[0].kind.gaussianBlur else { return .nan }
            return sigma
        }
        #expect(draws.allSatisfy { (0.5...2).contains($0) })
        #expect(draws.min()! < 0.55 && draws.max()! > 1.95)
    }

    @Test("a record that still holds a range is refused")
    func rangeInRecord() {
        let record = Data(#"{"degradation":"blur:1..2","seed":1}"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(DrawnDegradation.self, from: record) }
    }

    @Test("noise is stated in grey levels of 255, whatever the range", arguments: [Float(255), 4095, 65535])
    func gaussianNoise(upper: Float) {
        let flat = Pixels(width: 300, height: 200, repeating: upper / 2)
        let noisy = degraded(flat, by: Degradation([.gaussianNoise(sigma: 5)]), valueRange: 0...upper)
        let (mean, deviation) = statistics(noisy)
        let sigma = 5 / 255 * Double(upper)
        #expect(abs(mean - Double(upper) / 2) < 5 * sigma / 245)
        #expect(abs(deviation / sigma - 1) < 0.02)
    }

    @Test("noise differs between rows, channels and slices")
    func noiseIsIndependent() {
        let flat = Pixels(width: 4, height: 2, channels: 3, slices: 2)
        let noisy = degraded(flat, by: Degradation([.gaussianNoise(sigma: 5), .gaussianNoise(sigma: 5)]))
        #expect(Set(noisy.samples).count == noisy.samples.count)
    }

    @Test("photons follow the Poisson distribution: variance equals the mean count")
    func poissonNoise() {
        // Half of the range holds 100 of 200 photons.
        let flat = Pixels(width: 300, height: 200, repeating: 500)
        let noisy = degraded(flat, by: Degradation([.poissonNoise(photons: 200)]), valueRange: -500...1500)
        let (mean, deviation) = statistics(noisy)
        #expect(abs(mean - 500) < 2)
        #expect(abs(deviation / 100 - 1) < 0.02)
        let dark = Pixels(width: 8, height: 8, repeating: -600)
        let counted = degraded(dark, by: Degradation([.poissonNoise(photons: 200)]), valueRange: -500...1500)
        #expect(counted.samples.allSatisfy { $0 == -500 })
    }

    @Test("speckle has the logarithm of an exponential distribution: mean 0, deviation 5.57 dB, whatever the spread")
    func speckle() {
        let flat = Pixels(width: 400, height: 300, samples: [Float](repeating: 100, count: 120_000))
        for spread in [0, 0.8] {
            let image = flat.withSpeckle(
                decibels: 255, axial: spread, lateral: 2 * spread, valueRange: 0...255, seed: 3)
            let values = image.samples.map { Double($0) - 100 }
            let mean = values.reduce(0, +) / Double(values.count)
            let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
            // π / √6 · 10 / ln 10 decibels.
            #expect(abs(mean) < 0.2 && abs(deviation - 5.570) < 0.12)
        }
    }

    @Test("JPEG leaves a flat picture alone, does more harm the lower its quality, and knows any range and colors")
    func jpeg() throws {
        let picture = Pixels(
            width: 40, height: 24, channels: 3,
            samples: (0..<2880).map { Float(($0 * 7919) % 251) * 16 - 500 })
        let range: ClosedRange<Float> = -500...3580
        func error(_ quality: Int) -> Double {
            let result = picture.withJPEGArtifacts(quality: quality, valueRange: range)
            return zip(result.samples, picture.samples).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        }
        #expect(error(100) < error(80) && error(80) < error(20))
        let flat = Pixels(width: 17, height: 9, samples: [Float](repeating: 1600, count: 153))
        let kept = flat.withJPEGArtifacts(quality: 50, valueRange: 0...4080)
        #expect(kept.samples.allSatisfy { abs($0 - 1600) <= 16 })
        #expect(throws: DegradationError.self) { try Degradation("bicubic/4,jpeg:0..50") }
        #expect("\(try Degradation("bicubic/4,jpeg:70..98"))" == "bicubic/4,jpeg:70..98")
    }

    @Test("noise in the dark of a truncated MR image is Rayleigh distributed")
    func ricianNoise() {
        let dark = Pixels(width: 400, height: 400)
        let noisy = degraded(dark, by: Degradation([.kSpaceTruncation(factor: 2, noise: 10)]))
        let (mean, deviation) = statistics(noisy)
        #expect(abs(mean - 10 * (Double.pi / 2).squareRoot()) < 0.2)
        #expect(abs(deviation - 10 * (2 - Double.pi / 2).squareRoot()) < 0.2)
    }

    @Test("a radiograph's noise falls with the factor at the same dose, and its mean stays")
    func radiograph() {
        let flat = Pixels(width: 480, height: 480, repeating: 100)
        let deviation = { (factor: Int) -> Double in
            let result = degraded(
                flat, by: Degradation([.radiograph(factor: factor, photons: 5000, readNoise: 0)]), valueRange: 0...400)
            let (mean, deviation) = statistics(result)
            #expect(abs(mean - 100) < 0.2)
            return deviation
        }
        // A line integral of 1 leaves 5000 / e photons: relative noise √(e / 5000), 100 units to the line integral.
        let expected = 100 * (M_E / 5000).squareRoot()
        #expect(abs(deviation(1) / expected - 1) < 0.02)
        #expect(abs(deviation(2) / expected * 2 - 1) < 0.03)
        #expect(abs(deviation(4) / expected * 4 - 1) < 0.05)
    }

    @Test("a radiograph through which nothing passes stays finite")
    func darkRadiograph() {
        let dense = Pixels(width: 16, height: 16, repeating: 5000)
        let result = degraded(
            dense, by: Degradation([.radiograph(factor: 2, photons: 10, readNoise: 3)]), valueRange: 0...400)
        #expect(result.samples.allSatisfy { $0.isFinite })
    }

    @Test(
        "text is read and written back",
        arguments: [
            ("bicubic", 4.0, "bicubic/4"), (" blur:1.2 , bicubic, noise:5 ", 4, "blur:1.2,bicubic/4,noise:5"),
            ("bicubic/2,noise:0..5,area", 4, "bicubic/2,noise:0..5,area/2"),
            ("blur:3:0.8:30,bin", 2, "blur:3:0.8:30,bin/2"),
            ("kspace", 2, "kspace/2"), ("kspace:2/4", 4, "kspace:2/4"), ("xray:5000:2", 4, "xray:5000:2/4"),
            ("xray:100..5000", 2, "xray:100..5000/2"), ("aliased-bicubic", 3, "aliased-bicubic/3"),
            ("lanczos3", 2.5, "lanczos3/2.5"),
            ("nearest/2,lanczos2,poisson:200", 4, "nearest/2,lanczos2/2,poisson:200"),
            ("bilinear", 2, "bilinear/2"),
        ])
    func text(written: String, scale: Double, expected: String) throws {
        let degradation = try Degradation(written, scale: scale)
        #expect(degradation.description == expected)
        #expect(degradation.factor == scale)
        let readAgain = try Degradation(expected)
        #expect(readAgain == degradation)
    }

    @Test(
        "what is wrong with a text is said in one line",
        arguments: [
            ("", "the degradation names no step: write for example bicubic, or blur:1.2,bicubic,noise:5"),
            ("blur:1.2,,bicubic", "no degradation step is called '': use"),
            ("gauss:2,bicubic", "no degradation step is called 'gauss': use bicubic, bilinear, nearest,"),
            ("blur,bicubic", "'blur' has the wrong parameters: write blur:SIGMA in pixels"),
            ("blur:x,bicubic", "'x' in 'blur:x' is not a number"),
            ("blur:3..1,bicubic", "'3..1' in 'blur:3..1' is not a number"),
            ("blur:-1,bicubic", "-1 in 'blur:-1' is out of bounds: give zero to 1000"),
            ("poisson:0,bicubic", "0 in 'poisson:0' is out of bounds: give more than zero"),
            ("noise:5/2,bicubic", "'noise:5/2' does not shrink: leave out what follows '/'"),
            ("bicubic:4", "'bicubic:4' has the wrong parameters: write bicubic/FACTOR, such as bicubic/4"),
            ("bicubic/0", "0 in 'bicubic/0' is out of bounds: give a factor above 0"),
            ("bicubic/x", "'x' in 'bicubic/x' is not a number"),
            ("bicubic/2", "the steps shrink the image 2 times in all, not 4"),
            ("noise:5", "nothing shrinks the image 4 times: add a step such as bicubic"),
            (
                "bicubic,bicubic",
                "several steps don't say how much they shrink: write it behind each, such as bicubic/2"
            ),
            ("bicubic/8,bin", "0.5 in 'bin' is out of bounds: give a whole factor"),
            ("bicubic/8,kspace", "0.5 in 'kspace' is out of bounds: give a factor of 1 or more"),
        ])
    func wrongText(text: String, message: String) {
        let error = #expect(throws: DegradationError.self) { try Degradation(text, scale: 4) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "no error")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test("without a scale, a step that shrinks must say how much")
    func missingFactor() {
        #expect(throws: DegradationError.factorMissing(step: "bicubic")) { try Degradation("bicubic") }
    }

    @Test("the steps of a drawn degradation are the image operations of the same name")
    func stepsAreOperations() {
        let image = gradient(width: 48, height: 36)
        #expect(degraded(image, by: .bicubic(factor: 4)) == image.scaled(by: 0.25))
        #expect(
            degraded(image, by: Degradation([.downsampling(factor: 3, .lanczos3, antialias: false)]))
                == image.resized(width: 16, height: 12, interpolation: .lanczos3, antialias: false))
        #expect(degraded(image, by: Degradation([.gaussianBlur(sigma: 0)])) == image)
    }

    private func degraded(
        _ image: Pixels, by degradation: Degradation, valueRange: ClosedRange<Float> = 0...255
    ) -> Pixels {
        var generator = SeededGenerator(seed: 1)
        return degradation.drawn(using: &generator)(image, valueRange: valueRange)
    }

    private func gradient(width: Int, height: Int) -> Pixels {
        Pixels(
            width: width, height: height,
            samples: (0..<width * height).map { Float(40 + 2 * ($0 % width) + ($0 / width) % 7 * 10) })
    }

    private func statistics(_ image: Pixels) -> (mean: Double, deviation: Double) {
        let count = Double(image.samples.count)
        let mean = image.samples.reduce(0) { $0 + Double($1) } / count
        let variance = image.samples.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        return (mean, variance.squareRoot())
    }
}
