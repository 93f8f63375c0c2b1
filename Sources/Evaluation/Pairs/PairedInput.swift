import Foundation
import Imaging

extension GroundTruth {
    /// What a method is given where the input is an image of its own: degraded as the truth would be where it has the
    /// truth's size, as it is where it is `scale` times smaller already. Not clipped to the truth's range, since noise is
    /// part of what a method is to cope with.
    ///
    /// - Parameters:
    ///   - input: as it was read, in common terms.
    ///   - truth: as it was read.
    /// - Returns: the image, in the truth's stored units, and its samples without data on the truth's grid.
    /// - Throws: ``EvaluationError/mismatchedPair(reason:)``.
    func lowResolution(
        of input: Image, for truth: Image, scale: Int, reduction: Int, _ degradation: DrawnDegradation
    ) throws(EvaluationError) -> (image: Image, noData: NoDataMask?) {
        if let statement = input.header.meaning.codesStatement { throw .codes(statement: statement) }
        var input = input.withoutAlpha
        let mine = truth.withoutAlpha.header
        guard input.header.slices == mine.slices, input.header.colorModel == mine.colorModel else {
            throw .mismatchedPair(
                reason: "has \(input.header.slices) × \(input.header.colorModel.rawValue) against "
                    + "\(mine.slices) × \(mine.colorModel.rawValue) of the truth (slices × color)")
        }
        guard (input.header.intensity.sampleType.bits == 8) == isEightBit else {
            throw .mismatchedPair(
                reason: "has samples of \(input.header.intensity.sampleType.rawValue) against "
                    + "\(mine.intensity.sampleType.rawValue) of the truth; bring both to one kind")
        }
        if let sliceNumbers, sliceNumbers.count < input.header.slices { input = input.selecting(sliceNumbers) }
        var mask = input.noData
        input = input.filled
        // Padding is known by its stored value, which may mean something else in the truth's units.
        input.header.padding = nil
        input.expressInUnits(of: mine.intensity)
        let (width, height) = (image.header.width, image.header.height)
        if input.header.width * scale == width, input.header.height * scale == height {
            return (input, mask?.resized(width: width, height: height))
        }
        guard input.header.width == mine.width, input.header.height == mine.height else {
            throw .mismatchedPair(
                reason: "is \(input.header.width) × \(input.header.height) pixels; it must be \(mine.width) × "
                    + "\(mine.height) as its truth or \(width / scale) × \(height / scale), \(scale) times smaller")
        }
        var pixels = input.pixels.croppedToMultiple(of: reduction)
        mask = mask?.cropped(columns: 0..<pixels.width, rows: 0..<pixels.height)
        if reduction > 1 {
            let (reducedWidth, reducedHeight) = (pixels.width / reduction, pixels.height / reduction)
            mask = mask?.resized(width: reducedWidth, height: reducedHeight)
            pixels = pixels.resized(width: reducedWidth, height: reducedHeight)
        }
        pixels = pixels.cropped(columns: 0..<width, rows: 0..<height)
        mask = mask?.cropped(columns: 0..<width, rows: 0..<height)
        let low = degradation(pixels, valueRange: range)
        var result = input.with(isEightBit ? finished(low) : low)
        result.header.quantization = degradation.quantization(valueRange: range)
        return (result, mask)
    }
}

extension Image {
    /// Stored values that mean what those of `other` mean.
    fileprivate mutating func expressInUnits(of theirs: Intensity) {
        let mine = header.intensity
        guard (mine.slope, mine.intercept) != (theirs.slope, theirs.intercept) else { return }
        for index in pixels.samples.indices {
            let value = Double(pixels.samples[index]) * mine.slope + mine.intercept
            pixels.samples[index] = Float((value - theirs.intercept) / theirs.slope)
        }
        (header.intensity.slope, header.intensity.intercept) = (theirs.slope, theirs.intercept)
        header.quantization = header.quantization?.scaled(by: Float(abs(mine.slope / theirs.slope)))
    }
}
