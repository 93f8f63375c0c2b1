import Imaging
import Networks
import Torch

/// Changes that the discriminator sees on real and made images alike, so that it cannot learn a few images by heart, and
/// that gradients pass through, so that the generator learns none of them (Zhao et al., "Differentiable Augmentation for
/// Data-Efficient GAN Training", 2020). Images are neither turned nor mirrored: a heart has its side.
public struct DifferentiableAugmentation: Codable, Sendable, Equatable {
    /// Each image moves along each axis by up to this share of its side, and zeros move in.
    public var shift: Double
    /// Side of a square of zeros at any place, as a share of the image's side.
    public var cutout: Double
    /// Differences from the image's mean are multiplied by 1 ± up to this.
    public var contrast: Double
    /// Added to the whole image: ± up to this, where the image has 0…1.
    public var brightness: Double

    public init(shift: Double = 0.125, cutout: Double = 0.5, contrast: Double = 0.5, brightness: Double = 0.25) {
        self.shift = shift
        self.cutout = cutout
        self.contrast = contrast
        self.brightness = brightness
    }

    /// For images that lie alike. At the paper's strengths, made for all kinds of photographs, what is done to a film hides
    /// whether it is one: the discriminator stays at chance, and the generator's films are grain (docs/decisions/0024).
    public static let slight = DifferentiableAugmentation(shift: 0.0625, cutout: 0, contrast: 0.1, brightness: 0.05)

    /// - Throws: `ConfigurationError` with the first value that cannot be.
    func validate() throws(ConfigurationError) {
        for (key, value) in [("shift", shift), ("cutout", cutout), ("contrast", contrast), ("brightness", brightness)] {
            try Requirement.within(0...1, key, value)
        }
    }

    /// Changes of one batch's images, each its own.
    ///
    /// - Parameters:
    ///   - count: how many images.
    ///   - side: of each, in pixels.
    package func drawn(count: Int, side: Int, using generator: inout SeededGenerator) -> Drawn {
        let (reach, hole) = (Int((shift * Double(side)).rounded()), Int((cutout * Double(side)).rounded()))
        var drawn = Drawn(side: side)
        for _ in 0..<count {
            drawn.columns.append(Int(generator.next() % UInt64(2 * reach + 1)) - reach)
            drawn.rows.append(Int(generator.next() % UInt64(2 * reach + 1)) - reach)
            // Its centre may lie on the edge.
            let (x, y) = (Int(generator.next() % UInt64(side)), Int(generator.next() % UInt64(side)))
            drawn.holes.append((x - hole / 2..<x - hole / 2 + hole, y - hole / 2..<y - hole / 2 + hole))
            drawn.gains.append(Float(generator.uniform(in: 1 - contrast...1 + contrast)))
            drawn.offsets.append(Float(generator.uniform(in: -brightness...brightness)))
        }
        return drawn
    }

    /// What was drawn, an entry an image.
    package struct Drawn {
        let side: Int
        package var columns: [Int] = []
        package var rows: [Int] = []
        package var holes: [(columns: Range<Int>, rows: Range<Int>)] = []
        package var gains: [Float] = []
        package var offsets: [Float] = []

        /// - Parameter images: (B, C, side, side).
        package func callAsFunction(_ images: Tensor) -> Tensor {
            let (count, device) = (gains.count, images.device)
            func perImage(_ values: [Float]) -> Tensor { Tensor(values, shape: [count, 1, 1, 1], on: device) }
            let mean = images.mean([1, 2, 3], keepDimensions: true)
            let changed = (images - mean) * perImage(gains) + mean + perImage(offsets)
            let moved = moves(rows, on: device).matmul(changed).matmul(moves(columns.map { -$0 }, on: device))
            return (moved * mask(on: device)).channelsLast
        }

        /// (B, 1, side, side): from the left, each moves an image's rows down by so many.
        private func moves(_ distances: [Int], on device: Device) -> Tensor {
            var values = [Float](repeating: 0, count: distances.count * side * side)
            for (image, distance) in distances.enumerated() {
                for row in 0..<side where (0..<side).contains(row - distance) {
                    values[(image * side + row) * side + row - distance] = 1
                }
            }
            return Tensor(values, shape: [distances.count, 1, side, side], on: device)
        }

        private func mask(on device: Device) -> Tensor {
            var values = [Float](repeating: 1, count: holes.count * side * side)
            for (image, hole) in holes.enumerated() {
                for row in hole.rows.clamped(to: 0..<side) {
                    for column in hole.columns.clamped(to: 0..<side) {
                        values[(image * side + row) * side + column] = 0
                    }
                }
            }
            return Tensor(values, shape: [holes.count, 1, side, side], on: device)
        }
    }
}
