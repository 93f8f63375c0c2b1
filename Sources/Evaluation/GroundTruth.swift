import DataSets
import Foundation
import ImageQuality
import Imaging

/// A high-resolution image made ready to be degraded, restored and compared.
package struct GroundTruth {
    /// Cut to a multiple of the scale, without opacity, clipped to the range; for volumes only the slices that are scored.
    /// Samples without data are filled in, so that neither the degradation nor a method meets what is no picture.
    let image: Image
    /// Which samples were filled in, and are not scored.
    let noData: NoDataMask?
    /// The numbers of its slices in the file; `nil` for a still picture.
    let sliceNumbers: [Int]?
    let range: ClosedRange<Float>
    let isEightBit: Bool

    /// - Parameters:
    ///   - seriesRange: the range of the series that the image belongs to, where it is known.
    ///   - reduction: by how much the image is reduced before it serves as ground truth.
    ///   - sliceLimit: of a volume's slices at most so many, evenly spread.
    /// - Returns: `nil` for a volume without a slice that shows anything.
    init?(_ source: Image, scale: Int, reduction: Int, seriesRange: ClosedRange<Float>?, sliceLimit: Int?) {
        isEightBit = source.header.intensity.sampleType.bits == 8
        var image = source.withoutAlpha
        range =
            isEightBit
            ? image.header.intensity.storedRange!
            : seriesRange ?? GroundTruth.range(Percentiles(image))
        let isVolume = image.header.slices > 1
        var slices = Array(0..<image.header.slices)
        if isVolume && !isEightBit {
            let (pixels, range) = (image.pixels, range)
            let mask = image.noData
            slices = slices.filter { GroundTruth.hasSignal(pixels.slice($0), mask?.slice($0), range: range) }
        }
        slices = slices.evenlySpread(sliceLimit)
        guard !slices.isEmpty else { return nil }
        sliceNumbers = isVolume ? slices : nil
        if slices.count < image.header.slices { image = image.selecting(slices) }
        var mask = image.noData
        if mask?.isTotal == true { return nil }
        image = image.filled
        if reduction > 1 {
            let cropped = image.pixels.croppedToMultiple(of: reduction)
            mask = mask?.cropped(columns: 0..<cropped.width, rows: 0..<cropped.height)
                .resized(width: cropped.width / reduction, height: cropped.height / reduction)
            image = image.with(
                cropped.resized(width: cropped.width / reduction, height: cropped.height / reduction))
        }
        let cropped = image.pixels.croppedToMultiple(of: scale)
        noData = mask?.cropped(columns: 0..<cropped.width, rows: 0..<cropped.height)
        self.image = image.with(GroundTruth.finished(cropped, range: range, rounded: isEightBit))
    }

    /// From zero, or the 0.1 percentile where there are negative values, to the 99.9 percentile.
    package static func range(of image: Image) -> ClosedRange<Float> { range(Percentiles(image)) }

    static func range(_ percentiles: Percentiles) -> ClosedRange<Float> {
        let lower = min(percentiles[0.1], 0)
        return lower...max(percentiles[99.9], lower + .leastNormalMagnitude, lower.nextUp)
    }

    /// Whether more than 10 % of the pixels lie above 5 % of the range.
    private static func hasSignal(_ slice: Pixels, _ noData: NoDataMask?, range: ClosedRange<Float>) -> Bool {
        let threshold = range.lowerBound + (range.upperBound - range.lowerBound) * 0.05
        let signal = slice.samples.indices.count { slice.samples[$0] > threshold && noData?.isMissing[$0] != true }
        return signal * 10 > slice.samples.count
    }

    /// The image as a file would hold it: clipped, and rounded where it is 8-bit.
    static func finished(_ pixels: Pixels, range: ClosedRange<Float>, rounded: Bool) -> Pixels {
        var result = pixels
        result.samples.withUnsafeMutableBufferPointer { samples in
            for index in samples.indices {
                let value = rounded ? samples[index].rounded() : samples[index]
                samples[index] = min(max(value, range.lowerBound), range.upperBound)
            }
        }
        return result
    }

    func finished(_ pixels: Pixels) -> Pixels { Self.finished(pixels, range: range, rounded: isEightBit) }

    /// What a method is given: degraded, and rounded for 8-bit sources.
    func lowResolution(_ degradation: DrawnDegradation) -> Image {
        var pixels = degradation(image.pixels, valueRange: range)
        if isEightBit { pixels = finished(pixels) }
        var result = image.with(pixels)
        result.header.quantization = degradation.quantization(valueRange: range)
        return result
    }

    /// A result as it is shown: dark where the truth holds no data.
    ///
    /// - Parameter slice: the one that `image` is, of this truth's; `nil` for all.
    func shown(_ image: Image, slice: Int? = nil) -> Image {
        guard let noData = slice.flatMap({ self.noData?.slice($0) }) ?? noData else { return image }
        var image = image
        let dark = image.header.intensity.polarity == .brightIsHigh ? range.lowerBound : range.upperBound
        for index in image.pixels.samples.indices where noData.isMissing[index] { image.pixels.samples[index] = dark }
        return image
    }

    func convention(border: Int) -> MetricConvention {
        MetricConvention(
            channel: image.header.colorModel == .rgb ? .matlabY : .gray, valueRange: range, border: border)
    }
}

extension Image {
    var withoutAlpha: Image {
        guard header.colorModel.hasAlpha else { return self }
        var header = header
        header.colorModel = header.colorModel == .rgba ? .rgb : .gray
        let kept = header.channels * pixels.planeCount
        let samples = (0..<pixels.slices).flatMap { slice in
            pixels.samples[
                slice * pixels.channels * pixels.planeCount..<slice * pixels.channels * pixels.planeCount + kept]
        }
        return Image(
            header: header,
            pixels: Pixels(
                width: pixels.width, height: pixels.height, channels: header.channels, slices: pixels.slices,
                samples: samples))
    }

    /// Pixels of another size over the same field of view.
    func with(_ pixels: Pixels) -> Image {
        Image(header: header.resized(width: pixels.width, height: pixels.height), pixels: pixels)
    }
}
