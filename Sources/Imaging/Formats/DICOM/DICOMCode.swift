/// A term of a terminology (PS3.3 8.8, Basic Coded Entry).
struct DICOMCode: Sendable, Equatable {
    let value: String
    var scheme = "DCM"
    let meaning: String

    // PS3.16 annex D.
    static let spatialResampling = DICOMCode(value: "113085", meaning: "Spatial resampling")
    static let sourceImage = DICOMCode(value: "121322", meaning: "Source image for image processing operation")
    static let processingEquipment = DICOMCode(value: "109102", meaning: "Processing Equipment")
    static let quantity = DICOMCode(value: "246205007", scheme: "SCT", meaning: "Quantity")
    static let spatialConcept = DICOMCode(
        value: "309825002", scheme: "SCT", meaning: "Spatial and Relational Concept")
}

extension DICOMItem {
    /// Adds an item with a term to a sequence.
    func append(_ code: DICOMCode, to tag: DICOMTag) throws(DICOMFailure) {
        let entry = try appendItem(tag)
        try entry.set(.codeValue, code.value)
        try entry.set(.codingSchemeDesignator, code.scheme)
        try entry.set(.codeMeaning, code.meaning)
    }
}
