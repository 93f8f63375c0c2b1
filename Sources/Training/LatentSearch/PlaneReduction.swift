import Imaging
import Torch

/// Antialiased bicubic reduction of square images, the same as ``Resampler``'s, with gradients.
package struct PlaneReduction {
    /// (1, 1, to, from), of rows, and its transpose, of columns.
    private let rows: Tensor
    private let columns: Tensor

    /// - Parameters:
    ///   - length: side of the images, in pixels.
    ///   - reduced: side of the results.
    ///   - device: what the images lie on.
    package init(from length: Int, to reduced: Int, on device: Device = .cpu) {
        // What a resampler makes of single bright pixels are its weights.
        var identity = Pixels(width: length, height: length)
        for index in 0..<length { identity.samples[index * length + index] = 1 }
        let weights = Resampler(sourceWidth: length, sourceHeight: length, width: reduced, height: length)(identity)
        columns = Tensor(weights.samples, shape: [1, 1, length, reduced], on: device)
        rows = columns.permute([0, 1, 3, 2])
    }

    /// - Parameter images: (B, C, from, from).
    /// - Returns: (B, C, to, to).
    package func callAsFunction(_ images: Tensor) -> Tensor { rows.matmul(images).matmul(columns) }
}
