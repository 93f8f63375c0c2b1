import CDICOM

/// The name of a DICOM attribute: group and element in one number, `0x0010_0020` for (0010,0020).
public struct DICOMTag: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
    init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// By the keyword that PS3.6 gives an attribute, such as `PatientID`; `nil` where there is none of it.
    public init?(keyword: String) {
        let number = cdicom_tag_named(keyword)
        guard number != 0 else { return nil }
        rawValue = number
    }

    public var group: UInt16 { UInt16(rawValue >> 16) }
    public var element: UInt16 { UInt16(rawValue & 0xFFFF) }

    public static func < (left: DICOMTag, right: DICOMTag) -> Bool { left.rawValue < right.rawValue }

    /// (gggg,eeee) in hexadecimal.
    public var description: String {
        func hexadecimal(_ value: UInt16) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "(\(hexadecimal(group)),\(hexadecimal(element)))"
    }
}

// Keywords as in PS3.6, first letter lower-case.
extension DICOMTag {
    // Identification
    public static let specificCharacterSet = DICOMTag(0x0008_0005)
    public static let imageType = DICOMTag(0x0008_0008)
    public static let instanceCreationDate = DICOMTag(0x0008_0012)
    public static let instanceCreationTime = DICOMTag(0x0008_0013)
    public static let sopClassUID = DICOMTag(0x0008_0016)
    public static let sopInstanceUID = DICOMTag(0x0008_0018)
    public static let studyDate = DICOMTag(0x0008_0020)
    public static let contentDate = DICOMTag(0x0008_0023)
    public static let contentTime = DICOMTag(0x0008_0033)
    public static let modality = DICOMTag(0x0008_0060)
    public static let manufacturer = DICOMTag(0x0008_0070)
    public static let institutionName = DICOMTag(0x0008_0080)
    public static let studyDescription = DICOMTag(0x0008_1030)
    public static let seriesDescription = DICOMTag(0x0008_103E)
    public static let manufacturerModelName = DICOMTag(0x0008_1090)
    public static let derivationDescription = DICOMTag(0x0008_2111)
    public static let patientName = DICOMTag(0x0010_0010)
    public static let patientID = DICOMTag(0x0010_0020)
    public static let patientSex = DICOMTag(0x0010_0040)
    public static let patientAge = DICOMTag(0x0010_1010)
    public static let bodyPartExamined = DICOMTag(0x0018_0015)
    public static let sliceThickness = DICOMTag(0x0018_0050)
    public static let spacingBetweenSlices = DICOMTag(0x0018_0088)
    public static let softwareVersions = DICOMTag(0x0018_1020)
    public static let protocolName = DICOMTag(0x0018_1030)
    public static let viewPosition = DICOMTag(0x0018_5101)
    public static let studyInstanceUID = DICOMTag(0x0020_000D)
    public static let seriesInstanceUID = DICOMTag(0x0020_000E)
    public static let seriesNumber = DICOMTag(0x0020_0011)
    public static let instanceNumber = DICOMTag(0x0020_0013)
    public static let imagePositionPatient = DICOMTag(0x0020_0032)
    public static let imageOrientationPatient = DICOMTag(0x0020_0037)
    public static let frameOfReferenceUID = DICOMTag(0x0020_0052)
    public static let laterality = DICOMTag(0x0020_0060)
    public static let imageLaterality = DICOMTag(0x0020_0062)

    // Image
    public static let samplesPerPixel = DICOMTag(0x0028_0002)
    public static let photometricInterpretation = DICOMTag(0x0028_0004)
    public static let planarConfiguration = DICOMTag(0x0028_0006)
    public static let numberOfFrames = DICOMTag(0x0028_0008)
    public static let rows = DICOMTag(0x0028_0010)
    public static let columns = DICOMTag(0x0028_0011)
    public static let pixelSpacing = DICOMTag(0x0028_0030)
    public static let bitsAllocated = DICOMTag(0x0028_0100)
    public static let bitsStored = DICOMTag(0x0028_0101)
    public static let highBit = DICOMTag(0x0028_0102)
    public static let pixelRepresentation = DICOMTag(0x0028_0103)
    public static let windowCenter = DICOMTag(0x0028_1050)
    public static let windowWidth = DICOMTag(0x0028_1051)
    public static let rescaleIntercept = DICOMTag(0x0028_1052)
    public static let rescaleSlope = DICOMTag(0x0028_1053)
    public static let rescaleType = DICOMTag(0x0028_1054)
    public static let lossyImageCompression = DICOMTag(0x0028_2110)
}
