import Imaging

extension Image {
    /// What a person is to know of an image whose samples are not all intensities, beside what was done to it: a phrase
    /// each, none for most images.
    public var sampleNotes: [String] {
        if let statement = header.meaning.codesStatement { return ["codes kept (\(statement))"] }
        var notes = (noData?.share).map { ["\(noDataText($0)) kept"] } ?? []
        if header.padding != nil, case .dicom(let source) = header.source, source.isLossy {
            notes.append("lossy compression has changed padding, of which only what is still exact is known as such")
        }
        return notes
    }

    /// `padding −2000 (28 % of the samples)`.
    ///
    /// - Parameter share: of the samples that hold no data, 0 to 1.
    package func noDataText(_ share: Double) -> String {
        func text(_ value: Float) -> String { value == value.rounded() ? String(Int(value)) : String(value) }
        let what =
            header.padding.map { padding in
                padding.lowerBound == padding.upperBound
                    ? "padding \(text(padding.lowerBound))"
                    : "padding \(text(padding.lowerBound)) to \(text(padding.upperBound))"
            } ?? "NaN"
        return "\(what) (\(percent(share)) of the samples)"
    }
}

/// `28 %`, and `< 0.1 %` rather than a zero that is none.
private func percent(_ share: Double) -> String {
    let percent = 100 * share
    if percent > 0, percent < 0.1 { return "< 0.1 %" }
    return percent < 10 ? "\((10 * percent).rounded() / 10) %" : "\(Int(percent.rounded(.down))) %"
}
