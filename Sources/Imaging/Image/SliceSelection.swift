extension Image {
    /// Only these slices, which lose their place in the world.
    ///
    /// - Parameter slices: numbers from 0, in the order wanted; one at least.
    public func selecting(_ slices: [Int]) -> Image {
        var header = header
        if slices.count == 1 {
            let rescale = header.rescale(ofSlice: slices[0])
            (header.intensity.slope, header.intensity.intercept) = (rescale.slope, rescale.intercept)
        }
        header.arrangement = nil
        (header.slices, header.volumes) = (slices.count, 1)
        return Image(
            header: header,
            pixels: Pixels(
                width: pixels.width, height: pixels.height, channels: pixels.channels, slices: slices.count,
                samples: slices.flatMap { pixels.slice($0).samples }))
    }
}
