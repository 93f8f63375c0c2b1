import Batch
import Foundation
import Imaging

/// What can be looked at of a folder, and what cannot.
struct FolderScan {
    private(set) var files: [StackFile] = []
    private(set) var notices: [String] = []

    /// - Parameter folder: looked through, links within it followed, those that lead out of it left alone.
    init(_ folder: URL) {
        let found: ImageFolder
        do throws(ImageFileError) {
            found = try ImageFolder(folder)
        } catch {
            notices = ["\(error)"]
            return
        }
        let root = RootFolder(folder)
        var outside = 0
        for (file, name) in zip(found.images, found.names) {
            if root.holds(file) { files.append(StackFile(url: file, name: name)) } else { outside += 1 }
        }
        if outside > 0 {
            notices.append(
                "\(folder.lastPathComponent): \(outside) \(outside == 1 ? "link leads" : "links lead") out of the folder and "
                    + "\(outside == 1 ? "is" : "are") not followed; serve the folder where the files lie")
        }
        notices += found.failures.map { "\($0)" } + [found.leftOut].compactMap(\.self)
    }
}

/// A folder outside of which nothing is opened.
struct RootFolder: Sendable {
    private let prefix: String

    init(_ folder: URL) { prefix = Self.path(folder) + "/" }

    /// Whether a file lies in it when every link is followed to its end.
    func holds(_ file: URL) -> Bool { Self.path(file).hasPrefix(prefix) }

    private static func path(_ url: URL) -> String {
        let path = url.resolvingSymlinksInPath().standardizedFileURL.path
        return path == "/" ? "" : path
    }
}
