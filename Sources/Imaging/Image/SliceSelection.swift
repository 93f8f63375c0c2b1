extension ImageHeader {
    /// That of an image of only these slices, which lose their place in the world.
    ///
    /// - Parameter slices: numbers from 0, in the order wanted; one at least.
    public func selecting(_ slices: [Int]) -> ImageHeader {
        var header = self
        if slices.count == 1 {
            let rescale = rescale(ofSlice: slices[0])
            (header.intensity.slope, header.intensity.intercept) = (rescale.slope, rescale.intercept)
        }
        header.arrangement = nil
        (header.slices, header.volumes) = (slices.count, 1)
        return header
    }
}

extension Image {
    /// Only these slices, which lose their place in the world.
    ///
    /// - Parameter slices: numbers from 0, in the order wanted; one at least.
    public func selecting(_ slices: [Int]) -> Image {
        Image(
            header: header.selecting(slices),
            pixels: Pixels(
                width: pixels.width, height: pixels.height, channels: pixels.channels, slices: slices.count,
                samples: slices.flatMap { pixels.slice($0).samples }))
    }
}
