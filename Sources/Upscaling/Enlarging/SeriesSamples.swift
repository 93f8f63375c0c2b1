import Imaging

/// Gathers the values of images that belong together. The result does not depend on their order.
package struct SeriesSamples: Sendable {
    /// Of each image so many values, at evenly spaced ranks: memory stays small in a series of thousands.
    private static let perImage = 2048

    private var gathered: [Float] = []
    private var terms: Set<Terms> = []

    /// What a stored sample means, and can be.
    private struct Terms: Hashable {
        let slope: Double
        let intercept: Double
        let declared: ClosedRange<Float>?
        let isBrightHigh: Bool
    }

    package init() {}

    package mutating func add(_ image: Image) {
        let sorted = IntensityRange.sample(image)
        guard !sorted.isEmpty else { return }
        let intensity = image.header.intensity
        terms.insert(
            Terms(
                slope: intensity.slope, intercept: intensity.intercept, declared: intensity.storedRange,
                isBrightHigh: intensity.polarity == .brightIsHigh))
        gathered += (0..<Self.perImage).map { index in
            let rank = (Double(index) + 0.5) / Double(Self.perImage) * Double(sorted.count)
            return intensity.realValue(sorted[min(Int(rank), sorted.count - 1)])
        }
    }

    /// `nil` where there is nothing to count.
    package var values: SeriesValues? {
        gathered.isEmpty ? nil : SeriesValues(sorted: gathered.sorted(), shareTerms: terms.count == 1)
    }
}
