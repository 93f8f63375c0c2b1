/// CelebA-HQ: 30,000 photographs of faces, 1024 × 1024 (Karras et al., "Progressive growing of GANs", 2018), most often
/// had as a part of CelebAMask-HQ.
public struct CelebAHQ: DataSetLayout {
    public init() {}

    public let title = "CelebA-HQ"
    public let source = """
        the Multimedia Laboratory of the Chinese University of Hong Kong publishes it at \
        github.com/switchablenorms/CelebAMask-HQ, for research that is not commercial
        """
    public let paths = "CelebA-HQ-img/0.jpg, or data1024x1024/00000.jpg"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        files.paths.map(DataSetPath.init).compactMap { file in
            guard let folder = file.folders.last?.lowercased(),
                let stem = file.name.dropping(suffix: ".jpg") ?? file.name.dropping(suffix: ".png"),
                (1...5).contains(stem.count), stem.isNumber(ofDigits: stem.count),
                folder == "celeba-hq-img" || folder == "data1024x1024" || folder.hasPrefix("celeba-1024")
                    || folder.hasPrefix("celeba_hq")
            else { return nil }
            return DataSetImage(path: file.path)
        }
    }
}
