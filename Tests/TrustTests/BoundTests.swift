import Foundation
import Imaging
import Testing
import Trust
import Upscaling

/// A promise of bicubic interpolation, whose calibration needs no network.
struct BoundTests {
    private static let calibration = try! calibrated(patients: 0..<40)

    /// Images of one kind: blobs and grain of a seed.
    private static func image(_ seed: UInt64, contrast: Float = 1, type: SampleType = .uint8, width: Int = 96) -> Image
    {
        var generator = SeededGenerator(seed: seed)
        var pixels = Pixels(width: width, height: width)
        for index in pixels.samples.indices { pixels.samples[index] = Float(generator.normal()) * 60 }
        pixels = pixels.gaussianBlurred(sigma: 2.5)
        for index in pixels.samples.indices { pixels.samples[index] = 100 + contrast * 8 * pixels.samples[index] }
        let header = ImageHeader(width: width, height: width, intensity: Intensity(sampleType: type))
        for index in pixels.samples.indices {
            pixels.samples[index] = header.intensity.quantized(pixels.samples[index])
        }
        return Image(header: header, pixels: pixels)
    }

    private static func calibrated(patients: Range<Int>) throws -> TrustCalibration {
        var calibrator = try TrustCalibrator(.bicubic, scale: 2, isConsistent: false)
        for patient in patients {
            try calibrator.add(
                image(UInt64(patient)), named: "\(patient)", contents: Data("\(patient)".utf8), of: "\(patient)")
        }
        return try calibrator.calibration(of: "blobs", promise: PatientPromise(), date: "2026-11-26")
    }

    private static func small(_ image: Image) -> Image {
        let (width, height) = (image.header.width / 2, image.header.height / 2)
        var pixels = image.pixels.resized(width: width, height: height)
        for index in pixels.samples.indices {
            pixels.samples[index] = image.header.intensity.quantized(pixels.samples[index])
        }
        return Image(header: image.header.resized(width: width, height: height), pixels: pixels)
    }

    private static func bound(_ gate: TrustGate, of input: Image, scale: Double = 2) throws -> TrustBound {
        let result = try Method.bicubic.upscale(input, scale: scale)
        return try gate.bound(of: result, from: input, by: .bicubic, scale: scale, isConsistent: false)
    }

    @Test func `new patients of the kind lie within the bound as often as promised`() throws {
        let gate = TrustGate([Self.calibration], ignoresObjections: true)
        var (covered, kept) = (0, 0)
        for seed in 1000..<1040 {
            let truth = Self.image(UInt64(seed))
            let input = Self.small(truth)
            let bound = try Self.bound(gate, of: input)
            let result = try Method.bicubic.upscale(input, scale: 2)
            // |result − truth| averaged by the Gaussian that the bound is about, done here by hand.
            var error = truth.pixels
            for index in error.samples.indices {
                let value = truth.header.intensity.quantized(result.pixels.samples[index])
                error.samples[index] = abs(truth.pixels.samples[index] - value)
            }
            let meanSquare = error.samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(error.samples.count)
            let psnr = 10 * log10(bound.rangeWidth * bound.rangeWidth / meanSquare)
            if psnr >= (try #require(bound.leastPSNR)) { kept += 1 }
            #expect(psnr < bound.leastPSNR! + 6)
            error = error.gaussianBlurred(sigma: 1)
            let outside = error.samples.indices.count { error.samples[$0] > bound.map.samples[$0] }
            if Double(outside) <= 0.01 * Double(error.samples.count) { covered += 1 }
        }
        // Of 40 patients 90 %, less two standard deviations.
        #expect(covered >= 32)
        #expect(kept >= 32)
    }

    @Test func `patients of the kind are seldom refused, others are`() throws {
        let gate = TrustGate([Self.calibration])
        let own = (2000..<2040).count { (try? Self.bound(gate, of: Self.small(Self.image(UInt64($0))))) == nil }
        #expect(own <= 6)
        let others = (0..<20).count { seed in
            (try? Self.bound(gate, of: Self.small(Self.image(UInt64(seed), contrast: 0.15)))) == nil
        }
        #expect(others == 20)
    }

    @Test func `a trial finds what was computed by hand`() throws {
        let trial = try TrustTrial(.bicubic, scale: 2, isConsistent: false, gate: TrustGate([Self.calibration]))
        let truth = Self.image(1000)
        let tested = try #require(try trial.verdict(on: truth, named: "1000", seed: 0).tested)
        let result = try Method.bicubic.upscale(Self.small(truth), scale: 2)
        var error = truth.pixels
        for index in error.samples.indices {
            let value = truth.header.intensity.quantized(result.pixels.samples[index])
            error.samples[index] = abs(truth.pixels.samples[index] - value)
        }
        error = error.gaussianBlurred(sigma: 1)
        #expect(zip(tested.error.samples, error.samples).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(tested.places > 0 && tested.places <= error.samples.count)
        #expect(tested.meanError < tested.meanBound)
        // A flat image is none of the calibration's kind, and is judged all the same.
        let flat = try trial.verdict(on: Self.image(1, contrast: 0.15), named: "flat", seed: 0)
        #expect(flat.objection != nil && flat.tested != nil)
    }

    @Test func `a bound scales with the intensities`() throws {
        let input = Self.small(Self.image(7))
        var scaled = input
        scaled.header.intensity = Intensity(sampleType: .float32)
        var larger = scaled
        for index in larger.pixels.samples.indices {
            larger.pixels.samples[index] = 64 * larger.pixels.samples[index] + 512
        }
        let gate = TrustGate([Self.calibration], ignoresObjections: true)
        let (one, other) = (try Self.bound(gate, of: scaled), try Self.bound(gate, of: larger))
        for index in one.map.samples.indices {
            #expect(abs(other.map.samples[index] - 64 * one.map.samples[index]) <= 1e-3 * other.map.samples[index])
        }
    }

    @Test func `an image that is not enlarged errs nowhere`() throws {
        let bound = try Self.bound(TrustGate([]), of: Self.image(3), scale: 1)
        #expect(bound.map.samples.allSatisfy { $0 == 0 })
    }

    @Test func `another chain is refused and named`() throws {
        let gate = TrustGate([Self.calibration])
        let input = Self.small(Self.image(5))
        let result = try Method.bicubic.upscale(input, scale: 3)
        #expect(throws: TrustRefusal.otherChain(difference: "×3, not ×2")) {
            try gate.bound(of: result, from: input, by: .bicubic, scale: 3, isConsistent: false)
        }
        #expect(throws: TrustRefusal.otherChain(difference: "with --consistent")) {
            try gate.bound(of: result, from: input, by: .bicubic, scale: 2, isConsistent: true)
        }
        let linear = Method.interpolation(.linear)
        #expect(throws: TrustRefusal.notCalibrated(model: "bilinear at ×2")) {
            try gate.bound(of: result, from: input, by: linear, scale: 2, isConsistent: false)
        }
    }

    @Test func `what is given in spite of an objection says so`() throws {
        let input = Self.small(Self.image(1, contrast: 0.15))
        let bound = try Self.bound(TrustGate([Self.calibration], ignoresObjections: true), of: input)
        #expect(bound.objection != nil)
        #expect(bound.statement.hasPrefix("UNCALIBRATED: "))
    }

    @Test func `too few patients are not calibrated`() {
        #expect(throws: TrustError.tooFewPatients(count: 28, needed: 29, promise: PatientPromise())) {
            try Self.calibrated(patients: 0..<28)
        }
    }

    @Test func `a handful of patients is too few for any promise`() throws {
        var calibrator = try TrustCalibrator(.bicubic, scale: 2, isConsistent: false)
        try calibrator.add(Self.image(1), named: "one", contents: Data(), of: "one")
        let promise = PatientPromise(share: 0.5, confidence: 0.5)
        #expect(throws: TrustError.tooFewPatients(count: 1, needed: 10, promise: promise)) {
            try calibrator.calibration(of: "blobs", promise: promise, date: "2026-11-26")
        }
    }

    @Test func `a calibration survives its file`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = CalibrationFile(folder.appendingPathComponent("trust.json"))!
        try file.add(Self.calibration)
        #expect(try file.calibrations() == [Self.calibration])
        var other = Self.calibration
        other.subject = "stripes"
        try file.add(other)
        try file.add(Self.calibration)
        #expect(try file.calibrations().map(\.subject) == ["blobs", "stripes"])
    }

    @Test func `what the input did not say leaves no trace when reduced again`() throws {
        let input = Self.small(Self.image(9))
        var result = try Method.bicubic.upscale(input, scale: 2)
        var generator = SeededGenerator(seed: 4)
        for index in result.pixels.samples.indices { result.pixels.samples[index] += Float(generator.normal()) * 9 }
        let unsaid = result.unsaid(by: input)
        let reduced = unsaid.resized(width: input.header.width, height: input.header.height)
        #expect(unsaid.samples.contains { abs($0) > 5 })
        #expect(reduced.samples.allSatisfy { abs($0) < 1e-2 })
    }
}
