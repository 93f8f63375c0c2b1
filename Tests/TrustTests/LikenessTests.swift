import Foundation
import Imaging
import Testing
import Trust
import Upscaling

/// Blobs are told from blobs of another kind, whose numbers lie near.
struct LikenessTests {
    private static func image(_ seed: UInt64, size: Double) -> Image {
        var generator = SeededGenerator(seed: seed)
        var pixels = Pixels(width: 128, height: 128)
        for index in pixels.samples.indices { pixels.samples[index] = Float(generator.normal()) }
        pixels = pixels.gaussianBlurred(sigma: size)
        let header = ImageHeader(width: 128, height: 128, intensity: Intensity(sampleType: .uint8))
        let gain = Float(60 * size)
        for index in pixels.samples.indices {
            pixels.samples[index] = header.intensity.quantized(100 + gain * pixels.samples[index])
        }
        return Image(header: header, pixels: pixels)
    }

    /// Patients differ in the size of their blobs.
    private static func patient(_ seed: UInt64) -> Image { image(seed, size: 2.3 + 0.4 * Double(seed % 10) / 10) }

    private static func other(_ seed: UInt64) -> Image { image(seed + 500, size: 3.1 + 0.4 * Double(seed % 10) / 10) }

    private static func calibrator() throws -> TrustCalibrator {
        var calibrator = try TrustCalibrator(.bicubic, scale: 2, isConsistent: false)
        for seed in 0..<30 {
            try calibrator.add(patient(UInt64(seed)), named: "\(seed)", contents: Data("\(seed)".utf8), of: "\(seed)")
        }
        return calibrator
    }

    @Test func `what was shown as another kind is refused, patients are not`() throws {
        var calibrator = try Self.calibrator()
        for seed in 0..<20 { try calibrator.addOther(Self.other(UInt64(seed)), of: "large blobs") }
        let calibration = try calibrator.calibration(of: "blobs", promise: PatientPromise(), date: "2026-11-26")
        #expect(calibrator.refusedPatients(by: calibration) <= 6)
        func refused(_ image: (UInt64) -> Image, _ seeds: Range<UInt64>) throws -> Int {
            try seeds.count { try calibrator.refusal(of: image($0), named: "\($0)", by: calibration) != nil }
        }
        #expect(try refused(Self.other, 100..<120) >= 19)
        #expect(try refused(Self.patient, 100..<120) <= 4)
    }
}
