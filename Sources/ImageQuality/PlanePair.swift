import Imaging

/// One plane of the reference and of the image compared with it, without border, in Float32 above the range's lower end.
struct PlanePair {
    let width: Int
    let height: Int
    let reference: [Float]
    let image: [Float]

    /// The planes that a convention compares, slice after slice; none where the border leaves nothing.
    static func pairs(
        reference: Pixels, image: Pixels, convention: MetricConvention
    ) throws(MetricError) -> [PlanePair] {
        guard
            reference.width == image.width && reference.height == image.height && reference.slices == image.slices
                && reference.channels == image.channels
        else { throw .differentShape(reference: shape(of: reference), image: shape(of: image)) }
        let range = convention.valueRange
        guard convention.dataRange > 0 && convention.dataRange.isFinite else {
            throw .invalidRange(lower: range.lowerBound, upper: range.upperBound)
        }
        guard convention.border >= 0 else { throw .negativeBorder(convention.border) }
        guard (convention.channel == .gray) == (image.channels < 3) else {
            throw .wrongChannels(channels: image.channels, convention: convention.channel)
        }
        guard 2 * convention.border < min(image.width, image.height) else { return [] }

        let columns = convention.border..<image.width - convention.border
        let rows = convention.border..<image.height - convention.border
        var (first, second) = (reference, image)
        if convention.border > 0 {
            first = first.cropped(columns: columns, rows: rows)
            second = second.cropped(columns: columns, rows: rows)
        }
        if convention.channel == .matlabY {
            first = first.matlabY(valueRange: range)
            second = second.matlabY(valueRange: range)
        }
        let channels = convention.channel == .rgbMean ? 3 : 1
        var pairs = [PlanePair]()
        for slice in 0..<image.slices {
            for channel in 0..<channels {
                let plane = first.planeRange(slice: slice, channel: channel)
                pairs.append(
                    PlanePair(
                        width: columns.count, height: rows.count,
                        reference: counted(first.samples[plane], from: range.lowerBound),
                        image: counted(second.samples[plane], from: range.lowerBound)))
            }
        }
        return pairs
    }

    private static func counted(_ samples: ArraySlice<Float>, from lower: Float) -> [Float] {
        lower == 0 ? Array(samples) : samples.map { $0 - lower }
    }

    private static func shape(of pixels: Pixels) -> String {
        var text = "\(pixels.width) × \(pixels.height)"
        if pixels.slices > 1 { text += " × \(pixels.slices)" }
        if pixels.channels > 1 { text += " of \(pixels.channels) channels" }
        return text
    }
}
