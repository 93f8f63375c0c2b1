/// CAMUS: cardiac ultrasound of 500 patients, two and four chambers, at the end of diastole and of systole (Leclerc et
/// al., "Deep learning for segmentation using an open large-scale dataset in 2D echocardiography", 2019).
///
/// As NIfTI (`database_nifti/patient0001/patient0001_2CH_ED.nii.gz`) or, older, as MetaImage
/// (`training/patient0001/patient0001_2CH_ED.mhd`). Sequences, which repeat these frames, and drawn labels (`_gt`) are
/// left out.
public struct CAMUS: DataSetLayout {
    public init() {}

    public let title = "CAMUS"
    public let source = """
        CREATIS publishes it at humanheart-project.creatis.insa-lyon.fr, under CC BY-NC-SA 4.0; cite Leclerc et al. 2019
        """
    public let paths = "patient0001/patient0001_2CH_ED.nii.gz or .mhd, in folders or not"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        let frames = files.paths.map(DataSetPath.init).filter { file in
            guard let patient = file.folders.last, patient.hasPrefix("patient"),
                patient.dropFirst(7).isNumber(ofDigits: 4), file.name.hasPrefix(patient + "_")
            else { return false }
            let rest = file.name.dropFirst(patient.count)
            return ["_2CH_ED", "_2CH_ES", "_4CH_ED", "_4CH_ES"].contains { frame in
                [".nii.gz", ".nii", ".mhd", ".mha"].contains { rest == frame + $0 }
            }
        }
        guard !frames.isEmpty else { return [] }
        let parts = Self.parts(in: files)
        return frames.map { frame in
            let patient = String(frame.folders.last!)
            return DataSetImage(path: frame.path, patient: patient, part: parts[patient] ?? frame.part)
        }
    }

    /// `database_split/subgroup_training.txt` and its like list patients.
    private static func parts(in files: DataSetFiles) -> [String: DataSetPart] {
        let lists: [(String, DataSetPart)] = [
            ("subgroup_training.txt", .training), ("subgroup_validation.txt", .validation),
            ("subgroup_testing.txt", .test),
        ]
        var parts: [String: DataSetPart] = [:]
        for (name, part) in lists {
            guard let path = files.paths.first(where: { DataSetPath($0).name == name }) else { continue }
            for patient in files.lines(of: path) ?? [] { parts[patient.filter { !$0.isWhitespace }] = part }
        }
        return parts
    }
}
