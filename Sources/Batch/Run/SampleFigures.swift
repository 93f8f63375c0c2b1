import Imaging
import Upscaling

/// Pictures of what a diffusion model draws for an image.
public struct SampleFigures: Sendable {
    /// Where the samples differ, in colors that tell small differences apart.
    public var deviation: Image
    /// All samples on one sheet.
    public var sheet: Image

    /// Draws them: of the samples, and of the image that they were drawn for.
    public typealias Artist = @Sendable (DrawnSamples, Image) -> SampleFigures

    /// - Parameters:
    ///   - deviation: where the samples differ.
    ///   - sheet: all samples.
    public init(deviation: Image, sheet: Image) {
        self.deviation = deviation
        self.sheet = sheet
    }
}
