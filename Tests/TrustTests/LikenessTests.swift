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

    private static func other(_ seed: UInt64) -> Image { image(seed + 500, size: 2.8 + 0.4 * Double(seed % 10) / 10) }

    private static func calibrator() throws -> TrustCalibrator {
        var calibrator = try TrustCalibrator(.bicubic, scale: 2, isConsistent: false)
        for seed in 0..<30 {
            try calibrator.add(patient(UInt64(seed)), named: "\(seed)", contents: Data("\(seed)".utf8), of: "\(seed)")
        }
        return calibrator
    }

    @Test func `what was shown as another kind is refused, for that where it is near, and patients are not`() throws {
        var calibrator = try Self.calibrator()
        for seed in 0..<40 { try calibrator.addOther(Self.other(UInt64(seed)), of: "large blobs") }
        let calibration = try calibrator.calibration(of: "blobs", promise: PatientPromise(), date: "2026-11-26")
        #expect(calibrator.refusedPatients(by: calibration) <= 6)
        func refusals(_ image: (UInt64) -> Image) throws -> [TrustRefusal] {
            try (100..<120).compactMap { try calibrator.refusal(of: image($0), named: "\($0)", by: calibration) }
        }
        #expect(try refusals(Self.patient).count <= 5)
        let others = try refusals(Self.other)
        #expect(others.count >= 19)
        #expect(others.contains(.likeOther(subject: "blobs", other: "large blobs")))
    }
}
