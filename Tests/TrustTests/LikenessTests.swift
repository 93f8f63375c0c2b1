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

    @Test func `a calibration is the same when it was read from its file, and one by another network's looks refuses`()
        throws
    {
        let calibrator = try Self.calibrator()
        let calibration = try calibrator.calibration(of: "blobs", promise: PatientPromise(), date: "2026-11-27")
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent("blobs.json")
        let file = try #require(CalibrationFile(url))
        try file.add(calibration)
        #expect(try file.calibrations() == [calibration])
        #expect(try calibrator.refusal(of: Self.patient(200), named: "a", by: calibration) == nil)

        var text = try String(contentsOf: url, encoding: .utf8)
        let key = try #require(text.range(of: "\"lookedBy\" : \""))
        text.replaceSubrange(key.upperBound..<text.index(key.upperBound, offsetBy: 4), with: "dead")
        try text.write(to: url, atomically: true, encoding: .utf8)
        let other = try #require(try file.calibrations().first)
        let refusal = try #require(try calibrator.refusal(of: Self.patient(200), named: "a", by: other))
        #expect("\(refusal)".contains("calibrate anew"))
        // Of a version before the network looked.
        try text.replacingOccurrences(of: "lookedBy", with: "seenBy").write(to: url, atomically: true, encoding: .utf8)
        #expect(throws: ModelError.self) { try file.calibrations() }
    }

    @Test func `images smaller than what the network sees at once have looks too`() throws {
        var calibrator = try Self.calibrator()
        let small = Image(
            header: ImageHeader(width: 70, height: 64, intensity: Intensity(sampleType: .uint8)),
            pixels: Self.other(1).pixels.cropped(columns: 0..<70, rows: 0..<64))
        try calibrator.addOther(small, of: "small")
        try calibrator.addOther(small, of: "small")
        let calibration = try calibrator.calibration(of: "blobs", promise: PatientPromise(), date: "2026-11-27")
        #expect(try calibrator.refusal(of: small, named: "small", by: calibration) != nil)
    }
}
