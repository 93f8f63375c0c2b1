import Foundation
import Imaging

/// A test without a reference: what a method makes of a gray field that holds nothing but grain, and of a thin line in
/// such a field.
public struct GrainField: Sendable, Equatable, Codable {
    /// The grain that a method was given.
    public struct Grain: Sendable, Equatable, Codable, Hashable {
        /// Standard deviation, in gray levels of 255.
        public var sigma: Double
        /// Of the Gaussian that makes neighbours agree, in pixels; 0 for white noise.
        public var width: Double

        public init(sigma: Double, width: Double = 0) {
            self.sigma = sigma
            self.width = width
        }

        public var text: String { width > 0 ? "\(number(sigma)), correlated" : "\(number(sigma)), white" }

        /// White noise, and noise blurred by 0.6 pixels, of deviation 1, 3 and 6.
        public static let standard = [0, 0.6].flatMap { width in [1, 3, 6].map { Grain(sigma: $0, width: width) } }
    }

    public var grain: Grain
    /// Means over the seeds.
    public var lines: GrainLines
    /// g: the standard deviation of the enlargement for one of the grain.
    public var gain: Double

    /// Enlarges fields of 128 ± grain of 256² pixels, not rounded.
    ///
    /// - Parameters:
    ///   - grain: of the fields.
    ///   - scale: how many times they are enlarged.
    ///   - seeds: how many fields.
    ///   - method: what is judged.
    public init(_ grain: Grain, scale: Int, seeds: Int = 4, method: EvaluatedMethod) throws {
        self.grain = grain
        var (dark, bright, gain) = (0.0, 0.0, 0.0)
        for seed in 0..<seeds {
            let field = Self.field(Pixels(width: 256, height: 256, repeating: 128), grain, seed: UInt64(seed))
            let result = try method.enlarge(field, scale).pixels
            let border = 4 * scale
            let inner = result.cropped(
                columns: border..<result.width - border, rows: border..<result.height - border)
            let lines = GrainLines(of: inner, scale: scale)
            dark += lines.dark / Double(seeds)
            bright += lines.bright / Double(seeds)
            gain += inner.deviation / grain.sigma / Double(seeds)
        }
        lines = GrainLines(dark: dark, bright: bright)
        self.gain = gain
    }

    /// The share of a thin line's contrast that a method keeps in grain, of what it keeps of it without: a line 0.8
    /// pixels wide and 20 gray levels dark, in noise of deviation 2.
    ///
    /// - Parameters:
    ///   - scale: how many times the image is enlarged.
    ///   - seeds: over how many images of grain the line is averaged.
    ///   - method: what is judged.
    public static func lineKept(scale: Int, seeds: Int = 4, method: EvaluatedMethod) throws -> Double {
        let line = Self.line(width: 0.8, contrast: 20)
        let clean = try contrast(of: method.enlarge(field(line, Grain(sigma: 0), seed: 0), scale).pixels)
        let kept = try (0..<seeds).map { seed in
            try contrast(of: method.enlarge(field(line, Grain(sigma: 2), seed: UInt64(seed)), scale).pixels)
        }
        return kept.reduce(0, +) / Double(seeds) / clean
    }

    private static func field(_ pixels: Pixels, _ grain: Grain, seed: UInt64) -> Image {
        var pixels = pixels.withGrain(sigma: grain.sigma, width: grain.width, seed: seed)
        let intensity = Intensity(sampleType: .uint8)
        pixels.samples = pixels.samples.map(intensity.quantized)
        return Image(
            header: ImageHeader(width: pixels.width, height: pixels.height, intensity: intensity), pixels: pixels)
    }

    /// A dark line across the middle of a gray field, a little off the grid's directions so that it crosses pixels at
    /// every phase; each pixel is the mean over its area.
    private static func line(width: Double, contrast: Double) -> Pixels {
        var result = Pixels(width: 256, height: 256, repeating: 128)
        let samplesPerPixel = 8
        for row in 0..<256 {
            for column in 0..<256 where abs(Double(row) - lineRow(atColumn: Double(column))) < 4 {
                var inside = 0
                for y in 0..<samplesPerPixel {
                    for x in 0..<samplesPerPixel {
                        let place = (
                            Double(column) + (Double(x) + 0.5) / Double(samplesPerPixel) - 0.5,
                            Double(row) + (Double(y) + 0.5) / Double(samplesPerPixel) - 0.5
                        )
                        if abs(place.1 - lineRow(atColumn: place.0)) < width / 2 { inside += 1 }
                    }
                }
                result.samples[row * 256 + column] -= Float(
                    contrast * Double(inside) / Double(samplesPerPixel * samplesPerPixel))
            }
        }
        return result
    }

    private static func lineRow(atColumn column: Double) -> Double { 128 + 0.1 * (column - 128) }

    /// How much darker the line's own pixels are than those four to eight old pixels away.
    private static func contrast(of enlarged: Pixels) -> Double {
        let scale = Double(enlarged.width) / 256
        var (line, lineCount, ground, groundCount) = (0.0, 0, 0.0, 0)
        for column in Int(16 * scale)..<enlarged.width - Int(16 * scale) {
            let middle = (lineRow(atColumn: (Double(column) + 0.5) / scale - 0.5) + 0.5) * scale - 0.5
            for row in Int(middle - 8 * scale)...Int(middle + 8 * scale) {
                let distance = abs(Double(row) - middle) / scale
                let sample = Double(enlarged.samples[row * enlarged.width + column])
                if distance < 0.25 { (line, lineCount) = (line + sample, lineCount + 1) }
                if (4...8).contains(distance) { (ground, groundCount) = (ground + sample, groundCount + 1) }
            }
        }
        return ground / Double(groundCount) - line / Double(lineCount)
    }
}

extension GrainLines {
    init(dark: Double, bright: Double) {
        self.dark = dark
        self.bright = bright
    }
}

extension Pixels {
    /// Standard deviation of all samples.
    fileprivate var deviation: Double {
        let mean = samples.reduce(0.0) { $0 + Double($1) } / Double(samples.count)
        let squares = samples.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return (squares / Double(samples.count)).squareRoot()
    }
}

private func number(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String(value)
}
