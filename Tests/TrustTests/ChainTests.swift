import Foundation
import Imaging
import Testing
import Trust
import Upscaling

/// What a promise of a network depends on, and what not.
struct ChainTests {
    private static let model = try! ModelLibrary.shipped.models(named: "fovea-general-x2")[0]

    private static func upscaler(
        tileLength: Int = 384, grain: GrainTreatment = GrainTreatment(), blur: Double = 0,
        color: ColorTreatment = .luminance
    ) throws -> Upscaling.Method {
        .networks(
            try Upscaler(
                models: [model], threads: 1, tileLength: tileLength, colorTreatment: color, grain: grain, blur: blur))
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

    private static let calibration = Result {
        var calibrator = try TrustCalibrator(try upscaler(), scale: 2, isConsistent: false)
        for seed in 0..<12 {
            try calibrator.add(image(UInt64(seed)), named: "\(seed)", contents: Data("\(seed)".utf8), of: "\(seed)")
        }
        return try calibrator.calibration(
            of: "blobs", promise: PatientPromise(share: 0.5, confidence: 0.5), date: "2026-11-26")
    }

    private static func bound(of input: Image, by method: Upscaling.Method) throws -> TrustBound {
        let promise = PatientPromise(share: 0.5, confidence: 0.5)
        let gate = TrustGate([try calibration.get()], promises: [promise], ignoresObjections: true)
        let result = try method.upscale(input, scale: 2)
        return try gate.bound(of: result, from: input, by: method, scale: 2, isConsistent: false)
    }

    @Test func `the map of tiles is the map of the whole`() throws {
        let input = Self.image(50)
        let whole = try Self.bound(of: input, by: try Self.upscaler())
        let tiles = try Self.bound(of: input, by: try Self.upscaler(tileLength: 40))
        #expect(whole.map.samples.contains { $0 > 2 * (whole.map.samples.min() ?? 0) })
        for (one, other) in zip(whole.map.samples, tiles.map.samples) { #expect(abs(one - other) < 1e-3 * one) }
    }

    @Test func `a network's map scales with the intensities`() throws {
        let input = Self.image(51)
        var larger = input
        for index in larger.pixels.samples.indices {
            larger.pixels.samples[index] = 64 * input.pixels.samples[index] - 512
        }
        let (one, other) = (
            try Self.bound(of: input, by: try Self.upscaler()), try Self.bound(of: larger, by: try Self.upscaler())
        )
        for (small, large) in zip(one.map.samples, other.map.samples) {
            #expect(abs(large - 64 * small) < 1e-2 * large)
        }
        #expect(abs(one.leastPSNR! - other.leastPSNR!) < 0.05)
    }

    @Test func `of a volume the promise is said to be each slice's own`() throws {
        let one = try Self.bound(of: Self.image(52), by: try Self.upscaler())
        let volume = try Self.bound(of: Self.image(52, slices: 3), by: try Self.upscaler())
        #expect(volume.statement.contains("each slice by itself"))
        #expect(!one.statement.contains("each slice by itself"))
        #expect((volume.map.slices, volume.map.width) == (3, 192))
    }

    @Test func `a volume counts by its worst slice`() throws {
        // One slice whose edges interpolation loses, seven that are flat: of all places together none in a hundred is far off.
        func patient(_ seed: UInt64) -> Image {
            var volume = Self.image(seed, slices: 8)
            let hard = volume.pixels.planeRange(slice: 3)
            for index in volume.pixels.samples.indices where !hard.contains(index) { volume.pixels.samples[index] = 90 }
            for index in hard
            where (index / 7 + index / 96 / 7).isMultiple(of: 2) && index % 96 < 24 && index % 9216 < 1000 {
                volume.pixels.samples[index] += 80
            }
            return volume
        }
        func ratios(_ image: (UInt64) -> Image) throws -> [Double] {
            var calibrator = try TrustCalibrator(.bicubic, scale: 2, isConsistent: false)
            for seed in 0..<10 {
                try calibrator.add(image(UInt64(seed)), named: "\(seed)", contents: Data("\(seed)".utf8), of: "\(seed)")
            }
            return try calibrator.calibration(
                of: "volumes", promise: PatientPromise(share: 0.5, confidence: 0.5), date: "2026-11-26"
            ).ratios
        }
        let volumes = try ratios(patient)
        let slices = try ratios { patient($0).selecting([3]) }
        for (volume, slice) in zip(volumes, slices) { #expect(volume > 0.8 * slice) }
    }

    @Test func `each setting that changes pixels is another chain`() throws {
        let calibrated = try TrustChain(of: try Self.upscaler(), scale: 2, isConsistent: false)
        func difference(_ method: Upscaling.Method, scale: Double = 2, isConsistent: Bool = false) throws -> String? {
            try TrustChain(of: method, scale: scale, isConsistent: isConsistent).difference(from: calibrated)
        }
        #expect(try difference(try Self.upscaler()) == nil)
        #expect(try difference(try Self.upscaler(tileLength: 40)) == nil)
        #expect(try difference(try Self.upscaler(grain: GrainTreatment(kept: 0.5))) == "--grain 0.5, not 1")
        #expect(try difference(try Self.upscaler(grain: GrainTreatment(noise: .none))) == "--noise none, not auto")
        #expect(try difference(try Self.upscaler(blur: 0.7)) == "--blur 0.7, not 0")
        #expect(try difference(try Self.upscaler(color: .perChannel)) == "colours treated otherwise")
        #expect(try difference(try Self.upscaler(), isConsistent: true) == "with --consistent")
        #expect(try difference(.bicubic) == "another network")
        let acquired = AcquiredGridUpscaler(
            try Upscaler(models: [Self.model], threads: 1), grid: AcquiredGrid(width: 64, height: 64))
        #expect(throws: TrustError.self) { try difference(.acquiredGrid(acquired)) }
    }
}
