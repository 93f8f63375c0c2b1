import Imaging

/// Two images whose samples mean the same, so that a metric of them means something.
///
/// Files of one declaration (slope, intercept, range of values) are compared by their stored values. Files that declare
/// real-world values in different terms, CT with another intercept or NIfTI as floating point, are compared by these.
/// Where one shows low values bright and neither declares real-world values, it is mirrored in its range. Anything else
/// is refused.
public struct ComparablePair: Sendable {
    public enum Terms: String, Sendable, Codable {
        case stored
        /// Slope and intercept applied.
        case realWorld
    }

    public let terms: Terms
    public let reference: Pixels
    public let image: Pixels
    /// The values that the reference's file can hold, in ``terms``; `nil` where it declares none.
    public let declaredRange: ClosedRange<Float>?
    /// What else differs between the two, one line each.
    public let differences: [String]

    /// - Parameters:
    ///   - reference: what counts as true.
    ///   - image: what is compared with it.
    ///   - names: of both files, for what is said of them.
    ///   - isRangeNamed: whether the user named the range of values, and with it says that both have it.
    /// - Throws: ``MetricError/differentTerms(reason:)``; `ImageFileError` where slices of one image have no common terms.
    public init(
        reference: Image, image: Image, names: (reference: String, image: String), isRangeNamed: Bool = false
    ) throws {
        var (first, second) = (reference, image)
        // Slices in another order are brought to the order of space.
        if first.header.arrangement?.order != second.header.arrangement?.order {
            first = try first.arranged(for: .nifti, path: names.reference)
            second = try second.arranged(for: .nifti, path: names.image)
        }
        let hasOwnSlopes = [first, second].contains { $0.header.arrangement?.rescales != nil }
        var range = hasOwnSlopes ? first.header.realWorldRange : first.header.intensity.storedRange
        first = try first.inCommonTerms(path: names.reference)
        second = try second.inCommonTerms(path: names.image)

        var differences: [String] = []
        let (one, other) = (first.header.intensity, second.header.intensity)
        let sameRescale = (one.slope, one.intercept) == (other.slope, other.intercept)
        let isPlain = sameRescale && one.slope == 1 && one.intercept == 0
        func refuse(_ reason: String) -> MetricError {
            .differentTerms(reason: "\(names.image) cannot be compared with \(names.reference): \(reason)")
        }
        if let mine = first.header.unit, let theirs = second.header.unit, mine != theirs {
            throw refuse("its values are \(theirs), the reference's \(mine)")
        }
        if one.polarity != other.polarity {
            guard isPlain, let bounds = other.storedRange else {
                throw refuse("low values are bright in one and dark in the other (MONOCHROME1 and 2)")
            }
            let sum = bounds.lowerBound + bounds.upperBound
            second.pixels.samples.withUnsafeMutableBufferPointer { samples in
                for index in samples.indices { samples[index] = sum - samples[index] }
            }
            differences.append("low values are bright in one alone, so \(names.image) is mirrored in its range")
        }

        let sameRange = one.storedRange == other.storedRange
        if sameRescale && (sameRange || isRangeNamed) && !hasOwnSlopes {
            terms = .stored
        } else if first.header.statesValues && second.header.statesValues {
            terms = .realWorld
            if !hasOwnSlopes { range = first.header.realWorldRange }
            first.applyRescale()
            second.applyRescale()
        } else if !sameRescale {
            throw refuse(
                "values are rescaled by slope and intercept (\(Self.text(one)), \(Self.text(other))), and not both files "
                    + "say that these are real values; bring both to one format first")
        } else {
            throw refuse(
                "it can hold \(Self.text(other.storedRange)), the reference \(Self.text(one.storedRange)), and neither "
                    + "says what its values mean; name the range that both have, such as --range "
                    + Self.option(one.storedRange ?? other.storedRange ?? 0...1))
        }
        if let difference = second.header.geometry.difference(
            from: first.header.geometry, width: second.header.width, height: second.header.height,
            slices: second.header.slices / second.header.volumes)
        {
            differences.append("\(names.image) is not placed as \(names.reference): \(difference)")
        }
        self.reference = first.pixels
        self.image = second.pixels
        declaredRange = range
        self.differences = differences
    }

    private static func text(_ intensity: Intensity) -> String {
        "\(number(intensity.slope)) and \(number(intensity.intercept))"
    }

    private static func text(_ range: ClosedRange<Float>?) -> String {
        range.map { "\(number(Double($0.lowerBound)))…\(number(Double($0.upperBound)))" } ?? "any floating-point value"
    }

    private static func option(_ range: ClosedRange<Float>) -> String {
        "\(number(Double(range.lowerBound))),\(number(Double(range.upperBound)))"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : String(value)
    }
}

extension ImageHeader {
    /// Whether values are more than shares of a range: rescaled, floating point, or of a format whose values stand for
    /// themselves.
    fileprivate var statesValues: Bool {
        if intensity.slope != 1 || intensity.intercept != 0 || intensity.sampleType.isFloatingPoint { return true }
        switch source {
        case .nifti, .memory: return colorModel == .gray
        case .dicom(let source): return source.statesRescale
        case .picture: return false
        }
    }

    /// What DICOM calls the values, such as HU.
    fileprivate var unit: String? {
        guard case .dicom(let source) = source else { return nil }
        return source[.rescaleType].flatMap { $0 == "US" ? nil : $0 }
    }

    /// The stored range in real-world values, over all slices.
    fileprivate var realWorldRange: ClosedRange<Float>? {
        guard let storedRange = intensity.storedRange else { return nil }
        let ends = (0..<slices).flatMap { slice in
            let rescale = rescale(ofSlice: slice)
            return [storedRange.lowerBound, storedRange.upperBound].map {
                Float(Double($0) * rescale.slope + rescale.intercept)
            }
        }
        return ends.min()!...ends.max()!
    }
}

extension Image {
    fileprivate mutating func applyRescale() {
        let (slope, intercept) = (header.intensity.slope, header.intensity.intercept)
        guard slope != 1 || intercept != 0 else { return }
        pixels.samples.withUnsafeMutableBufferPointer { samples in
            for index in samples.indices { samples[index] = Float(Double(samples[index]) * slope + intercept) }
        }
    }
}
