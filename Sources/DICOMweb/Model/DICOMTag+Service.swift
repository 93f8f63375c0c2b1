import Imaging

/// Attributes of the services themselves, keywords as in PS3.6, first letter lower-case.
extension DICOMTag {
    static let modalitiesInStudy = DICOMTag(rawValue: 0x0008_0061)
    static let instanceAvailability = DICOMTag(rawValue: 0x0008_0056)
    static let retrieveURL = DICOMTag(rawValue: 0x0008_1190)
    static let failedSOPSequence = DICOMTag(rawValue: 0x0008_1198)
    static let referencedSOPSequence = DICOMTag(rawValue: 0x0008_1199)
    static let failureReason = DICOMTag(rawValue: 0x0008_1197)
    static let referencedSOPClassUID = DICOMTag(rawValue: 0x0008_1150)
    static let referencedSOPInstanceUID = DICOMTag(rawValue: 0x0008_1155)
    static let availableTransferSyntaxUID = DICOMTag(rawValue: 0x0008_3002)
    static let voiLUTFunction = DICOMTag(rawValue: 0x0028_1056)
    static let studyTime = DICOMTag(rawValue: 0x0008_0030)
    static let accessionNumber = DICOMTag(rawValue: 0x0008_0050)
    static let referringPhysicianName = DICOMTag(rawValue: 0x0008_0090)
    static let timezoneOffsetFromUTC = DICOMTag(rawValue: 0x0008_0201)
    static let patientBirthDate = DICOMTag(rawValue: 0x0010_0030)
    static let studyID = DICOMTag(rawValue: 0x0020_0010)
    static let performedProcedureStepStartDate = DICOMTag(rawValue: 0x0040_0244)
    static let performedProcedureStepStartTime = DICOMTag(rawValue: 0x0040_0245)
    static let numberOfStudyRelatedSeries = DICOMTag(rawValue: 0x0020_1206)
    static let numberOfStudyRelatedInstances = DICOMTag(rawValue: 0x0020_1208)
    static let numberOfSeriesRelatedInstances = DICOMTag(rawValue: 0x0020_1209)
}
