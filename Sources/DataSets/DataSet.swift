import Foundation
import Imaging

/// The data sets that Fovea reads as their owners publish them: nothing is renamed or moved.
public enum DataSet: String, Sendable, Codable, CaseIterable {
    case chestXRay14 = "chestxray14"
    case drive
    case stare
    case isic
    case brats
    case camus
    case ffhq
    case celebAHQ = "celeba-hq"
    case imageNet = "imagenet"
    /// Any folder of images.
    case folder

    /// What is known of it; each set has a file of its own.
    public var layout: any DataSetLayout {
        switch self {
        case .chestXRay14: ChestXRay14()
        case .drive: DRIVE()
        case .stare: STARE()
        case .isic: ISIC()
        case .brats: BraTS()
        case .camus: CAMUS()
        case .ffhq: FFHQ()
        case .celebAHQ: CelebAHQ()
        case .imageNet: ImageNet()
        case .folder: AnyFolder()
        }
    }

    /// Its images under a folder, in the order of their paths.
    ///
    /// - Throws: ``DataSetError``.
    public func images(in root: URL) throws(DataSetError) -> [DataSetImage] {
        let images = layout.images(in: try DataSetFiles(root))
        guard !images.isEmpty else { throw .notThisLayout(path: root.path, dataSet: self) }
        return images
    }

    /// The set that a folder holds, by its layout; ``folder`` where it is none of the others.
    ///
    /// - Throws: ``DataSetError/unreadable(_:)``.
    public static func recognized(at root: URL) throws(DataSetError) -> DataSet {
        recognized(in: try DataSetFiles(root))
    }

    /// The set that files belong to, by their paths.
    public static func recognized(in files: DataSetFiles) -> DataSet {
        allCases.first { $0 != .folder && !$0.layout.images(in: files).isEmpty } ?? .folder
    }
}

/// How a data set lies on disk, and whose it is.
public protocol DataSetLayout: Sendable {
    var title: String { get }
    /// Where its owner publishes it and under what terms, in one line.
    var source: String { get }
    /// The paths that are looked for, for people whose folder looks otherwise.
    var paths: String { get }
    /// Its images among the files of a folder; none where the folder has another layout.
    func images(in files: DataSetFiles) -> [DataSetImage]
}

/// One file of a data set.
public struct DataSetImage: Sendable, Codable, Equatable {
    /// Relative to the set's folder.
    public var path: String
    /// Whose image it is, where the set tells: no patient may be on both sides of a split.
    public var patient: String?
    /// The side that the owner put it on.
    public var part: DataSetPart?

    public init(path: String, patient: String? = nil, part: DataSetPart? = nil) {
        self.path = path
        self.patient = patient
        self.part = part
    }
}

/// A side of an owner's split.
public enum DataSetPart: String, Sendable, Codable {
    case training, validation, test
}

/// The files under a folder, by their relative paths in order; hidden ones are left out.
public struct DataSetFiles: Sendable {
    public let root: URL
    public let paths: [String]
    /// What could not be looked at.
    public let failures: [ImageFileError]

    /// - Throws: ``DataSetError/unreadable(_:)``.
    public init(_ root: URL) throws(DataSetError) {
        self.root = root.resolvingSymlinksInPath()
        do throws(ImageFileError) {
            let tree = try FileTree(self.root)
            (paths, failures) = (tree.files, tree.failures)
        } catch {
            throw .unreadable(error)
        }
    }

    /// The lines of a text file of the set, or `nil` where it is not there.
    func lines(of path: String) -> [Substring]? {
        guard let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) else { return nil }
        return text.split(whereSeparator: \.isNewline)
    }
}

/// A path in its parts.
struct DataSetPath {
    let path: String
    let folders: [Substring]
    let name: Substring

    init(_ path: String) {
        self.path = path
        let parts = path.split(separator: "/")
        folders = parts.dropLast()
        name = parts.last ?? ""
    }

    /// The side that a folder on the way says.
    var part: DataSetPart? {
        for folder in folders.reversed() {
            let words = folder.lowercased()
            if words.contains("train") { return .training }
            if words.contains("val") { return .validation }
            if words.contains("test") { return .test }
        }
        return nil
    }
}

extension Substring {
    /// `21` of `21_training.tif` for the suffix `_training.tif`.
    func dropping(suffix: String) -> Substring? { hasSuffix(suffix) ? dropLast(suffix.count) : nil }

    /// Whether it is made of so many digits.
    func isNumber(ofDigits count: Int) -> Bool { self.count == count && allSatisfy { $0.isASCII && $0.isNumber } }
}

/// What is wrong with a data set's folder, said in one line.
public enum DataSetError: Error, Equatable, CustomStringConvertible {
    /// The folder is not there, or closed to us.
    case unreadable(ImageFileError)
    case notThisLayout(path: String, dataSet: DataSet)

    public var description: String {
        switch self {
        case .unreadable(.missing(let path)): "\(path): no such folder"
        case .unreadable(let error): "\(error)"
        case .notThisLayout(let path, .folder): "\(path): there is no image in this folder"
        case .notThisLayout(let path, let dataSet):
            "\(path): is not laid out as \(dataSet.layout.title) (\(dataSet.layout.paths)); \(dataSet.layout.source)"
        }
    }
}

extension DataSetError: LocalizedError {
    public var errorDescription: String? { description }
}
