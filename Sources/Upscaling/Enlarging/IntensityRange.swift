import Imaging

/// The range of an image's stored samples that a network is to see as its value range.
///
/// Only ever a linear map, never a clip: samples beyond the range go beyond the network's range. Training sees its images
/// by the same rule.
package struct IntensityRange: Equatable, Sendable {
    /// The samples that become the lower and the upper end of the network's range. For DICOM's MONOCHROME1 `black` is
    /// the larger: networks learn from pictures where bright is high.
    package let black: Float
    package let white: Float

    /// The range of a whole image, all slices and colour channels together, by a rule; samples without data don't count.
    ///
    /// An image of a single value gets a range of width 1 (or the least that Float32 can tell apart) from there.
    ///
    /// - Throws: ``ModelError/notFinite(column:row:slice:)``.
    package init(of image: Image, by rule: Normalization) throws(ModelError) {
        try Self.checkFinite(image)
        let intensity = image.header.intensity
        let range = Self.range(of: image, by: rule)
        let (lower, upper) = (range.lowerBound, max(range.upperBound, range.lowerBound + 1, range.lowerBound.nextUp))
        (black, white) = intensity.polarity == .brightIsHigh ? (lower, upper) : (upper, lower)
    }

    private static func range(of image: Image, by rule: Normalization) -> ClosedRange<Float> {
        let declared = image.header.intensity.storedRange
        switch (rule, declared) {
        case (.declaredRange, let declared?):
            return declared
        case (.declaredRange, nil):
            return range(of: image, by: .standard)
        case (.robustPercentile(let lower, let upper), _):
            if let declared, image.header.intensity.sampleType.bits == 8 { return declared }
            let series = image.header.series
            let sorted = series?.stored(as: image.header.intensity) ?? sample(image)
            guard !sorted.isEmpty else { return declared ?? 0...1 }
            let signal = percentile(lower, of: sorted)...percentile(upper, of: sorted)
            if let declared, series?.shareTerms != false,
                signal.upperBound - signal.lowerBound >= (declared.upperBound - declared.lowerBound) / 4
            {
                return declared
            }
            // A picture on an empty ground, a few bright pixels on black, may lie beyond the percentiles altogether.
            return signal.upperBound > signal.lowerBound ? signal : sorted[0]...sorted[sorted.count - 1]
        }
    }

    /// The image's samples in ascending order, or of a large image every k-th, k the least number that leaves at most
    /// 2¹⁸ and shares no factor with the image's width (it would see the same few columns alone).
    static func sample(_ image: Image) -> [Float] {
        let pixels = image.pixels
        let colors = image.header.colorModel.colorChannels
        let perSlice = colors * pixels.planeCount
        let count = pixels.slices * perSlice
        var step = (count + (1 << 18) - 1) >> 18
        while step > 1 && greatestCommonDivisor(step, pixels.width) > 1 { step += 1 }
        var result = [Float]()
        result.reserveCapacity(count / step + 1)
        let isMissing = image.uncounted?.isMissing
        pixels.samples.withUnsafeBufferPointer { samples in
            func take(every step: Int) {
                for index in stride(from: 0, to: count, by: step) {
                    let slice = index / perSlice
                    let place = slice * pixels.channels * pixels.planeCount + index - slice * perSlice
                    if isMissing?[place] != true { result.append(samples[place]) }
                }
            }
            take(every: step)
            // The steps may have met nothing of the little data that there is.
            if result.count < 1 << 10, isMissing != nil, step > 1 {
                result.removeAll(keepingCapacity: true)
                take(every: 1)
            }
        }
        result.sortNumbers()
        return result
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }

    /// NumPy's default: linear between the two samples that enclose the rank `percent` / 100 · (count − 1).
    private static func percentile(_ percent: Double, of sorted: [Float]) -> Float {
        let rank = percent / 100 * Double(sorted.count - 1)
        let below = Int(rank)
        let above = min(below + 1, sorted.count - 1)
        let fraction = rank - Double(below)
        return Float(Double(sorted[below]) * (1 - fraction) + Double(sorted[above]) * fraction)
    }

    private static func checkFinite(_ image: Image) throws(ModelError) {
        let pixels = image.pixels
        let allFinite = pixels.samples.withUnsafeBufferPointer(\.areFinite)
        guard !allFinite, let index = pixels.samples.firstIndex(where: { !$0.isFinite }) else { return }
        let inPlane = index % pixels.planeCount
        throw .notFinite(
            column: inPlane % pixels.width, row: inPlane / pixels.width,
            slice: index / (pixels.planeCount * pixels.channels))
    }
}

/// The linear map between an image's samples and what a network sees.
struct IntensityMap: Sendable {
    /// network = (sample − black) · gain + floor.
    let black: Float
    let gain: Float
    let floor: Float
    /// Stored units for one unit of the network.
    let span: Float

    init(_ range: IntensityRange, to valueRange: ClosedRange<Float>) {
        let width = Double(valueRange.upperBound) - Double(valueRange.lowerBound)
        let span = (Double(range.white) - Double(range.black)) / width
        black = range.black
        floor = valueRange.lowerBound
        self.span = Float(span)
        gain = Float(1 / span)
    }
}
