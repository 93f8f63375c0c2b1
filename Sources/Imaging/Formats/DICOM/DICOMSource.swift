import CDICOM
import Foundation

/// The data set of a DICOM file without its pixel data: what a derived object keeps, and what `info` shows.
public struct DICOMSource: Sendable {
    /// Explicit little endian, as DCMTK encodes it. Bytes rather than a handle, so that it can be shared freely.
    let encoded: [UInt8]
    /// What the image was when it was read.
    let geometry: Geometry
    let format: DICOMPixelFormat

    /// The UID of the coding the file was read in.
    public let transferSyntax: String
    /// Names of what an object derived from this one cannot keep, since it holds of these pixels alone.
    let losses: [String]
    /// Top-level attributes that are short text or numbers.
    private let values: [DICOMTag: String]

    init(_ dataSet: DICOMDataSet, _ format: DICOMPixelFormat, _ geometry: Geometry) throws(DICOMFailure) {
        transferSyntax = dataSet.transferSyntax.rawValue
        self.geometry = geometry
        self.format = format
        let root = dataSet.root
        root.remove(format.tag)
        // What no data set has, where bytes behind the pixels were taken for it.
        for tag in root.tags where tag.group < 8 || tag.group == 0xFFFF { root.remove(tag) }
        losses = DICOMGrid.losses(of: root)
        encoded = try dataSet.encoded()
        dataSet.convertToUTF8()
        let binary = ["OB", "OW", "OF", "OD", "OL", "OV", "UN", "SQ"]
        values = Dictionary(
            root.tags.compactMap { tag in
                guard let length = root.length(of: tag), length <= 4096,
                    !binary.contains(root.valueRepresentation(of: tag) ?? "UN"), let text = root.string(tag)
                else { return nil }
                return (tag, text)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// A top-level attribute's value as UTF-8 text, several values separated by backslashes; `nil` where it is absent,
    /// empty, binary or a sequence.
    public subscript(tag: DICOMTag) -> String? { values[tag] }

    /// The tags that ``subscript(_:)`` answers, in the file's order.
    public var tags: [DICOMTag] { values.keys.sorted() }

    /// A value inside sequences, as `source[.codeValue, in: (sequence, item), …]`, outermost first; as it is coded, not
    /// converted to UTF-8.
    public subscript(tag: DICOMTag, in path: (sequence: DICOMTag, item: Int)...) -> String? {
        guard let dataSet = try? DICOMDataSet(decoding: encoded) else { return nil }
        var item = dataSet.root
        for step in path {
            let items = item.items(step.sequence)
            guard items.indices.contains(step.item) else { return nil }
            item = items[step.item]
        }
        return item.string(tag)
    }

    public var modality: String? { self[.modality] }
    public var patientID: String? { self[.patientID] }
    public var studyInstanceUID: String? { self[.studyInstanceUID] }
    public var seriesInstanceUID: String? { self[.seriesInstanceUID] }
    public var sopInstanceUID: String? { self[.sopInstanceUID] }
    public var bodyPart: String? { self[.bodyPartExamined] }
    public var manufacturer: String? { self[.manufacturer] }

    /// Whether a Modality Transformation or Pixel Value Transformation says what stored values stand for, be it that
    /// they stand for themselves.
    public var statesRescale: Bool {
        self[.rescaleSlope] != nil || self[.doseGridScaling] != nil
            || self[.rescaleSlope, in: (.sharedFunctionalGroups, 0), (.pixelValueTransformationSequence, 0)] != nil
            || self[.rescaleSlope, in: (.perFrameFunctionalGroups, 0), (.pixelValueTransformationSequence, 0)] != nil
    }

    /// What rescaled values are in, where it is one that maps of them can name; else none.
    public var unit: DICOMMap.Unit {
        // CT says HU by its class alone (PS3.3 C.8.2.1.1.5).
        if self[.rescaleType] == "HU" || (self[.rescaleType] == nil && modality == "CT") { return .hounsfield }
        return .none
    }

    /// Whether the pixels went through a lossy compression at some time.
    public var isLossy: Bool {
        switch DICOMTransferSyntax(rawValue: transferSyntax).loss {
        case .always: true
        case .possible: self[.lossyImageCompression] != "00"
        case .never: self[.lossyImageCompression] == "01"
        }
    }

    /// The registered name of a UID, such as a SOP class or transfer syntax; `nil` where it is not known.
    public static func name(ofUID uid: String) -> String? { cdicom_uid_name(uid).map { String(cString: $0) } }

    /// A unique identifier that nobody else makes: a random UUID in PS3.5 B.2's form "2.25.…".
    public static func newUID() -> String {
        let uuid = UUID().uuid
        let number = withUnsafeBytes(of: uuid) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
        return "2.25.\(number)"
    }
}
