import Torch

/// Bicubic enlargement by 2 as MATLAB's `imresize` does it (a = −0.5, edges mirrored), as a fixed convolution, so that it
/// is the same everywhere a network is exported to.
struct BicubicDoubling {
    /// (4 · channels, 1, 5, 5): the four output pixels of every input pixel.
    private let weight: Tensor
    private let channels: Int

    init(channels: Int, on device: Device) {
        // The kernel at distances 1.75, 0.75, 0.25, 1.25 from an output pixel that lies a quarter before an input pixel.
        let before: [Float] = [-0.023_437_5, 0.226_562_5, 0.867_187_5, -0.070_312_5, 0]
        let taps = [before, before.reversed()]
        var values: [Float] = []
        for _ in 0..<channels {
            for vertical in taps {
                for horizontal in taps { values += vertical.flatMap { row in horizontal.map { row * $0 } } }
            }
        }
        weight = Tensor(values, shape: [4 * channels, 1, 5, 5], on: device)
        self.channels = channels
    }

    /// (B, C, H, W) → (B, C, 2·H, 2·W); H and W are at least 2.
    func callAsFunction(_ x: Tensor) -> Tensor {
        mirrored(mirrored(x, dimension: 2), dimension: 3).conv2d(weight: weight, bias: nil, groups: channels)
            .pixelShuffle(2)
    }

    /// Two pixels more on either side: b a | a b … y z | z y.
    private func mirrored(_ x: Tensor, dimension: Int) -> Tensor {
        let last = x.shape[dimension] - 1
        let edges = [1, 0, last, last - 1].map { x.narrow(dimension: dimension, start: $0, length: 1) }
        return .concatenate([edges[0], edges[1], x, edges[2], edges[3]], dimension: dimension)
    }
}
