import Foundation
import Imaging
import Upscaling

/// Numbers of what an image looks like, which tell kinds of images apart: its brightness, how strong, sparse and directed its
/// structure is over three octaves, how it goes on from one place to the next, whether it lies where the image is bright, and
/// what a network sees in it (``LearnedLooks``).
///
/// They see the image in its range from black to white, so that units don't matter.
struct ImageSignature: Sendable, Equatable {
    private static let measured = 36
    static let count = measured + LearnedLooks.count
    let values: [Double]
    /// SHA-256 of the network that looked; signatures of different ones do not compare.
    let lookedBy: String

    /// - Parameters:
    ///   - pixels: filled, all slices; colours count by their luminance.
    ///   - range: that networks see as black to white.
    /// - Throws: `ModelError` where the network that looks cannot run.
    init(_ pixels: Pixels, range: IntensityRange) throws(ModelError) {
        var gray = pixels.brightness()
        let (black, span) = (range.black, range.white - range.black)
        for index in gray.samples.indices { gray.samples[index] = (gray.samples[index] - black) / span }
        let slices = (0..<gray.slices).map { Self.signature(gray.slice($0)) }
        let measured = (0..<Self.measured).map { index in
            slices.reduce(0) { $0 + $1[index] } / Double(slices.count)
        }
        let looks = try LearnedLooks.shipped.get()
        values = measured + (try looks.numbers(of: gray))
        lookedBy = looks.networkHash
    }

    private static func signature(_ pixels: Pixels) -> [Double] {
        let moments = Moments(pixels.samples)
        var octaves: [Octave] = []
        var low = pixels
        for _ in 0..<3 {
            octaves.append(Octave(low))
            low = octaves.last!.low
        }
        let sorted = pixels.samples.sorted()
        func share(_ count: Int) -> Double { (Double(count) / Double(max(sorted.count, 1))).squareRoot() }
        var values = [
            level(octaves[0].diagonal.mean), level(octaves[1].diagonal.mean),
            level(octaves[0].edges.mean), level(octaves[1].edges.mean), level(octaves[2].edges.mean),
            level(moments.deviation), moments.mean, moments.skewness,
            level(octaves[0].diagonal.root) - level(octaves[0].diagonal.mean),
            level(octaves[1].edges.root) - level(octaves[1].edges.mean),
            level(octaves[1].across.mean) - level(octaves[1].down.mean),
            share(sorted.count { $0 < 0.04 }),
        ]
        for octave in octaves {
            values += [
                level(octave.edges.middle), level(octave.diagonal.middle),
                level(octave.edges.high) - level(octave.edges.middle),
                octave.acrossContinuity, octave.diagonalContinuity, octave.brightnessLink,
            ]
        }
        values += [0.05, 0.25, 0.5, 0.75, 0.95].map { Double(sorted[Int($0 * Double(sorted.count - 1))]) }
        return values + [share(sorted.count { $0 > 0.9 })]
    }

    /// Strengths are compared by their ratios; a ten-thousandth of the range is nothing.
    private static func level(_ strength: Double) -> Double { log(strength + 1e-4) }

    private struct Moments {
        var (mean, deviation, skewness) = (0.0, 0.0, 0.0)

        init(_ samples: [Float]) {
            let count = Double(max(samples.count, 1))
            mean = samples.reduce(0) { $0 + Double($1) } / count
            var (squares, cubes) = (0.0, 0.0)
            for sample in samples {
                let difference = Double(sample) - mean
                squares += difference * difference
                cubes += difference * difference * difference
            }
            deviation = (squares / count).squareRoot()
            skewness = cubes / count / pow(deviation + 1e-4, 3)
        }
    }
}
