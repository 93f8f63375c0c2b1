import Imaging

/// How a result is laid onto its truth before both are compared, where they were measured one after the other: a move, and
/// one line for all intensities.
///
/// It is found once for a pair, between its input as bicubic interpolation enlarges it and the truth, so that it neither
/// depends on a method nor hides what one shifts or brightens.
public struct Registration: Sendable, Equatable, Codable {
    /// That the result is moved by, in the truth's pixels.
    public var shift: PixelShift
    /// input ≈ slope · truth + intercept, in stored units, by least squares over the truth reduced as the input is: noise
    /// of the input so bends nothing. Results are taken back, (result − intercept) / slope.
    public var slope: Double
    public var intercept: Double

    /// How far apart two images of a pair may lie, in pixels along each axis.
    static let farthest = 32

    /// - Parameters:
    ///   - input: what methods are given, one slice.
    ///   - truth: that slice, `scale` times as large.
    ///   - mask: samples of the truth's grid that tell nothing.
    /// - Throws: ``EvaluationError/notRegistered``.
    init(
        of input: Pixels, to truth: Pixels, scale: Int, excluding mask: NoDataMask?
    ) throws(EvaluationError) {
        let enlarged = input.resized(width: truth.width, height: truth.height)
        guard
            let shift = truth.shift(of: enlarged, upTo: 0.5 / Double(scale), within: Self.farthest)
        else { throw .notRegistered }
        let moved = enlarged.moved(by: shift)
        let reduced = truth.resized(width: input.width, height: input.height)
            .resized(width: truth.width, height: truth.height)
        let border = scale + Int(shift.extent.rounded(.up))
        guard truth.width > 2 * border, truth.height > 2 * border else { throw .notRegistered }
        var sums = (count: 0.0, x: 0.0, y: 0.0, xx: 0.0, xy: 0.0)
        for channel in 0..<truth.channels {
            for row in border..<truth.height - border {
                let start = (channel * truth.height + row) * truth.width
                for index in start + border..<start + truth.width - border where mask?.isMissing[index] != true {
                    let (x, y) = (Double(reduced.samples[index]), Double(moved.samples[index]))
                    sums = (sums.count + 1, sums.x + x, sums.y + y, sums.xx + x * x, sums.xy + x * y)
                }
            }
        }
        let variance = sums.xx - sums.x * sums.x / max(sums.count, 1)
        let slope = (sums.xy - sums.x * sums.y / max(sums.count, 1)) / variance
        // Images of the same thing brighten together.
        guard variance > 0, slope > 0.01, slope.isFinite else { throw .notRegistered }
        self.shift = shift
        self.slope = slope
        intercept = (sums.y - slope * sums.x) / sums.count
    }

    /// A result, or the slice of it that this belongs to, as it is compared.
    func applied(to result: Pixels) -> Pixels {
        var moved = result.moved(by: shift)
        moved.samples.withUnsafeMutableBufferPointer { samples in
            for index in samples.indices {
                samples[index] = Float((Double(samples[index]) - intercept) / slope)
            }
        }
        return moved
    }

    /// Rows and columns at the edges that hold nothing of the input after the move.
    var border: Int { Int(shift.extent.rounded(.up)) }
}
