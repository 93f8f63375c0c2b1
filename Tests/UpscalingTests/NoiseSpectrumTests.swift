import Foundation
import Imaging
import TestSupport
import Testing
import Upscaling

@Suite("The spectrum of noise")
struct NoiseSpectrumTests {
    /// 160² pixels of soft tissue at 50 HU between air and bone, so that no two numbers describe the whole, with noise.
    private func slice(modality: String = "CT", noise: @escaping (_ column: Int, _ row: Int) -> Double) throws -> Image
    {
        let phantom = DICOMPhantom.Slice(width: 160, height: 160, instance: 1, modality: modality, intercept: -1024) {
            column, row in
            let body = hypot(Double(column) - 80, Double(row) - 80) < 74
            let bone = body && (column / 6 + row / 5) % 2 == 0 && row > 110
            return UInt16((body ? 1074 + (bone ? 700 : 0) + noise(column, row) : 24).rounded())
        }
        return try Image(data: DICOMPhantom.data(phantom))
    }

    private func gaussian(_ seed: UInt64, count: Int) -> [Double] {
        Pixels(width: count, height: 1, repeating: 0).withGrain(sigma: 1, width: 0, seed: seed).samples.map(Double.init)
    }

    private func deviation(of pixels: Pixels, along axis: (Int) -> (column: Int, row: Int)) -> Double {
        let values = (0..<40).map { index -> Double in
            let place = axis(index)
            return Double(pixels.samples[place.row * pixels.width + place.column])
        }
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    }

    @Test("white noise in soft tissue is told in every coefficient, whatever lies around")
    func white() throws {
        let noise = gaussian(3, count: 160 * 160)
        let image = try slice { noise[$1 * 160 + $0] * 20 }
        let plain = try #require(NoiseEstimate(of: image.pixels, colors: 1))
        let spectrum = try #require(plain.withTomographySpectrum(of: image, excluding: nil).spectrum)
        // The even half of 60 squares has a mean of 0.85 of all's: χ² with 60 degrees of freedom below its median.
        for (index, deviation) in spectrum.enumerated() where ![0, 1, 8, 9].contains(index) {
            #expect((15...22).contains(deviation), "coefficient \(index)")
        }
    }

    @Test("streaks are noise along one axis, and a network is not shown them")
    func streaks() throws {
        let lines = gaussian(5, count: 160)
        let image = try slice { _, row in lines[row] * 15 }
        let plain = try #require(NoiseEstimate(of: image.pixels, colors: 1))
        #expect(!plain.isEvident(inRange: 4096))
        let estimate = plain.withTomographySpectrum(of: image, excluding: nil)
        let spectrum = try #require(estimate.spectrum)
        // Constant along a row, they have no horizontal frequency.
        #expect(spectrum[5 * 8] > 25 && spectrum[5 * 8 + 5] < 1)
        let seen = image.pixels.denoised(estimate, colors: 1)
        let down = { (index: Int) in (column: 80, row: 40 + index) }
        #expect(deviation(of: image.pixels, along: down) > 10)
        #expect(deviation(of: seen, along: down) < 7)
        // Edges stay: from bone to what is beside it as far as before.
        let across = { (index: Int) in (column: 60 + index, row: 120) }
        #expect(abs(deviation(of: seen, along: across) / deviation(of: image.pixels, along: across) - 1) < 0.03)
        let model = try Golden.model("residual-x4")
        let result = try Upscaler(models: [model]).upscale(image, scale: 4)
        #expect(result.header.derivation?.grain?.noise ?? 0 > 5)
    }

    @Test("what is no CT, or coarser than scanners make it, is estimated as ever")
    func others() throws {
        let noise = gaussian(3, count: 160 * 160)
        let other = try slice(modality: "MR") { noise[$1 * 160 + $0] * 20 }
        var coarse = try slice { noise[$1 * 160 + $0] * 20 }
        coarse.header.geometry.spacing = PixelSpacing(column: 1.1, row: 1.1)
        for image in [other, coarse] {
            let plain = try #require(NoiseEstimate(of: image.pixels, colors: 1))
            #expect(plain.withTomographySpectrum(of: image, excluding: nil) == plain)
        }
    }

    /// An unevenly lit field beside a black surround, a fifth of the picture, 0…255, with a few dark vessels and the noise of a camera.
    private func fundus(noise sigma: Double) -> Image {
        let side = 240
        let grain = Pixels(width: side, height: side, repeating: 0).withGrain(sigma: 1, width: 0.7, seed: 9).samples
        var samples: [Float] = []
        for color in [1.3, 1, 0.6] {
            samples += (0..<side * side).map { index -> Float in
                let (x, y) = (Double(index % side) - 120, Double(index / side) - 120)
                guard x >= -72 else { return Float((8 + sigma / 5 * Double(grain[index])).rounded()) }
                let vessel = abs(x - 20 * sin(y / 25)) < 2 || abs(y - 30 - x / 3) < 1.5
                return Float(
                    ((90 + x / 6 + y / 10 - (vessel ? 25 : 0)) * color + sigma * Double(grain[index])).rounded())
            }
        }
        var header = ImageHeader(width: side, height: side, intensity: Intensity(sampleType: .uint8))
        header.colorModel = .rgb
        return Image(header: header, pixels: Pixels(width: side, height: side, channels: 3, samples: samples))
    }

    @Test("a photograph's grain is found among what is equally bright, and goes round the network for all colors alike")
    func photograph() throws {
        let image = fundus(noise: 4)
        let luminance = image.pixels.luminance()
        let plain = try #require(NoiseEstimate(of: luminance, colors: 1))
        #expect(!plain.isEvident(inRange: 255))
        let estimate = plain.withPhotographSpectrum(of: luminance, range: 255)
        let spectrum = try #require(estimate.spectrum)
        // A Gaussian of 0.7 pixels, brought back to deviation 4, leaves more of it in the coarse coefficients.
        #expect(spectrum[2 * 8 + 2] > 4 && spectrum[6 * 8 + 6] < 2)
        let clean = fundus(noise: 0).pixels.luminance()
        let unseen = try #require(NoiseEstimate(of: clean, colors: 1))
        #expect(unseen.withPhotographSpectrum(of: clean, range: 255).spectrum == nil)

        let model = try Golden.model("residual-x4")
        let kept = try Upscaler(models: [model]).upscale(image, scale: 4)
        let without = try Upscaler(models: [model], grain: GrainTreatment(kept: 0)).upscale(image, scale: 4)
        #expect(kept.header.derivation?.grain?.noise ?? 0 > 2)
        let grain = zip(kept.pixels.samples, without.pixels.samples).map { $0 - $1 }
        let plane = kept.pixels.planeCount
        let (red, blue) = (Array(grain[..<plane]), Array(grain[(2 * plane)...]))
        #expect(red.map(abs).max()! > 4)
        #expect(largestDifference(red, blue) < 1e-3)
    }

    @Test(
        "of a photograph of 64² pixels strong noise is told, and weak noise is not",
        arguments: [(4.0, true), (1.2, false)])
    func smallPhotograph(noise: Double, isTold: Bool) throws {
        var pixels = Pixels(width: 64, height: 64, channels: 3)
        for channel in 0..<3 {
            for (place, index) in pixels.planeRange(slice: 0, channel: channel).enumerated() {
                let (row, column) = place.quotientAndRemainder(dividingBy: 64)
                pixels.samples[index] =
                    Float(110 + 10 * channel) + 40 * sin(Float(column) / 9) + 30 * cos(Float(row) / 11)
            }
        }
        pixels = pixels.withGrain(sigma: noise, width: 0, seed: 3)
        var header = ImageHeader(width: 64, height: 64, intensity: Intensity(sampleType: .uint8))
        header.colorModel = .rgb
        for index in pixels.samples.indices {
            pixels.samples[index] = header.intensity.quantized(pixels.samples[index])
        }
        let image = Image(header: header, pixels: pixels)
        let upscaler = try Upscaler(models: [try Golden.model("residual-x4")])
        let grain = try upscaler.header(for: image, scale: 4).derivation?.grain
        #expect((grain != nil) == isTold)
        // Red, green and blue have noise of their own, of which luminance has two thirds.
        if let grain { #expect(abs(grain.noise - 4 * 0.67) < 0.7) }
    }
}
