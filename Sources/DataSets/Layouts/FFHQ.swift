/// FFHQ: 70,000 photographs of faces, 1024 × 1024 (Karras, Laine & Aila, "A style-based generator architecture for
/// generative adversarial networks", 2019). Its owners call the first 60,000 training, the others validation.
public struct FFHQ: DataSetLayout {
    public init() {}

    public let title = "FFHQ"
    public let source =
        "NVIDIA publishes it at github.com/NVlabs/ffhq-dataset, under CC BY-NC-SA 4.0; terms go by photograph"
    public let paths = "images1024x1024/00000/00000.png"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        files.paths.map(DataSetPath.init).compactMap { file in
            guard let stem = file.name.dropping(suffix: ".png"), stem.isNumber(ofDigits: 5),
                let thousand = file.folders.last, thousand.isNumber(ofDigits: 5),
                thousand == stem.prefix(2) + "000", file.folders.dropLast().last != "thumbnails128x128"
            else { return nil }
            return DataSetImage(path: file.path, part: Int(stem)! < 60_000 ? .training : .validation)
        }
    }
}
