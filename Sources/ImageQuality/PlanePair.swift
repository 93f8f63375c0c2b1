import Imaging

/// One plane of the reference and of the image compared with it, without border, in Float32 above the range's lower end.
struct PlanePair {
    let width: Int
    let height: Int
    let reference: [Float]
    let image: [Float]
    /// Which samples take no part, of both; `nil` where all do. They are zero in both planes.
    var excluded: [Bool]?

    /// Samples that take part.
    var count: Int { reference.count - (excluded?.count(where: \.self) ?? 0) }

    /// The planes that a convention compares, slice after slice; none where the border leaves nothing.
    static func pairs(
        reference: Pixels, image: Pixels, convention: MetricConvention, excluding mask: NoDataMask? = nil
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
        precondition(
            mask.map {
                ($0.width, $0.height, $0.channels, $0.slices)
                    == (image.width, image.height, image.channels, image.slices)
            } ?? true, "a mask of another shape")
        let inside = mask?.cropped(columns: columns, rows: rows)
        var pairs = [PlanePair]()
        for slice in 0..<image.slices {
            for channel in 0..<channels {
                let plane = first.planeRange(slice: slice, channel: channel)
                var pair = PlanePair(
                    width: columns.count, height: rows.count,
                    reference: counted(first.samples[plane], from: range.lowerBound),
                    image: counted(second.samples[plane], from: range.lowerBound))
                if let inside {
                    // Luma is made of all three colors.
                    let planes = convention.channel == .matlabY ? 0..<3 : channel..<channel + 1
                    pair = pair.excluding(planes.map { inside.plane(slice: slice, channel: $0) })
                }
                pairs.append(pair)
            }
        }
        return pairs
    }

    private func excluding(_ masks: [ArraySlice<Bool>]) -> PlanePair {
        let excluded = reference.indices.map { index in masks.contains { $0[$0.startIndex + index] } }
        guard excluded.contains(true) else { return self }
        func cleared(_ samples: [Float]) -> [Float] { zip(samples, excluded).map { $1 ? 0 : $0 } }
        return PlanePair(
            width: width, height: height, reference: cleared(reference), image: cleared(image), excluded: excluded)
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
