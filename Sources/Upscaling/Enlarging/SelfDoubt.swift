import Imaging

/// What a method says itself of where its result is to be doubted, beside how far that is from interpolation.
public enum SelfDoubt: Sendable {
    /// How many times as much as by that distance, as a logarithm, one number for each place of the image that was enlarged:
    /// one channel for each slice.
    case correction(Pixels)
    /// The standard deviation of so many samples, in stored units, on the grid and in the channels of the result, their mean.
    case deviation(Pixels, samples: Int)
}

/// An enlargement with what its method says of it.
public struct DoubtedEnlargement: Sendable {
    public var image: Image
    /// Of a result that was made consistent; see ``Method/upscaleConsistently(_:scale:progress:)``.
    public var largestDeviation: Double?
    /// `nil` where the method says nothing: it is no network that does, or several, and draws no samples.
    public var doubt: SelfDoubt?
    /// What the result is the mean of, where samples were drawn.
    public var samples: DrawnSamples?

    package init(
        image: Image, largestDeviation: Double? = nil, doubt: SelfDoubt? = nil, samples: DrawnSamples? = nil
    ) {
        (self.image, self.largestDeviation, self.doubt, self.samples) = (image, largestDeviation, doubt, samples)
    }
}

extension Method {
    /// Whether its result comes with a correction of its doubt: one network makes it, and says where it errs.
    ///
    /// - Parameter scale: from 1 to 16.
    public func corrects(scale: Double) -> Bool {
        guard case .networks(let upscaler) = self else { return false }
        let models = upscaler.models(for: scale)
        return models.count == 1 && models[0].metadata.doubts
    }

    /// The enlargement as ``upscale(_:scale:progress:)`` or ``upscaleConsistently(_:scale:progress:)`` gives it, in one pass with
    /// what the method says of where to doubt it.
    ///
    /// - Parameters:
    ///   - image: the low-resolution image.
    ///   - scale: from 1 to 16.
    ///   - isConsistent: whether the result is made consistent.
    ///   - samples: of a model that draws samples, how many are drawn for a mean, at least 2; one where `nil`.
    ///   - tell: told each band of the result as it is made, from top to bottom, slice after slice, where networks make it and
    ///     nothing is done to it afterwards.
    ///   - progress: told the finished part, from 0 to 1, on the calling thread.
    /// - Throws: ``ModelError``; `CancellationError` where the task that this runs in is cancelled; what `tell` throws.
    public func upscaleDoubting(
        _ image: Image, scale: Double, isConsistent: Bool = false, samples: Int? = nil,
        telling tell: ((Pixels) throws -> Void)? = nil, progress: (Double) -> Void = { _ in }
    ) throws -> DoubtedEnlargement {
        if case .drawing(let cascade, var options) = self, let samples {
            options.isConsistent = isConsistent
            let drawn = try cascade.samples(
                of: image, scale: scale, count: samples, options: options, progress: progress)
            return DoubtedEnlargement(
                image: drawn.mean, largestDeviation: drawn.largestDeviation,
                doubt: .deviation(drawn.deviation.pixels, samples: samples), samples: drawn)
        }
        guard case .networks(let upscaler) = self else {
            guard isConsistent else {
                return DoubtedEnlargement(image: try upscale(image, scale: scale, progress: progress))
            }
            let made = try upscaleConsistently(image, scale: scale, progress: progress)
            return DoubtedEnlargement(image: made.image, largestDeviation: made.largestDeviation)
        }
        let says = corrects(scale: scale) && image.header.meaning == .quantity
        let collector = says ? CorrectionCollector(image.header) : nil
        func doubt() -> SelfDoubt? { collector.map { .correction($0.pixels) } }
        guard isConsistent else {
            let result = try upscaler.upscale(
                image, scale: scale, correction: collector, telling: tell, progress: progress)
            return DoubtedEnlargement(image: result, doubt: doubt())
        }
        let made = try consistent(image, scale: scale) {
            try upscaler.upscale($0, scale: scale, correction: collector, telling: nil, progress: progress)
        }
        return DoubtedEnlargement(image: made.image, largestDeviation: made.largestDeviation, doubt: doubt())
    }
}

/// Corrections as a network gives them, put together to a map of the image that it enlarges.
final class CorrectionCollector {
    private(set) var pixels: Pixels

    /// - Parameter header: of the image that is enlarged.
    init(_ header: ImageHeader) {
        pixels = Pixels(width: header.width, height: header.height, slices: header.slices)
    }

    /// - Parameter first: the slice that the memory is to begin with.
    func withSamples<Result>(
        from first: Int, _ body: (UnsafeMutablePointer<Float>) throws -> Result
    ) rethrows -> Result {
        let start = first * pixels.planeCount
        return try pixels.samples.withUnsafeMutableBufferPointer { try body($0.baseAddress! + start) }
    }
}
