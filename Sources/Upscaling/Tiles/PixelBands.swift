import Imaging

extension Pixels {
    /// Luminance of red, green and blue, ITU-R BT.601: the weights that MATLAB's Y has.
    ///
    /// - Precondition: there are three channels at least.
    package func luminance() -> Pixels {
        precondition(channels >= 3, "luminance is of red, green and blue")
        var result = Pixels(width: width, height: height, slices: slices)
        samples.withUnsafeBufferPointer { samples in
            result.samples.withUnsafeMutableBufferPointer { result in
                for slice in 0..<slices {
                    let red = samples.baseAddress! + planeRange(slice: slice, channel: 0).lowerBound
                    let (green, blue) = (red + planeCount, red + 2 * planeCount)
                    let target = result.baseAddress! + slice * planeCount
                    for index in 0..<planeCount {
                        target[index] = 0.299 * red[index] + 0.587 * green[index] + 0.114 * blue[index]
                    }
                }
            }
        }
        return result
    }

    /// Sets all but alpha to zero.
    mutating func clearColors(_ colors: Int) {
        for slice in 0..<slices {
            for channel in 0..<colors {
                let range = planeRange(slice: slice, channel: channel)
                samples.replaceSubrange(range, with: repeatElement(0, count: range.count))
            }
        }
    }

    /// These rows above `below`, channel by channel.
    func stacked(on below: Pixels) -> Pixels {
        var result = [Float]()
        result.reserveCapacity(samples.count + below.samples.count)
        for plane in 0..<channels * slices {
            result.append(contentsOf: samples[plane * planeCount..<(plane + 1) * planeCount])
            result.append(contentsOf: below.samples[plane * below.planeCount..<(plane + 1) * below.planeCount])
        }
        return Pixels(
            width: width, height: height + below.height, channels: channels, slices: slices, samples: result)
    }
}
