/// STARE: 397 color fundus photographs, 700 × 605, as PPM, zipped or not (Hoover & Goldbaum, "Locating the optic nerve
/// in a retinal image", 2003).
///
/// Whose photographs they are is not told: some may show the same person. Vessels drawn by hand (`im0001.ah.ppm.gz`)
/// are left out.
public struct STARE: DataSetLayout {
    public init() {}

    public let title = "STARE"
    public let source =
        "Clemson University publishes it at cecas.clemson.edu/~ahoover/stare, for research; cite the project"
    public let paths = "im0001.ppm.gz or im0001.ppm, in folders or not"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        files.paths.map(DataSetPath.init).compactMap { file in
            let stem = file.name.dropping(suffix: ".ppm.gz") ?? file.name.dropping(suffix: ".ppm")
            guard let stem, stem.hasPrefix("im"), stem.dropFirst(2).isNumber(ofDigits: 4) else { return nil }
            return DataSetImage(path: file.path)
        }
    }
}
