import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct TrustCommandTests {
    /// Images of one kind, a patient each, with numbers from `start` on.
    private func addPatients(_ count: Int, from start: Int, to folder: TemporaryFolder, in name: String) throws {
        for number in start..<start + count {
            var generator = SeededGenerator(seed: UInt64(number))
            var pixels = Pixels(width: 80, height: 80)
            for index in pixels.samples.indices { pixels.samples[index] = Float(generator.normal()) }
            pixels = pixels.gaussianBlurred(sigma: 2.5)
            for index in pixels.samples.indices {
                pixels.samples[index] = min(max((100 + 480 * pixels.samples[index]).rounded(), 0), 255)
            }
            let header = ImageHeader(width: 80, height: 80, intensity: Intensity(sampleType: .uint8))
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
            try ImageFile.write(Image(header: header, pixels: pixels), to: folder["\(name)/\(number).png"])
        }
    }

    @Test("a calibration of one's own patients bounds the errors of new ones, and refuses other images with one line")
    func calibrateAndTrust() throws {
        let folder = try TemporaryFolder()
        try addPatients(24, from: 0, to: folder, in: "patients")
        try addPatients(1, from: 100, to: folder, in: "new")
        let made = try Fovea.run(
            [
                "calibrate", "patients", "--subject", "blobs", "--scale", "2", "--model", "fovea-general-x2",
                "--confidence",
                "0.9", "-o", "trust.json", "--json", "-",
            ], in: folder.url)
        #expect(made.code == 0, "\(made.error)")
        let calibration = try #require(try made.json()["calibration"] as? [String: Any])
        #expect((calibration["ratios"] as? [Double])?.count == 24)

        let arguments = [
            "--scale", "2", "--model", "fovea-general-x2", "--trust", "--trust-from", "trust.json", "--json",
        ]
        _ = try Fovea.run(["degrade", "new/100.png", "--scale", "2", "-o", "small.png"], in: folder.url)
        let trusted = try Fovea.run(
            ["upscale", "small.png", "--trust-as", "blobs", "--tolerance", "5%"] + arguments, in: folder.url)
        #expect(trusted.code == 0, "\(trusted.error)")
        let inputs = try #require(try trusted.json()["inputs"] as? [[String: Any]])
        let trust = try #require(inputs.first?["trust"] as? [String: Any])
        #expect(trust["refused"] as? Bool == false)
        #expect(trust["patients"] as? Int == 24)
        #expect(trust["bound"] as? String == "small_x2_bound.png")
        let bound = try ImageFile.read(folder["small_x2_bound.png"])
        #expect((bound.header.width, bound.header.height) == (80, 80))
        #expect(bound.pixels.samples.allSatisfy { $0 >= 1 })
        #expect(folder.files.contains("small_x2_trust.png") && folder.files.contains("small_x2_trusted.png"))

        // Noise is another kind of image.
        var noise = try ImageFile.read(folder["small.png"])
        var generator = SeededGenerator(seed: 9)
        for index in noise.pixels.samples.indices {
            noise.pixels.samples[index] = Float(Int(generator.uniform() * 255))
        }
        try ImageFile.write(noise, to: folder["noise.png"])
        let refused = try Fovea.run(["upscale", "noise.png", "--trust-as", "blobs"] + arguments, in: folder.url)
        #expect(refused.code == 2)
        let answer = try #require((try refused.json()["inputs"] as? [[String: Any]])?.first?["trust"] as? [String: Any])
        #expect(answer["refused"] as? Bool == true)
        #expect((answer["reason"] as? String)?.isEmpty == false)
        #expect(folder.files.contains("noise_x2.png") && !folder.files.contains("noise_x2_bound.png"))
    }

    @Test("patients that are too few are refused with how many are needed")
    func tooFew() throws {
        let folder = try TemporaryFolder()
        try addPatients(3, from: 0, to: folder, in: "patients")
        let outcome = try Fovea.run(
            ["calibrate", "patients", "--subject", "blobs", "--scale", "2", "--model", "bicubic"], in: folder.url)
        #expect(outcome.code == 1)
        #expect(outcome.error.contains("3 patients are too few"))
        #expect(outcome.error.contains("needs 29"))
    }
}
