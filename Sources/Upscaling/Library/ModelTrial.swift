import Foundation
import Imaging

/// Chooses among models by trying them: an image's middle is reduced once more, each model restores it, and the one whose
/// result comes nearest to what is known to be true fits the image best.
///
/// The truth is the image itself, so nothing needs to be known about it. What fits at the coarser scale need not fit at
/// the finer one; models that learned from their images at several resolutions, as Fovea's do, make that likely.
struct ModelTrial: Sendable {
    /// Side of the part that is tried, in pixels; a smaller image is tried whole.
    static let side = 256
    /// Below this the reduced image shows too little.
    static let smallestSide = 64

    private let truth: Image
    private let reduced: Image
    /// Samples of the truth that hold no data, which is not to be restored.
    private let noData: NoDataMask?
    private let scale: Int

    /// - Returns: `nil` where the image is too small to be reduced once more.
    init?(_ image: Image, scale: Int) {
        let side = min(Self.side, image.header.width, image.header.height) / scale * scale
        guard side >= Self.smallestSide else { return nil }
        let column = (image.header.width - side) / 2
        let row = (image.header.height - side) / 2
        var middle = image.pixels.slice(image.header.slices / 2)
            .cropped(columns: column..<column + side, rows: row..<row + side)
        // Opacity is not restored by networks.
        if image.header.colorModel.hasAlpha {
            middle = Pixels(
                width: side, height: side, channels: image.header.colorModel.colorChannels,
                samples: Array(middle.samples.dropLast(middle.planeCount)))
        }
        let colorModel: ColorModel = middle.channels == 3 ? .rgb : .gray
        func picture(_ pixels: Pixels) -> Image {
            Image(
                header: ImageHeader(
                    width: pixels.width, height: pixels.height, colorModel: colorModel,
                    intensity: image.header.intensity, padding: image.header.padding), pixels: pixels)
        }
        noData = picture(middle).noData
        if noData?.isTotal == true { return nil }
        middle = picture(middle).filled.pixels
        truth = picture(middle)
        var small = middle.resized(width: side / scale, height: side / scale)
        for index in small.samples.indices {
            small.samples[index] = image.header.intensity.quantized(small.samples[index])
        }
        reduced = picture(small)
        self.scale = scale
    }

    /// Mean squared error of what `method` restores, in squared stored units, a border of `scale` pixels left out.
    func error(of method: Method) throws -> Double {
        let restored = try method.upscale(reduced, scale: Double(scale)).pixels
        var (sum, count) = (0.0, 0)
        for channel in 0..<restored.channels {
            for row in scale..<restored.height - scale {
                let start = channel * restored.planeCount + row * restored.width
                for index in start + scale..<start + restored.width - scale where noData?.isMissing[index] != true {
                    count += 1
                    let difference = Double(restored.samples[index] - truth.pixels.samples[index])
                    sum += difference * difference
                }
            }
        }
        return sum / Double(max(count, 1))
    }
}
