import Foundation
import Imaging

extension Evaluator {
    /// What methods make of one image, for a figure.
    public struct Comparison: Sendable {
        /// The image or the slice of it that is shown, as it was read.
        public var source: Image
        /// As it was compared: cut to a multiple of the scale, clipped, rounded where it is 8-bit.
        public var truth: Image
        public var lowResolution: Image
        public var restored: [(method: String, image: Image, metrics: Scores)]
    }

    /// Degrades and restores one image by every method, as ``run(folder:methods:progress:)`` does.
    ///
    /// - Parameters:
    ///   - image: the truth.
    ///   - methods: that restore it, in this order.
    ///   - index: of the image among those of a run, whose random numbers it is to have.
    public func compare(_ image: Image, methods: [EvaluatedMethod], index: Int = 0) throws -> Comparison {
        try compare(image, from: nil, slice: nil, methods: methods, index: index, seriesRange: nil)
    }

    /// What ``run(files:methods:progress:result:)`` scored of one file: a slice of a volume is restored with the whole,
    /// a file of a series in the series' range.
    ///
    /// - Parameters:
    ///   - slice: its number in the file; `nil` for a still picture.
    ///   - range: of the series that an image belongs to: ``seriesRange(among:)``.
    package func compare(
        _ file: (name: String, url: URL), slice: Int?, methods: [EvaluatedMethod], index: Int,
        range: (Image) -> ClosedRange<Float>?
    ) throws -> Comparison {
        let image = try ImageFile.read(file.url).inCommonTerms(path: file.url.path)
        return try compare(
            image, from: file.url, slice: slice, methods: methods, index: index, seriesRange: range(image))
    }

    /// Tells the range of the series that an image belongs to.
    package static func seriesRange(among files: [URL]) -> (Image) -> ClosedRange<Float>? { SeriesRanges(files).range }

    private func compare(
        _ image: Image, from file: URL?, slice: Int?, methods: [EvaluatedMethod], index: Int,
        seriesRange: ClosedRange<Float>?
    ) throws -> Comparison {
        try checkScorable(image)
        guard min(image.header.width, image.header.height) >= scale * reduction else {
            throw EvaluationError.tooSmall(scale: scale, reduction: reduction)
        }
        guard
            let truth = GroundTruth(
                image, scale: scale, reduction: reduction, seriesRange: seriesRange, sliceLimit: sliceLimit)
        else { throw EvaluationError.noSignal }
        var generator = SeededGenerator(seed: seed, stream: UInt64(index))
        let (lowResolution, noData) = try input(
            of: file, for: image, truth, degradation.drawn(using: &generator))
        let place = slice.flatMap { truth.sliceNumbers?.firstIndex(of: $0) }
        func shown(_ image: Image) -> Image { place.map { image.selecting([$0]) } ?? image }
        let shownTruth = shown(truth.image)
        return Comparison(
            source: slice.map { image.selecting([$0]) } ?? image, truth: truth.shown(shownTruth, slice: place),
            lowResolution: shown(lowResolution),
            restored: try methods.map { method in
                let enlarged = try method.enlarge(lowResolution, scale)
                let result = shown(Image(header: enlarged.header, pixels: truth.finished(enlarged.pixels)))
                return (
                    method.name, truth.shown(result, slice: place),
                    try values(
                        of: result.pixels, against: shownTruth.pixels,
                        excluding: place.map { noData?.slice($0) } ?? noData,
                        truth.convention(border: border))
                )
            })
    }
}
