/// DRIVE: 40 color fundus photographs, 565 × 584, half for training, half for test (Staal et al., "Ridge-based vessel
/// segmentation in color images of the retina", 2004).
///
/// The masks of the round field of view and the vessels drawn by hand lie beside them and are left out.
public struct DRIVE: DataSetLayout {
    public init() {}

    public let title = "DRIVE"
    public let source = "its owners publish it at drive.grand-challenge.org, for research, after registration"
    public let paths = "training/images/21_training.tif, test/images/01_test.tif"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        files.paths.map(DataSetPath.init).compactMap { file in
            guard file.folders.last == "images" else { return nil }
            for (suffix, part) in [("_training.tif", DataSetPart.training), ("_test.tif", .test)] {
                if let number = file.name.dropping(suffix: suffix), number.isNumber(ofDigits: 2) {
                    // Every photograph is of another person.
                    return DataSetImage(path: file.path, patient: String(number), part: part)
                }
            }
            return nil
        }
    }
}
