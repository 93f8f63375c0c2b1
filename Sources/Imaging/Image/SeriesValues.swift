/// The values of a series that an image is one of, so that all its images are shown to networks in one range.
package struct SeriesValues: Sendable, Equatable {
    /// Real values (stored × slope + intercept) in ascending order, at evenly spaced ranks of each image.
    package let sorted: [Float]
    /// Whether a stored sample means the same in all the images.
    package let shareTerms: Bool

    package init(sorted: [Float], shareTerms: Bool) {
        self.sorted = sorted
        self.shareTerms = shareTerms
    }

    /// The values as an image of these terms stores them, in ascending order.
    package func stored(as intensity: Intensity) -> [Float] {
        guard intensity.slope != 1 || intensity.intercept != 0 else { return sorted }
        let values = sorted.map { Float((Double($0) - intensity.intercept) / intensity.slope) }
        return intensity.slope < 0 ? values.reversed() : values
    }
}

extension Intensity {
    package func realValue(_ stored: Float) -> Float { Float(Double(stored) * slope + intercept) }
}
