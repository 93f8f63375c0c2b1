import Imaging

/// What a DICOM file says of its place in a series.
struct SlicePlace: Sendable {
    /// What slices of one stack have in common.
    struct Kind: Hashable {
        var series: String
        var size: String
        /// A file of several frames is a stack of its own.
        var ownFile: String?
    }

    static let tags: [DICOMTag] = [
        .patientName, .patientID, .studyDate, .studyDescription, .studyInstanceUID, .seriesInstanceUID, .seriesNumber,
        .seriesDescription, .modality, .instanceNumber, .numberOfFrames, .rows, .columns, .imagePositionPatient,
        .imageOrientationPatient,
    ]

    private let attributes: DICOMAttributes

    init(_ attributes: DICOMAttributes) { self.attributes = attributes }

    /// - Parameter path: of the file.
    func kind(path: String) -> Kind? {
        guard let series = attributes[.seriesInstanceUID] else { return nil }
        let frames = attributes.numbers(.numberOfFrames)?.first ?? 1
        return Kind(
            series: series, size: "\(attributes[.rows] ?? "") \(attributes[.columns] ?? "")",
            ownFile: frames > 1 ? path : nil)
    }

    /// Millimetres along the normal of the image plane (PS3.3 C.7.6.2.1.1), where position and orientation are there.
    private var depth: Double? {
        guard let position = attributes.numbers(.imagePositionPatient), position.count == 3,
            let axes = attributes.numbers(.imageOrientationPatient), axes.count == 6
        else { return nil }
        let row = SIMD3(axes[0], axes[1], axes[2])
        let column = SIMD3(axes[3], axes[4], axes[5])
        let normal = SIMD3(
            row.y * column.z - row.z * column.y, row.z * column.x - row.x * column.z,
            row.x * column.y - row.y * column.x)
        return (SIMD3(position[0], position[1], position[2]) * normal).sum()
    }

    private var number: Double { attributes.numbers(.instanceNumber)?.first ?? 0 }

    /// Where it comes among the slices of its kind: in the order of acquisition where several lie in one place, as echoes and
    /// moments do, else in that of space.
    static func order(_ places: [SlicePlace]) -> [Int] {
        let depths = places.compactMap(\.depth)
        let isSpatial = depths.count == places.count && Set(depths).count == depths.count
        return places.indices.sorted { left, right in
            isSpatial
                ? depths[left] < depths[right] : (places[left].number, left) < (places[right].number, right)
        }
    }

    var series: String? { attributes[.seriesInstanceUID] }
    var modality: String? { attributes[.modality] }

    var heading: String {
        let patient = attributes[.patientName]?.split(separator: "=").first.map {
            $0.split(separator: "^", omittingEmptySubsequences: true).joined(separator: " ")
        }
        let parts = [
            patient, attributes[.patientID], attributes[.studyDescription], attributes[.studyDate].map(Self.date),
        ]
        .compactMap(\.self).filter { !$0.isEmpty }
        return parts.isEmpty ? "A study without a name" : parts.joined(separator: " · ")
    }

    /// What keeps studies of one heading apart.
    var study: String { attributes[.studyInstanceUID] ?? "" }

    var title: String {
        let number = attributes[.seriesNumber].map { "\($0) · " } ?? ""
        return number + (attributes[.seriesDescription] ?? attributes[.modality] ?? "series")
    }

    /// `20040119` as `2004-01-19`.
    private static func date(_ text: String) -> String {
        guard text.count == 8, text.allSatisfy(\.isNumber) else { return text }
        return "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))"
    }
}
