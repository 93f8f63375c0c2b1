import Foundation
import Imaging

/// Something small that is put into a sharp image, to see what becomes of it when the image is reduced and enlarged.
public struct PlantedFinding: Sendable, Equatable, Hashable, Codable {
    /// What it resembles.
    public enum Shape: String, Sendable, Codable, CaseIterable {
        /// A Gaussian: a calcification, a microaneurysm.
        case spot
        /// Even inside of a rim a pixel wide: a nodule, a lesion.
        case disc
        /// A Gaussian across, twenty pixels long: a vessel, a fracture.
        case line
    }

    public var shape: Shape
    /// Full width at half maximum in pixels of the sharp image.
    public var width: Double
    /// Height above its surroundings, as a share of the image's range; negative for dark ones.
    public var contrast: Double

    /// - Parameters:
    ///   - shape: what it resembles.
    ///   - width: at half maximum, in pixels of the sharp image.
    ///   - contrast: a share of the image's range.
    public init(_ shape: Shape, width: Double, contrast: Double) {
        self.shape = shape
        self.width = width
        self.contrast = contrast
    }

    static let lineLength = 20.0

    /// How far from its centre it reaches, in pixels.
    var reach: Double { max(1.5 * width, shape == .line ? Self.lineLength / 2 : 0) + 2 }

    /// Its height at a place from its centre, 1 at most.
    ///
    /// - Parameter angle: of a line, from the direction of columns.
    func profile(x: Double, y: Double, angle: Double) -> Double {
        let gaussian = { (distance: Double) in exp(-4 * log(2) * distance * distance / (width * width)) }
        switch shape {
        case .spot: return gaussian((x * x + y * y).squareRoot())
        case .disc: return min(max((width / 2 - (x * x + y * y).squareRoot()) + 0.5, 0), 1)
        case .line:
            let along = abs(x * cos(angle) + y * sin(angle))
            return gaussian(x * sin(angle) - y * cos(angle)) * min(max(Self.lineLength / 2 - along + 0.5, 0), 1)
        }
    }
}

/// Findings of one kind in an image, far enough apart not to disturb each other.
struct PlantedField {
    /// The image with them.
    let pixels: Pixels
    /// The pixels nearest to their centres.
    let peaks: [Int]

    /// - Parameters:
    ///   - truth: one gray plane.
    ///   - range: from black to white in its units.
    ///   - body: where findings may lie.
    ///   - seed: of their places within a pixel and of the lines' directions.
    init(
        _ finding: PlantedFinding, in truth: Pixels, range: ClosedRange<Float>, body: [Bool], seed: UInt64
    ) {
        var generator = SeededGenerator(seed: seed)
        let amplitude = Float(finding.contrast) * (range.upperBound - range.lowerBound)
        // Ten widths apart, and never so near that a network sees two at once.
        let step = Int(max(10 * finding.width, 2 * finding.reach + 16).rounded(.up))
        let margin = Int(finding.reach.rounded(.up)) + 4
        var pixels = truth
        var peaks: [Int] = []
        for row in stride(from: margin, to: truth.height - margin, by: step) {
            for column in stride(from: margin, to: truth.width - margin, by: step) {
                let (dx, dy) = (generator.uniform() - 0.5, generator.uniform() - 0.5)
                let angle = generator.uniform() * .pi
                let index = row * truth.width + column
                // Nothing is planted where it would be cut off at black or white.
                guard body[index], range.contains(truth.samples[index] + amplitude) else { continue }
                let reach = margin - 2
                for y in max(0, row - reach)...min(truth.height - 1, row + reach) {
                    for x in max(0, column - reach)...min(truth.width - 1, column + reach) {
                        let height = finding.profile(
                            x: Double(x - column) - dx, y: Double(y - row) - dy, angle: angle)
                        let place = y * truth.width + x
                        let value = pixels.samples[place] + amplitude * Float(height)
                        pixels.samples[place] = min(max(value, range.lowerBound), range.upperBound)
                    }
                }
                peaks.append(index)
            }
        }
        self.pixels = pixels
        self.peaks = peaks
    }
}
