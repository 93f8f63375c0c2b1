import Imaging
import Upscaling

extension Image {
    /// What the input did not say: the part of an enlargement that leaves no trace when it is reduced again,
    /// x̂ − A⁺Ax̂, with A antialiased bicubic reduction. Every detail that a method adds beyond its input lies in it, right or wrong;
    /// it needs no data and no calibration, and promises nothing.
    ///
    /// Wang, Yu & Zhang, "Zero-Shot Image Restoration Using Denoising Diffusion Null-Space Model", 2023, eq. 5.
    ///
    /// - Parameter input: the image that this is an enlargement of.
    /// - Returns: signed differences in stored units, of this image's size, channels and slices.
    public func unsaid(by input: Image) -> Pixels {
        let filled = filled.pixels
        let result = PixelCollector(header)
        let inverse = ResamplingInverse(
            width: filled.width, height: filled.height, reducedWidth: input.pixels.width,
            reducedHeight: input.pixels.height)
        for slice in 0..<filled.slices {
            var pixels = filled.slice(slice)
            pixels.add(-1, inverse(inverse.reduction(pixels)))
            result.append(pixels)
        }
        return result.pixels
    }
}
