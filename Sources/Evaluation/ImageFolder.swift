import Foundation
import Imaging

/// The image files under a folder.
public struct ImageFolder: Sendable {
    /// Files that are images, or say by their name that they are, in the order of their paths.
    public var images: [URL]
    /// Files of other kinds.
    public var others: [URL]

    /// Looks through a folder and the folders in it. Hidden files and DICOMDIR are left out, and so is all that lies
    /// under `excluded`.
    ///
    /// - Throws: `ImageFileError/missing(path:)`.
    public init(_ folder: URL, excluding excluded: URL? = nil) throws(ImageFileError) {
        guard
            let walker = FileManager.default.enumerator(
                at: folder, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
        else { throw .missing(path: folder.path) }
        let without = excluded.map { $0.standardizedFileURL.path + "/" }
        images = []
        others = []
        for case let file as URL in walker {
            guard (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true,
                file.lastPathComponent != "DICOMDIR",
                without.map({ !file.standardizedFileURL.path.hasPrefix($0) }) ?? true
            else { continue }
            if ImageFormat(pathExtensionOf: file) != nil || (try? ImageFile.format(of: file)) != nil {
                images.append(file)
            } else {
                others.append(file)
            }
        }
        images.sort { $0.path.compare($1.path, options: .numeric) == .orderedAscending }
        others.sort { $0.path < $1.path }
    }
}
