import Imaging

/// Agreement of an enlarged image with the one it was made from: reduced again, it is to be that image.
///
/// What a network adds beyond this is free; what it changes of the measured image is not. The projection leaves the
/// first alone and undoes the second (null-space decomposition: Wang, Yu & Zhang, "Zero-Shot Image Restoration Using
/// Denoising Diffusion Null-Space Model", 2023, eq. 10, with the exact pseudoinverse of the reduction).
public struct Consistency: Sendable {
    /// The image that was measured, y.
    public let measured: Pixels
    /// A⁺ of the reduction A.
    public let inverse: ResamplingInverse

    /// - Parameters:
    ///   - measured: the low-resolution image.
    ///   - width: of the enlarged image, in pixels.
    ///   - height: of the enlarged image, in pixels.
    ///   - interpolation: how the enlarged image is reduced, with antialiasing: as in training.
    public init(with measured: Pixels, width: Int, height: Int, interpolation: Interpolation = .cubic) {
        self.measured = measured
        inverse = ResamplingInverse(
            width: width, height: height, reducedWidth: measured.width, reducedHeight: measured.height,
            interpolation: interpolation)
    }

    /// x − A⁺(Ax − y): the nearest image that reduces to the measured one.
    ///
    /// - Precondition: `image` has the enlarged size and the channels and slices of the measured image.
    public func projected(_ image: Pixels) -> Pixels {
        corrected(image, by: residual(of: image))
    }

    /// Ax − y.
    private func residual(of image: Pixels) -> Pixels { inverse.reduction(image).combined(1, measured, -1) }

    private func corrected(_ image: Pixels, by residual: Pixels) -> Pixels {
        var result = image
        result.add(-1, inverse(residual))
        return result
    }

    /// The projection with samples kept in `range`: an image that does both, near to the given one.
    ///
    /// A clamped image no longer reduces to the measured one, a projected one may leave the range. Projecting and clamping
    /// by turns is gradient descent on the squared distance, so that momentum speeds it up (Beck & Teboulle 2009), started
    /// anew where the distance grows (O'Donoghue & Candès 2015): tens of turns take the place of thousands.
    ///
    /// - Parameters:
    ///   - image: of the enlarged size, with the channels and slices of the measured image.
    ///   - range: of the result's samples, in the units of the images.
    ///   - tolerance: ends the turns once the largest deviation is this small.
    ///   - turns: at most so many. Next to samples far beyond the range nothing satisfies both; the range wins.
    public func projected(_ image: Pixels, within range: ClosedRange<Float>, tolerance: Float, turns: Int = 100)
        -> Pixels
    {
        var result = projected(image).clamped(to: range)
        var residual = residual(of: result)
        // The point ahead of the result that the next turn starts from, with its own residual.
        var ahead = (image: result, residual: residual)
        var lastDistance = Float.infinity
        var momentum = 0.0
        for _ in 0..<turns {
            guard residual.samples.contains(where: { abs($0) > tolerance }) else { break }
            let distance = residual.samples.reduce(0) { $0 + $1 * $1 }
            if distance > lastDistance {
                momentum = 0
                ahead = (result, residual)
            }
            lastDistance = distance
            let next = corrected(ahead.image, by: ahead.residual).clamped(to: range)
            let nextResidual = self.residual(of: next)
            let share = momentum / (momentum + 3)
            momentum += 1
            ahead = (next.combined(1 + share, result, -share), nextResidual.combined(1 + share, residual, -share))
            (result, residual) = (next, nextResidual)
        }
        return result
    }

    /// max |Ax − y| over all samples, in the units of the images.
    public func largestDeviation(of image: Pixels) -> Float {
        residual(of: image).samples.reduce(0) { max($0, abs($1)) }
    }
}

extension Pixels {
    func clamped(to range: ClosedRange<Float>) -> Pixels {
        with { result in
            samples.withUnsafeBufferPointer { samples in
                for index in 0..<result.count {
                    result[index] = min(max(samples[index], range.lowerBound), range.upperBound)
                }
            }
        }
    }
}
