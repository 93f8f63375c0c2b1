import Imaging

/// How much of an enlarged, featureless image looks like lines: what a network makes of grain where it takes it for
/// structure.
///
/// The length of long thin ridges, against that in images with the same spectrum and no structure at all. Interpolated
/// noise gives about 0.9; a network that draws lines several times as much.
public struct GrainLines: Sendable, Equatable, Codable {
    /// Λ, the ratio to the surrogates: of lines darker than what is around them, and of brighter ones.
    public var dark: Double
    public var bright: Double

    /// - Parameters:
    ///   - plane: the enlargement of a field without structure, a border of 4 · `scale` pixels cut off.
    ///   - scale: how many times it was enlarged.
    ///   - surrogates: how many images of the same spectrum it is compared with.
    public init(of plane: Pixels, scale: Int, surrogates: Int = 8) {
        let own = Self.lengths(plane, scale: scale)
        var (dark, bright) = (0.0, 0.0)
        for seed in 0..<surrogates {
            let lengths = Self.lengths(plane.phaseRandomized(seed: UInt64(seed)), scale: scale)
            dark += lengths.dark / Double(surrogates)
            bright += lengths.bright / Double(surrogates)
        }
        // A surrogate with next to no lines would make any ratio.
        self.dark = own.dark / max(dark, 0.05)
        self.bright = own.bright / max(bright, 0.05)
    }

    /// Pixels of long ridges for 1,000 pixels of the image.
    private static func lengths(_ plane: Pixels, scale: Int) -> (dark: Double, bright: Double) {
        // Second derivatives of the image smoothed by a Gaussian of 0.4 of an old pixel.
        let smooth = plane.gaussianBlurred(sigma: 0.4 * Double(scale))
        let (width, height) = (plane.width, plane.height)
        var dark = [Float](repeating: 0, count: width * height)
        var bright = dark
        for row in 1..<height - 1 {
            for column in 1..<width - 1 {
                let index = row * width + column
                func value(_ down: Int, _ right: Int) -> Float { smooth.samples[index + down * width + right] }
                let xx = value(0, 1) - 2 * value(0, 0) + value(0, -1)
                let yy = value(1, 0) - 2 * value(0, 0) + value(-1, 0)
                let xy = (value(1, 1) - value(1, -1) - value(-1, 1) + value(-1, -1)) / 4
                let middle = (xx + yy) / 2
                let distance = ((xx - yy) * (xx - yy) / 4 + xy * xy).squareRoot()
                let (greater, less) = (middle + distance, middle - distance)
                // A line is curved across itself and hardly along itself.
                if greater > 0, abs(less) < greater / 2 { dark[index] = greater }
                if less < 0, abs(greater) < -less / 2 { bright[index] = -less }
            }
        }
        func length(_ ridges: [Float]) -> Double {
            let sorted = ridges.sorted()
            let threshold = sorted[Int(0.95 * Double(sorted.count - 1))]
            let lines = BinaryPlane(width: width, height: height, isSet: ridges.map { $0 > threshold }).thinned()
            let long = lines.pieces().filter { $0 >= 4 * scale }.reduce(0, +)
            return Double(long) * 1000 / Double(width * height)
        }
        return (length(dark), length(bright))
    }
}
