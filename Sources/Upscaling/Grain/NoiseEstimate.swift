import Foundation
import Imaging

/// How much noise an image holds, estimated from the image alone, in its stored units.
///
/// From 8 × 8 blocks spread over the image, by their discrete cosine transform (Ponomarenko et al., "An automatic approach
/// to lossy compression of AVIRIS images", 2007, in kind): structure fills the finest coefficients of some blocks, noise
/// those of all. So the tenth of the blocks with the least energy there says how much noise there is at most, and how
/// far the middle block lies above it whether it *is* noise.
public struct NoiseEstimate: Sendable, Equatable, Codable {
    /// Standard deviation that white noise would have by the finest coefficients (both frequencies ≥ 5 of 0…7).
    public var fine: Double
    /// The same by the middle coefficients (both frequencies 3 and 4), where noise whose neighbours agree is the
    /// stronger. Not below ``fine``.
    public var coarse: Double
    /// The ratio between the middle block and the tenth with the least, in the finest coefficients; 1 for noise that is
    /// the same everywhere.
    public var spread: Double
    /// The same in the middle coefficients.
    public var coarseSpread: Double
    /// Standard deviation of each cosine coefficient (vertical frequency · 8 + horizontal), where more is known of the noise
    /// than the two numbers say.
    public var spectrum: [Float]?
    /// What JPEG rounded beside, where its traces are to be treated as noise.
    package var quantization: [Float]?
    /// Whether there were fewer than ``leastBlocks``.
    var isOfFewBlocks = false

    /// A spread that images of noise stay below, and images of structure alone do not; measured on 120 clean images of
    /// eight kinds, reduced four times and at full size (docs/decisions/0013).
    static let largestSpread = 1.12
    /// In the middle coefficients structure is everywhere, so that noise there lies further apart.
    static let largestCoarseSpread = 1.15
    /// As a share of the image's range, of which less is not worth a treatment: 0.8 gray levels of 8 bits.
    static let leastShare = 0.8 / 255
    /// Fewer blocks say nothing for sure.
    static let leastBlocks = 1000
    /// So few tell a network how noisy its input may be. In photographs they also show noise that is twice ``leastShare``: less is in
    /// some clean ones of 64² pixels, so much was in none (docs/decisions/0013).
    static let leastBlocksToTell = 400

    /// A mean step below this share of the image's range is not worth a treatment: 1.5 gray levels of 8 bits, which are rounded
    /// to whole ones anyway.
    static let leastStepShare = 1.5 / 255
    /// Of a block as the file has it JPEG lost what is below half a step; between its blocks traces are stronger
    /// (docs/decisions/0032).
    private static let thresholdOfStep: Float = 0.75

    /// The mean of the steps that JPEG rounded to, in stored units.
    var meanStep: Double? { quantization.map { Double($0.reduce(0, +)) / Double($0.count) } }

    /// Whether there is noise beyond doubt: what may be structure is not taken for noise.
    ///
    /// - Parameter range: width of the image's range, in stored units.
    package func isEvident(inRange range: Double) -> Bool {
        if spectrum != nil { return true }
        let least = range * Self.leastShare * (isOfFewBlocks ? 2 : 1)
        guard spread <= Self.largestSpread else { return false }
        // The middle coefficients of few blocks are even by chance.
        return fine >= least || !isOfFewBlocks && coarse >= least && coarseSpread <= Self.largestCoarseSpread
    }

    /// The width of the Gaussian that blurred white noise into noise of these two numbers, in pixels.
    package var width: Double {
        guard fine > 0 else { return 0 }
        let ratio = coarse / fine
        // Neighbouring widths enclose the ratio; noise smoother than the last is treated as that.
        let widths = Array(stride(from: 0.0, through: 0.9, by: 0.05))
        return widths.last { Self.gain(3..<5, width: $0) / Self.gain(5..<8, width: $0) <= ratio } ?? 0
    }

    /// - Parameters:
    ///   - pixels: of which up to five slices, evenly spread, are looked at, all colours together.
    ///   - colors: channels that are no opacity.
    ///   - mask: samples that hold no data; blocks with one of them tell nothing.
    ///   - leastBlocks: of fewer nothing is told.
    /// - Returns: `nil` where the image is too small or too empty to tell.
    package init?(
        of pixels: Pixels, colors: Int, excluding mask: NoDataMask? = nil, leastBlocks: Int = Self.leastBlocks
    ) {
        var fine: [Float] = []
        var coarse: [Float] = []
        Self.visitBlocks(of: pixels, colors: colors, excluding: mask) { block in
            let energy = block.transformed.energies
            fine.append(energy.fine)
            coarse.append(energy.coarse)
        }
        guard fine.count >= leastBlocks else { return nil }
        isOfFewBlocks = fine.count < Self.leastBlocks
        fine.sortNumbers()
        coarse.sortNumbers()
        let low = Self.deviation(fine, 0.1, 4.168_16 / 9)
        self.fine = low
        let coarseLow = Self.deviation(coarse, 0.1, 1.063_62 / 4)
        self.coarse = max(low, coarseLow)
        coarseSpread = coarseLow > 0 ? Self.deviation(coarse, 0.5, 3.356_69 / 4) / coarseLow : .infinity
        spread = low > 0 ? Self.deviation(fine, 0.5, 8.342_83 / 9) / low : .infinity
    }

    /// The deviation of noise by one of the ordered means of its n squared coefficients: the tenth and the middle of n squared
    /// normal numbers have their mean at these shares of the variance (χ² with 9 and with 4 degrees of freedom, divided by
    /// these).
    static func deviation(_ sorted: [Float], _ quantile: Double, _ share: Double) -> Double {
        (Double(sorted[Int(quantile * Double(sorted.count - 1))]) / share).squareRoot()
    }

    /// About 40,000 blocks spread over up to five slices, without those that hold samples without data or clipped ones.
    static func visitBlocks(
        of pixels: Pixels, colors: Int, excluding mask: NoDataMask?, _ visit: (Block) -> Void
    ) {
        let size = BlockTransform.size
        guard pixels.width >= size, pixels.height >= size else { return }
        let slices = pixels.slices <= 5 ? Array(0..<pixels.slices) : (0..<5).map { $0 * (pixels.slices - 1) / 4 }
        let planes = slices.count * colors
        // Neighbours overlap where the image is small.
        let step = max(2, Int((Double(planes * pixels.planeCount) / 40_000).squareRoot()))
        for slice in slices {
            for channel in 0..<colors {
                let plane = pixels.planeRange(slice: slice, channel: channel)
                pixels.samples.withUnsafeBufferPointer { samples in
                    let values = UnsafeBufferPointer(rebasing: samples[plane])
                    let (least, greatest) = (values.min()!, values.max()!)
                    for row in stride(from: 0, through: pixels.height - size, by: step) {
                        for column in stride(from: 0, through: pixels.width - size, by: step) {
                            if let mask, mask.hasAny(from: plane.lowerBound + row * pixels.width + column, pixels.width)
                            {
                                continue
                            }
                            let block = Block(values.baseAddress! + row * pixels.width + column, stride: pixels.width)
                            // Clipped samples have lost their noise.
                            guard block.count(of: least) + block.count(of: greatest) <= 6 else { continue }
                            visit(block)
                        }
                    }
                }
            }
        }
    }

    /// White noise of a strength that is known.
    package init(sigma: Double) {
        (fine, coarse, spread, coarseSpread) = (sigma, sigma, 1, 1)
    }

    /// How strong noise itself is, which stands alone in `pixels`: root mean squares of its fine and its middle
    /// coefficients.
    package static func strengths(ofNoise pixels: Pixels) -> (fine: Double, coarse: Double) {
        let size = BlockTransform.size
        var sums = (fine: 0.0, coarse: 0.0)
        var count = 0.0
        pixels.samples.withUnsafeBufferPointer { samples in
            for plane in 0..<pixels.channels * pixels.slices {
                let start = samples.baseAddress! + plane * pixels.planeCount
                for row in stride(from: 0, through: pixels.height - size, by: size / 2) {
                    for column in stride(from: 0, through: pixels.width - size, by: size / 2) {
                        let block = Block(start + row * pixels.width + column, stride: pixels.width)
                        let energy = block.transformed.energies
                        sums.fine += Double(energy.fine)
                        sums.coarse += Double(energy.coarse)
                        count += 1
                    }
                }
            }
        }
        return count > 0 ? ((sums.fine / count).squareRoot(), (sums.coarse / count).squareRoot()) : (0, 0)
    }

    /// Standard deviation of the noise: that of a sample where the spectrum is known, else that of white noise by the finest
    /// coefficients.
    var strength: Double {
        guard let spectrum else { return fine }
        let squares = spectrum.reduce(0) { $0 + Double($1 * $1) }
        return (squares / Double(spectrum.count)).squareRoot()
    }

    /// What of a coefficient (row · 8 + column) of a block is below this is noise or may be.
    var thresholds: [Float] {
        // 3.4 standard deviations let one coefficient of noise in 1,500 pass; at the usual 2.7 what passes is sharpened.
        let noise = coefficients.map { 3.4 * $0 }
        guard let quantization else { return noise }
        return zip(noise, quantization).map { noise, step in
            let traces = Self.thresholdOfStep * step
            return (noise * noise + traces * traces).squareRoot()
        }
    }

    /// Standard deviation of each coefficient of a block of this noise, without what JPEG rounded.
    private var coefficients: [Float] {
        if let spectrum { return spectrum }
        let width = width
        let strength = fine / Self.gain(5..<8, width: width)
        let line = (0..<BlockTransform.size).map { Self.response($0, width: width) }
        return line.flatMap { row in line.map { Float(strength * row * $0) } }
    }

    /// What blurring by a Gaussian leaves of white noise in the coefficients of both frequencies in `frequencies`, as a
    /// root mean square.
    private static func gain(_ frequencies: Range<Int>, width: Double) -> Double {
        let squares = frequencies.map { response($0, width: width) }.map { $0 * $0 }
        return squares.reduce(0, +) / Double(squares.count)
    }

    /// Standard deviation of a line's cosine coefficient where the line is white noise of deviation 1 blurred by a
    /// Gaussian and not brought back to its strength.
    private static func response(_ frequency: Int, width: Double) -> Double {
        guard width > 0 else { return 1 }
        let size = BlockTransform.size
        let taps = (-6...6).map { exp(-Double($0 * $0) / (2 * width * width)) }
        let sum = taps.reduce(0, +)
        // Each sample of the noise reaches the coefficient by the basis function blurred at its place.
        let squares = (-6..<size + 6).map { place -> Double in
            let reached = (0..<size).reduce(0.0) { total, position in
                abs(position - place) <= 6
                    ? total + Double(BlockTransform.basis[frequency][position]) * taps[position - place + 6] / sum
                    : total
            }
            return reached * reached
        }
        return squares.reduce(0, +).squareRoot()
    }
}

extension NoDataMask {
    /// Whether a block whose first sample is `start`, in an image of so many columns, has a sample without data.
    fileprivate func hasAny(from start: Int, _ columns: Int) -> Bool {
        let size = BlockTransform.size
        return (0..<size).contains { row in
            isMissing[start + row * columns..<start + row * columns + size].contains(true)
        }
    }
}
