import Imaging

extension Pixels {
    /// MATLAB's Y of an RGB image (`rgb2ycbcr`, ITU-R BT.601 studio range): 16 + 65.481 R + 128.553 G + 24.966 B of 255,
    /// for R, G and B in 0…1, brought to the units of `valueRange`. Opacity is dropped.
    ///
    /// - Parameter valueRange: black and white of each channel, 0…255 for 8 bit.
    /// - Precondition: there are three or four channels.
    public func matlabY(valueRange: ClosedRange<Float>) -> Pixels {
        precondition(channels >= 3, "Y is made of red, green and blue")
        let lower = Double(valueRange.lowerBound)
        let offset = 16.0 / 255 * (Double(valueRange.upperBound) - lower)
        var result = Pixels(width: width, height: height, slices: slices)
        samples.withUnsafeBufferPointer { source in
            result.samples.withUnsafeMutableBufferPointer { target in
                for slice in 0..<slices {
                    let red = planeRange(slice: slice, channel: 0).lowerBound
                    let green = planeRange(slice: slice, channel: 1).lowerBound
                    let blue = planeRange(slice: slice, channel: 2).lowerBound
                    for index in 0..<planeCount {
                        let sum =
                            65.481 * (Double(source[red + index]) - lower)
                            + 128.553 * (Double(source[green + index]) - lower)
                            + 24.966 * (Double(source[blue + index]) - lower)
                        target[slice * planeCount + index] = Float(lower + offset + sum / 255)
                    }
                }
            }
        }
        return result
    }
}
