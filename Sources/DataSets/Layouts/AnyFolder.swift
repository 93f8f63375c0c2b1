import Foundation
import Imaging

/// Any folder of images. Patients are known where names begin with a number of eight digits as NIH's films do.
public struct AnyFolder: DataSetLayout {
    public init() {}

    public let title = "a folder of images"
    public let source = "whose terms are its owner's"
    public let paths = "images in folders or not"

    public func images(in files: DataSetFiles) -> [DataSetImage] {
        files.paths.compactMap { path in
            let url = files.root.appendingPathComponent(path)
            guard (ImageFormat(pathExtensionOf: url) ?? (try? ImageFile.format(of: url))) != nil else { return nil }
            return DataSetImage(path: path, patient: ChestXRay14.patient(ofFileNamed: DataSetPath(path).name))
        }
    }
}
