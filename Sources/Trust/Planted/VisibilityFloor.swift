import Foundation
import Imaging
import Upscaling

/// From which contrast on a spot can be told from an image's noise at all, whoever looks: what is fainter no method can
/// bring back.
///
/// The ideal observer of a known signal in white noise has a signal-to-noise ratio of c · ‖A l‖₂ / σ, with A the reduction
/// and l the spot of height 1 (the matched filter), and needs four or so to be sure (Rose, "The sensitivity performance of the human
/// eye on an absolute scale", 1948): c = 4 σ / ‖A l‖₂.
public struct VisibilityFloor: Sendable, Equatable, Encodable {
    /// A spot's full width at half maximum and its least contrast.
    public struct Spot: Sendable, Equatable, Encodable {
        /// In pixels of the input.
        public var width: Double
        /// In stored units.
        public var contrast: Double
    }

    /// The image's noise, at least that of rounding to whole stored units, in stored units.
    public var noise: Double
    /// From black to white, in stored units.
    public var range: Double
    /// By width, the least first.
    public var spots: [Spot]

    /// Widths that are told, in pixels of the input.
    public static let widths = [0.5, 1, 2]

    /// - Parameters:
    ///   - image: that is enlarged.
    ///   - scale: a whole number from 2 on.
    /// - Returns: `nil` for samples that are codes, and for an image that is too small to tell its noise.
    public init?(of image: Image, scale: Double) {
        guard image.header.meaning == .quantity, scale >= 2, scale == scale.rounded(), image.noData?.isTotal != true
        else { return nil }
        let filled = image.filled
        guard let estimate = NoiseEstimate(of: filled.pixels.brightness(), colors: 1, excluding: image.uncounted)
        else { return nil }
        guard let range = try? IntensityRange(of: filled, by: .standard) else { return nil }
        let rounding = image.header.intensity.sampleType.isFloatingPoint ? 0 : (1.0 / 12).squareRoot()
        self.init(
            noise: max(estimate.fine, rounding), range: Double(abs(range.white - range.black)), scale: Int(scale))
    }

    /// - Parameters:
    ///   - noise: its standard deviation in stored units.
    ///   - range: from black to white in stored units.
    ///   - scale: that the sharp image was reduced by.
    package init(noise: Double, range: Double, scale: Int) {
        self.noise = noise
        self.range = range
        spots = Self.widths.map { width in
            Spot(width: width, contrast: 4 * noise / Self.strength(width: width, scale: scale))
        }
    }

    /// ‖A l‖₂ of a spot, the least over where its centre lies within a pixel of the input.
    ///
    /// - Parameter width: in pixels of the input.
    private static func strength(width: Double, scale: Int) -> Double {
        let inputs = Int((4 * width).rounded(.up)) * 2 + 8
        let count = inputs * scale
        let spot = PlantedFinding(.spot, width: width * Double(scale), contrast: 1)
        return (0..<scale).map { offset in
            let centre = Double(count / 2 + offset)
            var sharp = Pixels(width: count, height: count)
            for row in 0..<count {
                for column in 0..<count {
                    sharp.samples[row * count + column] = Float(
                        spot.profile(x: Double(column) - centre, y: Double(row) - centre, angle: 0))
                }
            }
            let reduced = sharp.resized(width: inputs, height: inputs)
            return reduced.samples.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }.min()!
    }

    /// For people.
    public var statement: String {
        let contrasts = spots.map { String(format: "%.2g", 100 * $0.contrast / range) }.joined(separator: ", ")
        let widths = spots.map { number($0.width) }.joined(separator: ", ")
        return
            "Above the input's noise stand spots of \(contrasts) % of the range at least, \(widths) pixels wide: fainter ones no method can show."
    }
}
