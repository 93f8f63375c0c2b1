import Foundation
import Imaging
import Testing
import Trust
import Upscaling

/// Bounds that are made of what a method says of itself.
struct SelfDoubtTests {
    /// A network whose second output is the pixel less the mean of its neighbours; of Tools/golden/upscaling.py.
    private static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../UpscalingTests/Golden/doubting-x2.onnx").standardizedFileURL
    private static let promise = PatientPromise(share: 0.5, confidence: 0.5)

    private static func doubting(tileLength: Int = 384) throws -> Upscaling.Method {
        .networks(
            try Upscaler(
                models: [try ModelFile(contentsOf: model)], threads: 1, tileLength: tileLength,
                grain: GrainTreatment(noise: .none)))
    }

    /// Draws bicubic enlargements with noise that grows with the gray.
    private struct Drawer: Drawing {
        let model: ModelFile
        var precision: Precision? { nil }

        func drawer(width: Int, height: Int) -> SliceDrawer {
            { measured, _, generator, _ in
                var sample = measured.resized(width: 2 * width, height: 2 * height)
                for index in sample.samples.indices {
                    sample.samples[index] += 0.1 * sample.samples[index] * Float(generator.normal())
                }
                return sample
            }
        }
    }

    private static func drawing(seed: UInt64 = 0, steps: Int = 20) throws -> Upscaling.Method {
        .drawing(Cascade([Drawer(model: try ModelFile(contentsOf: model))]), SamplingOptions(steps: steps, seed: seed))
    }

    /// Floating point, so that no rounding hides or makes a difference.
    private static func image(_ seed: UInt64, slices: Int = 1) -> Image {
        var generator = SeededGenerator(seed: seed)
        var pixels = Pixels(width: 96, height: 96, slices: slices)
        for index in pixels.samples.indices { pixels.samples[index] = Float(generator.normal()) }
        pixels = pixels.gaussianBlurred(sigma: 2.5)
        for index in pixels.samples.indices { pixels.samples[index] = 100 + 480 * pixels.samples[index] }
        let header = ImageHeader(
            width: 96, height: 96, slices: slices, intensity: Intensity(sampleType: .float32))
        return Image(header: header, pixels: pixels)
    }

    private static func calibration(
        of method: Upscaling.Method, _ kind: DoubtKind, samples: Int? = nil, isConsistent: Bool = false
    ) throws -> TrustCalibration {
        var calibrator = try TrustCalibrator(
            method, scale: 2, isConsistent: isConsistent, samples: samples, score: DoubtScore(kind))
        for seed in 0..<12 {
            try calibrator.add(image(UInt64(seed)), named: "\(seed)", contents: Data("\(seed)".utf8), of: "\(seed)")
        }
        return try calibrator.calibration(of: "blobs", promise: promise, date: "2026-11-26")
    }

    private static func bound(
        of input: Image, by method: Upscaling.Method, _ calibrations: [TrustCalibration], kind: DoubtKind? = nil,
        samples: Int? = nil, isConsistent: Bool = false
    ) throws -> TrustBound {
        let gate = TrustGate(calibrations, promises: [promise], ignoresObjections: true, kind: kind)
        let made = try method.upscaleDoubting(input, scale: 2, isConsistent: isConsistent, samples: samples)
        return try gate.bound(
            of: made.image, from: input, by: method, scale: 2, isConsistent: isConsistent, selfDoubt: made.doubt)
    }

    @Test func `a head's bound is the difference's, times the exponential of half of what it says, averaged`() throws {
        let method = try Self.doubting()
        let input = Self.image(50)
        let head = try Self.calibration(of: method, .head)
        let difference = try Self.calibration(of: method, .difference)
        let (own, plain) = (
            try Self.bound(of: input, by: method, [head]), try Self.bound(of: input, by: method, [difference])
        )
        guard case .correction(let map)? = try method.upscaleDoubting(input, scale: 2).doubt else {
            Issue.record("no correction")
            return
        }
        // A Gaussian of half an original pixel, cut off at four standard deviations, by hand in the middle.
        let weights = (-4...4).map { exp(-0.5 * Double($0 * $0)) }
        let sum = weights.reduce(0, +)
        let (factors, plainFactors) = (
            try #require(head.factor(for: Self.promise)), try #require(difference.factor(for: Self.promise))
        )
        for row in stride(from: 20, to: 170, by: 13) {
            for column in stride(from: 20, to: 170, by: 11) {
                var average = 0.0
                for (y, one) in zip(-4...4, weights) {
                    for (x, other) in zip(-4...4, weights) {
                        average += one * other * Double(map.samples[(row + y) / 2 * 96 + (column + x) / 2])
                    }
                }
                let place = row * 192 + column
                let correction = exp(average / (2 * sum * sum))
                let expected = Double(plain.map.samples[place]) / plainFactors * correction * factors
                #expect(abs(Double(own.map.samples[place]) / expected - 1) < 1e-3)
            }
        }
        #expect(own.statement.contains("doubted by the network itself"))
        #expect(!plain.statement.contains("doubted by"))
    }

    @Test func `a head's bound is the same in tiles, slice by slice, and scales with the intensities`() throws {
        let head = try Self.calibration(of: try Self.doubting(), .head)
        let input = Self.image(51)
        let whole = try Self.bound(of: input, by: try Self.doubting(), [head])
        let tiles = try Self.bound(of: input, by: try Self.doubting(tileLength: 40), [head])
        for (one, other) in zip(whole.map.samples, tiles.map.samples) { #expect(abs(one - other) < 1e-3 * one) }
        var larger = input
        for index in larger.pixels.samples.indices {
            larger.pixels.samples[index] = 64 * input.pixels.samples[index] - 512
        }
        let scaled = try Self.bound(of: larger, by: try Self.doubting(), [head])
        for (one, other) in zip(whole.map.samples, scaled.map.samples) { #expect(abs(64 * one - other) < 2e-3 * other) }
        let volume = try Self.bound(of: Self.image(52, slices: 3), by: try Self.doubting(), [head])
        #expect(volume.map.slices == 3)
    }

    @Test func `a calibration of one doubt is refused for another`() throws {
        let method = try Self.doubting()
        let input = Self.image(53)
        let (head, difference) = (
            try Self.calibration(of: method, .head), try Self.calibration(of: method, .difference)
        )
        #expect(throws: TrustRefusal.otherChain(difference: "--doubt difference, not head")) {
            try Self.bound(of: input, by: method, [head], kind: .difference)
        }
        #expect(throws: TrustRefusal.otherChain(difference: "--doubt head, not difference")) {
            try Self.bound(of: input, by: method, [difference], kind: .head)
        }
        // Of both, the network's own is taken, unless the other is asked for.
        #expect(try Self.bound(of: input, by: method, [difference, head]).calibration == head)
        #expect(try Self.bound(of: input, by: method, [difference, head], kind: .difference).calibration == difference)
        // What the head said must be there.
        let gate = TrustGate([head], promises: [Self.promise], ignoresObjections: true)
        let result = try method.upscale(input, scale: 2)
        #expect(throws: TrustRefusal.self) {
            try gate.bound(of: result, from: input, by: method, scale: 2, isConsistent: false)
        }
        #expect(throws: TrustError.self) {
            try TrustCalibrator(.bicubic, scale: 2, isConsistent: false, score: DoubtScore(.head))
        }
        // Both have a place in one file.
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let list = CalibrationFile(file)!
        for calibration in [head, difference, head] { try list.add(calibration) }
        #expect(try list.calibrations().map(\.score.kind).sorted { $0.rawValue < $1.rawValue } == [.difference, .head])
    }

    @Test func `where samples differ more, their bound is higher, and made patients lie within it`() throws {
        let method = try Self.drawing()
        let calibration = try Self.calibration(of: method, .samples, samples: 8)
        let trial = try TrustTrial(
            method, scale: 2, isConsistent: false, samples: 8,
            gate: TrustGate([calibration], promises: [Self.promise], ignoresObjections: true))
        var covered = 0
        for seed in 100..<120 {
            let tested = try #require(try trial.verdict(on: Self.image(UInt64(seed)), named: "\(seed)", seed: 0).tested)
            if Double(tested.outside) <= 0.01 * Double(tested.places) { covered += 1 }
            // The noise that is drawn grows with the gray, and so must the bound.
            let pairs = zip(tested.result.pixels.samples, tested.bound.map.samples).sorted { $0.0 < $1.0 }
            func mean(_ part: ArraySlice<(Float, Float)>) -> Float { part.reduce(0) { $0 + $1.1 } / Float(part.count) }
            #expect(mean(pairs.suffix(2000)) > 1.3 * mean(pairs.prefix(2000)))
        }
        // Promised for half, of twenty; less two standard deviations.
        #expect(covered >= 6)
        #expect(calibration.statement(of: Self.promise).contains("doubted by where samples differ"))
    }

    @Test func `samples are bounded as they were calibrated, and not otherwise`() throws {
        let method = try Self.drawing()
        let calibration = try Self.calibration(of: method, .samples, samples: 8)
        let input = Self.image(60)
        func objection(
            _ method: Upscaling.Method, samples: Int? = 8, isConsistent: Bool = false
        ) throws -> TrustRefusal? {
            try Self.bound(
                of: input, by: method, [calibration], samples: samples, isConsistent: isConsistent
            ).objection
        }
        #expect(try objection(method, samples: 4) == .otherChain(difference: "--samples 4, not 8"))
        #expect(try objection(method, isConsistent: true) == .otherChain(difference: "with --consistent"))
        let otherwise = TrustRefusal.otherChain(
            difference: "samples drawn otherwise: sampler, steps, temperature or seed")
        #expect(try objection(try Self.drawing(seed: 1)) == otherwise)
        #expect(try objection(try Self.drawing(steps: 5)) == otherwise)
        if case .otherChain? = try objection(method) { Issue.record("refused as it was calibrated") }
        // One sample is one of many.
        #expect(throws: TrustRefusal.self) { try objection(method, samples: nil) }
        #expect(throws: TrustError.self) { try TrustCalibrator(method, scale: 2, isConsistent: false) }
        #expect(throws: TrustRefusal.notCalibrated(model: "\(method.name) at ×2")) {
            try Self.bound(of: input, by: method, [], samples: 8)
        }
    }
}
