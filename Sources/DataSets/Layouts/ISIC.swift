/// ISIC: dermoscopic photographs of skin lesions, as the archive or a challenge gives them out (Codella et al., "Skin
/// lesion analysis toward melanoma detection", 2018; Rotemberg et al., "A patient-centric dataset", 2021).
///
/// A table beside them (`metadata.csv`, `train.csv`, `ISIC_2020_Training_GroundTruth.csv`) tells patients, or lesions
/// where it tells no patient. Drawn borders (`…_segmentation.png`, folders named GroundTruth) are left out.
public struct ISIC: DataSetLayout {
    public init() {}

    public let title = "ISIC"
    public let source = """
        the International Skin Imaging Collaboration publishes it at isic-archive.com and challenge.isic-archive.com; \
        terms go by image, from CC0 to CC BY-NC
        """
    public let paths = "ISIC_0000000.jpg in folders or not, metadata.csv"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        let photographs = files.paths.map(DataSetPath.init).filter { file in
            Self.identifier(of: file.name) != nil && !file.folders.contains { $0.lowercased().contains("groundtruth") }
        }
        guard !photographs.isEmpty else { return [] }
        let patients = files.paths.filter { $0.lowercased().hasSuffix(".csv") }
            .reduce(into: [String: String]()) { $0.merge(Self.patients(of: files.lines(of: $1) ?? [])) { $1 } }
        return photographs.map { file in
            DataSetImage(
                path: file.path, patient: patients[String(Self.identifier(of: file.name)!)], part: file.part)
        }
    }

    /// `ISIC_0000000` of `ISIC_0000000.jpg` and of `ISIC_0000000_downsampled.jpg`.
    private static func identifier(of name: Substring) -> Substring? {
        let lowered = name.lowercased()
        guard name.hasPrefix("ISIC_"), [".jpg", ".jpeg", ".png"].contains(where: lowered.hasSuffix),
            name.dropFirst(5).prefix(7).isNumber(ofDigits: 7)
        else { return nil }
        let rest = lowered.dropFirst(12)
        return rest.hasPrefix(".") || rest.hasPrefix("_downsampled.") ? name.prefix(12) : nil
    }

    private static func patients(of lines: [Substring]) -> [String: String] {
        guard let header = lines.first.map(CommaSeparated.fields),
            let image = ["isic_id", "image_name", "image"].firstNonNil(header.firstIndex(of:))
        else { return [:] }
        let owners = ["patient_id", "lesion_id"].compactMap(header.firstIndex(of:))
        var patients: [String: String] = [:]
        for line in lines.dropFirst() {
            let fields = CommaSeparated.fields(of: line)
            guard fields.count == header.count else { continue }
            patients[fields[image]] = owners.firstNonNil { fields[$0].isEmpty ? nil : fields[$0] }
        }
        return patients
    }
}

extension Sequence {
    /// The first result that is one.
    func firstNonNil<Result>(_ transform: (Element) -> Result?) -> Result? {
        for element in self { if let result = transform(element) { return result } }
        return nil
    }
}
