/// BraTS: brain MRI with tumours, four contrasts a patient, resampled to 240 × 240 × 155 voxels of 1 mm³ (Menze et al.,
/// "The multimodal brain tumor image segmentation benchmark", 2015; Baid et al. 2021).
///
/// Each year names its files otherwise: `Brats18_2013_2_1_t1ce.nii.gz`, `BraTS20_Training_001_t1.nii`,
/// `BraTS-GLI-00000-000-t2f.nii.gz`. The tumours' labels (`seg`) are left out.
public struct BraTS: DataSetLayout {
    /// How a volume was weighted, by any year's name.
    public enum Contrast: String, Sendable, Codable, CaseIterable {
        case t1, t1ce, t2, flair

        init?(named name: Substring) {
            switch name.lowercased() {
            case "t1", "t1n": self = .t1
            case "t1ce", "t1gd", "t1c": self = .t1ce
            case "t2", "t2w": self = .t2
            case "flair", "t2f": self = .flair
            default: return nil
            }
        }
    }

    public var contrasts: Set<Contrast>

    public init(contrasts: Set<Contrast> = Set(Contrast.allCases)) { self.contrasts = contrasts }

    public let title = "BraTS"
    public let source = """
        the challenge publishes it at synapse.org (BraTS) and the CBICA portal, after registration; terms go by year, \
        cite Menze et al. 2015 and Baid et al. 2021
        """
    public let paths = "BraTS20_Training_001/BraTS20_Training_001_t1.nii.gz and so on, in folders or not"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        files.paths.map(DataSetPath.init).compactMap { file in
            guard let study = file.folders.last, study.lowercased().hasPrefix("brats"),
                let stem = file.name.dropping(suffix: ".nii.gz") ?? file.name.dropping(suffix: ".nii"),
                stem.hasPrefix(study), let separator = stem.dropFirst(study.count).first, "_-".contains(separator),
                let contrast = Contrast(named: stem.dropFirst(study.count + 1)), contrasts.contains(contrast)
            else { return nil }
            let outer = DataSetPath(file.folders.dropLast().joined(separator: "/") + "/.").part
            return DataSetImage(path: file.path, patient: Self.patient(of: study), part: outer)
        }
    }

    /// A study's name without the scan that ends it in 2017 and 2018 (`Brats18_2013_2_1`) and since 2023
    /// (`BraTS-GLI-00000-000`).
    private static func patient(of study: Substring) -> String {
        let separator: Character = study.contains("-") ? "-" : "_"
        let words = study.split(separator: separator)
        let endsWithScan = separator == "-" || ["brats17", "brats18"].contains(words[0].lowercased())
        return words.dropLast(endsWithScan && words.count > 2 ? 1 : 0).joined(separator: String(separator))
    }
}
