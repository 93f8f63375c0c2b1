import Foundation

/// NIH ChestX-ray14: 112,120 frontal films of 30,805 patients, 1024 × 1024, 8 bit (Wang et al., "ChestX-ray8", CVPR
/// 2017).
///
/// Names are the patient's number of eight digits and the follow-up: `00000061_012.png`. `Data_Entry_2017.csv` says the
/// same and has the last word where it is there; `train_val_list.txt` and `test_list.txt` are the owner's split.
public struct ChestXRay14: DataSetLayout {
    public init() {}

    public let title = "NIH ChestX-ray14"
    public let source = """
        the NIH Clinical Center publishes it at nihcc.app.box.com/v/ChestXray-NIHCC; use is free, name the Center and \
        cite Wang et al. 2017
        """
    public let paths = "images_001/images/00000001_000.png or images/00000001_000.png, Data_Entry_2017.csv"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        let films = files.paths.map(DataSetPath.init).filter { Self.patient(ofFileNamed: $0.name) != nil }
        guard !films.isEmpty else { return [] }
        let patients = Self.patients(in: files)
        let training = Set(files.lines(of: "train_val_list.txt") ?? [])
        let test = Set(files.lines(of: "test_list.txt") ?? [])
        return films.map { film in
            DataSetImage(
                path: film.path, patient: patients[film.name] ?? Self.patient(ofFileNamed: film.name)!,
                part: training.contains(film.name) ? .training : test.contains(film.name) ? .test : nil)
        }
    }

    /// `00000061` of `00000061_012.png`.
    public static func patient(ofFileNamed name: some StringProtocol) -> String? {
        let digits = name.prefix { $0.isASCII && $0.isNumber }
        let rest = name.dropFirst(8)
        guard digits.count == 8, rest.first == "_", rest.dropFirst().prefix(4).last == ".",
            rest.lowercased().hasSuffix(".png")
        else { return nil }
        return String(digits)
    }

    /// From the table, by file name: its columns are Image Index, Finding Labels, Follow-up #, Patient ID, …
    private static func patients(in files: DataSetFiles) -> [Substring: String] {
        let table = files.paths.first { DataSetPath($0).name.hasPrefix("Data_Entry_2017") && $0.hasSuffix(".csv") }
        guard let lines = table.flatMap(files.lines(of:)), let header = lines.first.map(CommaSeparated.fields),
            let image = header.firstIndex(of: "Image Index"), let patient = header.firstIndex(of: "Patient ID")
        else { return [:] }
        var patients: [Substring: String] = [:]
        for line in lines.dropFirst() {
            let fields = CommaSeparated.fields(of: line)
            guard fields.count > max(image, patient), let number = Int(fields[patient]) else { continue }
            patients[fields[image][...]] = String(format: "%08d", number)
        }
        return patients
    }
}
