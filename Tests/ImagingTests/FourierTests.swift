import Foundation
import Imaging
import Testing

@Suite("Fourier resampling and moves")
struct FourierTests {
    /// Waves of up to 9 cycles over the field of view, known at every point: x and y from 0 to 1.
    private func waves(_ x: Double, _ y: Double) -> Double {
        100 + 30 * cos(2 * .pi * 3 * x + 0.4) * cos(2 * .pi * 2 * y) + 12 * sin(2 * .pi * (9 * x - 5 * y))
            + 7 * cos(2 * .pi * 9 * y + 1)
    }

    /// A bell around (x, y), wide enough for the coarsest grid here.
    private func bell(_ x: Double, _ y: Double) -> Double {
        exp(-(pow(x - 0.43, 2) + pow(y - 0.56, 2)) / (2 * 0.05 * 0.05))
    }

    private func sampled(_ width: Int, _ height: Int, _ value: (Double, Double) -> Double) -> Pixels {
        Pixels(
            width: width, height: height,
            samples: (0..<width * height).map { index in
                Float(
                    value(
                        (Double(index % width) + 0.5) / Double(width), (Double(index / width) + 0.5) / Double(height)))
            })
    }

    private func difference(_ one: Pixels, _ other: Pixels) -> Float {
        zip(one.samples, other.samples).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test(
        "an image whose waves both grids hold is the same on either",
        arguments: [(64, 64, 32, 32), (61, 53, 24, 31), (48, 90, 48, 22), (30, 28, 75, 64), (64, 60, 31, 60)])
    func exact(width: Int, height: Int, newWidth: Int, newHeight: Int) {
        let result = sampled(width, height, waves).fourierResized(width: newWidth, height: newHeight)
        #expect(difference(result, sampled(newWidth, newHeight, waves)) < 1e-4)
    }

    @Test("what zeros were added to is itself again without them", arguments: [(24, 30), (25, 21)])
    func thereAndBack(width: Int, height: Int) {
        // White noise, up to the highest frequency.
        var state: UInt32 = 7
        let samples = (0..<2 * width * height).map { _ -> Float in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(state >> 24)
        }
        let image = Pixels(width: width, height: height, slices: 2, samples: samples)
        let filled = image.fourierResized(width: 2 * width + 1, height: 3 * height)
        #expect(difference(filled.fourierResized(width: width, height: height), image) < 1e-4 * 255)
    }

    @Test("a point stays where it is to a fiftieth of a pixel", arguments: [(40, 40), (57, 43), (128, 40)])
    func position(width: Int, height: Int) {
        let result = sampled(128, 128, bell).fourierResized(width: width, height: height)
        var (sum, x, y) = (0.0, 0.0, 0.0)
        for (index, sample) in result.samples.enumerated() {
            sum += Double(sample)
            x += Double(sample) * (Double(index % width) + 0.5) / Double(width)
            y += Double(sample) * (Double(index / width) + 0.5) / Double(height)
        }
        #expect(abs(x / sum - 0.43) * Double(width) < 0.02)
        #expect(abs(y / sum - 0.56) * Double(height) < 0.02)
    }

    @Test("moving by a part of a pixel samples the same picture elsewhere")
    func moved() {
        let image = sampled(96, 80, bell)
        let result = image.moved(by: PixelShift(columns: 2.3, rows: -1.6))
        let expected = sampled(96, 80) { bell($0 - 2.3 / 96, $1 + 1.6 / 80) }
        #expect(difference(result, expected) < 1e-4)
    }

    /// Bells of every size at 400 places, so that every frequency is there.
    private static let bells = {
        var generator = SeededGenerator(seed: 11)
        return (0..<400).map { _ in
            (
                x: generator.uniform(in: -0.1...1.1), y: generator.uniform(in: -0.1...1.1),
                width: generator.uniform(in: 0.006...0.03), height: generator.uniform(in: -80...80)
            )
        }
    }()

    private func texture(_ x: Double, _ y: Double) -> Double {
        Self.bells.reduce(100) { sum, bell in
            let square = (pow(x - bell.x, 2) + pow(y - bell.y, 2)) / (bell.width * bell.width)
            return square < 60 ? sum + bell.height * exp(-square / 2) : sum
        }
    }

    @Test(
        "a move is found to a twentieth of a pixel, in strong noise to a quarter, whatever the intensities",
        arguments: [(0.0, 0.0), (2.37, -1.62), (-5.5, 0.25), (0.04, 3.9)], [0.0, 12])
    func found(shift: (Double, Double), noise: Double) throws {
        let truth = sampled(160, 144, texture)
        var other = sampled(160, 144) { texture($0 + shift.0 / 160, $1 + shift.1 / 144) }
        var generator = SeededGenerator(seed: 3)
        for index in other.samples.indices {
            other.samples[index] = 40 + 0.6 * other.samples[index] + Float(noise * generator.normal())
        }
        let result = truth.shift(of: other, upTo: 0.25, within: 12)
        let found = try #require(result)
        let tolerance = noise > 0 ? 0.25 : 0.05
        #expect(abs(found.columns - shift.0) < tolerance)
        #expect(abs(found.rows - shift.1) < tolerance)
    }

    @Test("no move is found between pictures of different things")
    func notFound() {
        var generator = SeededGenerator(seed: 5)
        let noise = Pixels(width: 160, height: 144, samples: (0..<160 * 144).map { _ in Float(generator.normal()) })
        let shift = sampled(160, 144, texture).shift(of: noise, upTo: 0.25, within: 32)
        #expect(shift == nil)
    }
}
