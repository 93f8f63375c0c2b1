/// A SOP class (PS3.4 annex B): what kind of object a file holds.
struct DICOMClass: RawRepresentable, Hashable, Sendable {
    let rawValue: String

    static let secondaryCapture = DICOMClass(rawValue: "1.2.840.10008.5.1.4.1.1.7")
    static let segmentation = DICOMClass(rawValue: "1.2.840.10008.5.1.4.1.1.66.4")
    static let labelMapSegmentation = DICOMClass(rawValue: "1.2.840.10008.5.1.4.1.1.66.7")
    static let rtDose = DICOMClass(rawValue: "1.2.840.10008.5.1.4.1.1.481.2")
}

extension DICOMItem {
    /// Of the object that this data set is; `nil` where it does not say.
    var sopClass: DICOMClass? { string(.sopClassUID).map(DICOMClass.init) }
}
