/// ImageNet 1K: 1,281,167 photographs for training and 50,000 for validation (Russakovsky et al., "ImageNet large scale
/// visual recognition challenge", 2015).
public struct ImageNet: DataSetLayout {
    public init() {}

    public let title = "ImageNet"
    public let source =
        "its owners publish it at image-net.org, for research and teaching that are not commercial, after registration"
    public let paths = "train/n01440764/n01440764_10026.JPEG, val/ILSVRC2012_val_00000001.JPEG, in folders or not"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        files.paths.map(DataSetPath.init).compactMap { file in
            guard file.name.hasSuffix(".JPEG") else { return nil }
            if file.name.hasPrefix("ILSVRC2012_val_") { return DataSetImage(path: file.path, part: .validation) }
            if file.name.hasPrefix("ILSVRC2012_test_") { return DataSetImage(path: file.path, part: .test) }
            guard let word = file.folders.last, word.first == "n", word.dropFirst().isNumber(ofDigits: 8),
                file.name.hasPrefix(word + "_")
            else { return nil }
            return DataSetImage(path: file.path, part: .training)
        }
    }
}
