import Imaging
import Torch

extension Tensor {
    /// Images as a network takes them, (slices, channels, rows, columns), channels last. Sides that are no multiple of
    /// what the network takes are filled up by reflection.
    static func images(_ pixels: Pixels, sidesMultiplesOf multiple: Int, on device: Device) -> Tensor {
        var tensor = Tensor(
            pixels.samples, shape: [pixels.slices, pixels.channels, pixels.height, pixels.width], on: device)
        for dimension in [2, 3] {
            let length = tensor.shape[dimension]
            let missing = (multiple - length % multiple) % multiple
            precondition(missing <= length, "an image smaller than the network's multiple")
            guard missing > 0 else { continue }
            let end = tensor.narrow(dimension: dimension, start: length - missing, length: missing)
            tensor = .concatenate([tensor, end.flip(dimension: dimension)], dimension: dimension)
        }
        return tensor.channelsLast
    }

    /// The upper left part of each image.
    func cropped(width: Int, height: Int) -> Tensor {
        narrow(dimension: 2, start: 0, length: height).narrow(dimension: 3, start: 0, length: width)
    }
}
