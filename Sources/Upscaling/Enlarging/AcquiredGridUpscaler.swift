import Imaging

/// Enlarges an MR image that was filled up with zeros in k-space from the samples that were acquired.
///
/// The stored image is reduced to the acquired grid as the networks' training images were reduced, enlarged by the
/// networks to the wanted size at least and reduced to just that; then every frequency that was acquired is put back as the
/// stored image has it. So the networks add what is beyond the measurement, and change nothing of it.
public struct AcquiredGridUpscaler: Sendable {
    public let upscaler: Upscaler
    public let grid: AcquiredGrid

    /// - Parameters:
    ///   - upscaler: enlarges the acquired samples.
    ///   - grid: of the images that are enlarged.
    public init(_ upscaler: Upscaler, grid: AcquiredGrid) {
        self.upscaler = upscaler
        self.grid = grid
    }

    /// How many times the networks enlarge the acquired samples of an image that is to be `scale` times as large: a power
    /// of two, which most networks reach without anything to be reduced, 16 at most. What is wanted beyond bicubic
    /// interpolation gives.
    public static func networkScale(of grid: AcquiredGrid, for header: ImageHeader, scale: Double) -> Double {
        let width = Resampler.scaledCount(header.width, by: scale)
        let height = Resampler.scaledCount(header.height, by: scale)
        return [2, 4, 8].first { $0 * grid.width >= width && $0 * grid.height >= height }.map(Double.init) ?? 16
    }

    func header(for image: Image, scale: Double) throws -> ImageHeader {
        guard scale > 1 else { return try upscaler.header(for: image, scale: scale) }
        return header(
            for: image, scale: scale, try upscaler.header(for: acquired(image), scale: networkScale(image, scale)))
    }

    /// - Parameter enlarged: what the networks' result says of itself.
    private func header(for image: Image, scale: Double, _ enlarged: ImageHeader) -> ImageHeader {
        guard var derivation = enlarged.derivation else { return image.header.enlarged(by: scale, nil) }
        derivation.scale = scale
        derivation.acquiredGrid = grid
        derivation.description =
            "Enlarged \(scaleText(scale))x from \(grid.width) x \(grid.height) samples acquired of "
            + "\(image.header.width) x \(image.header.height), whose frequencies are kept: \(derivation.description)"
        return image.header.enlarged(by: scale, derivation)
    }

    func upscale(_ image: Image, scale: Double, progress: (Double) -> Void) throws -> Image {
        guard scale > 1 else { return try upscaler.upscale(image, scale: scale, progress: progress) }
        let enlarged = try upscaler.upscale(acquired(image), scale: networkScale(image, scale), progress: progress)
        let header = header(for: image, scale: scale, enlarged.header)
        let collector = PixelCollector(header)
        for slice in 0..<header.slices {
            try Task.checkCancellation()
            collector.append(
                enlarged.pixels.slice(slice).resized(width: header.width, height: header.height)
                    .keepingAcquired(grid, of: image.pixels.slice(slice)))
        }
        return Image(header: header, pixels: collector.pixels)
    }

    private func networkScale(_ image: Image, _ scale: Double) -> Double {
        Self.networkScale(of: grid, for: image.header, scale: scale)
    }

    private func acquired(_ image: Image) -> Image {
        Image(
            header: image.header.resized(width: grid.width, height: grid.height),
            pixels: image.pixels.resized(width: grid.width, height: grid.height))
    }
}

extension Pixels {
    /// This image with the frequencies that were acquired as the stored image has them, and its own beyond.
    ///
    /// - Parameters:
    ///   - grid: acquired.
    ///   - stored: over the same field of view, of the same channels and slices.
    func keepingAcquired(_ grid: AcquiredGrid, of stored: Pixels) -> Pixels {
        var correction = stored.fourierResized(width: grid.width, height: grid.height)
        correction.add(-1, fourierResized(width: grid.width, height: grid.height))
        var result = self
        result.add(1, correction.fourierResized(width: width, height: height))
        return result
    }
}
