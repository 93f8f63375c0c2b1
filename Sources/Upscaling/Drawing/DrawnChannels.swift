import Imaging

/// The way of a slice's channels to a network that draws samples, and back.
struct DrawnChannels {
    private let colorModel: ColorModel
    private let networkChannels: Int
    private let map: IntensityMap

    /// - Parameters:
    ///   - colorModel: of the image.
    ///   - networkChannels: 1 or 3.
    ///   - map: from stored samples to 0…1.
    init(_ colorModel: ColorModel, networkChannels: Int, map: IntensityMap) {
        self.colorModel = colorModel
        self.networkChannels = networkChannels
        self.map = map
    }

    /// What the network is to see of a slice, in 0…1: gray, luminance, or the colors.
    func measured(_ source: Pixels) -> Pixels {
        let colors = colorModel.colorChannels
        let planes = (0..<colors).map { source.plane(channel: $0) }
        var result: Pixels
        switch (colors, networkChannels) {
        case (3, 1):
            result = planes[0].combined(0.299, planes[1], 0.587)
            result.add(0.114, planes[2])
        default:
            let used = (0..<networkChannels).map { planes[min($0, colors - 1)] }
            result = Pixels(
                width: source.width, height: source.height, channels: used.count, samples: used.flatMap(\.samples))
        }
        return result.mapped { ($0 - map.black) * map.gain }
    }

    /// A result in 0…1 as the slice it was made from stores its samples.
    ///
    /// - Parameters:
    ///   - result: of the enlarged size.
    ///   - measured: what the network saw.
    ///   - source: the slice.
    func stored(_ result: Pixels, measured: Pixels, source: Pixels) -> Pixels {
        let colors = colorModel.colorChannels
        if source.channels == 1 && result.channels == 1 { return result.mapped { $0 * map.span + map.black } }
        var stored = source.resized(width: result.width, height: result.height)
        let enlarged =
            (colors, result.channels) == (3, 1)
            ? measured.resized(width: result.width, height: result.height) : measured
        for channel in 0..<colors {
            let range = stored.planeRange(channel: channel)
            switch (colors, result.channels) {
            case (3, 1):
                // Bicubic interpolation's luminance gives way to the sample's.
                for index in 0..<result.planeCount {
                    stored.samples[range.lowerBound + index] +=
                        (result.samples[index] - enlarged.samples[index]) * map.span
                }
            case (1, 3):
                for index in 0..<result.planeCount {
                    let sum =
                        result.samples[index] + result.samples[result.planeCount + index]
                        + result.samples[2 * result.planeCount + index]
                    stored.samples[range.lowerBound + index] = sum / 3 * map.span + map.black
                }
            default:
                let plane = result.planeRange(channel: channel).lowerBound
                for index in 0..<result.planeCount {
                    stored.samples[range.lowerBound + index] = result.samples[plane + index] * map.span + map.black
                }
            }
        }
        return stored
    }
}
