/// What the numbers of an image stand for.
public enum SampleMeaning: Sendable, Equatable, Codable {
    /// Amounts: between two neighbouring samples lie the values between theirs.
    case quantity
    /// Names of things, such as labels or indices of a palette: between 2 and 53 lies nothing. `statement` is what the
    /// file says that makes them known as such, for a person to read: "DICOM Segmentation", "NIfTI intent LABEL".
    case codes(statement: String)

    /// What makes the samples known as codes; `nil` where they are quantities.
    public var codesStatement: String? {
        if case .codes(let statement) = self { statement } else { nil }
    }
}
