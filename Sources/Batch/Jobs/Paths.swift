import Foundation

extension URL {
    /// A file of another name beside this one, its path as short as this one's: `b` for `a`, not `./b`.
    package func sibling(_ name: String) -> URL {
        relativePath.contains("/")
            ? deletingLastPathComponent().appendingPathComponent(name) : URL(fileURLWithPath: name)
    }

    /// A file under this folder, its path as short as this one's: `b` for `.`, not `./b`.
    package func joining(_ name: some StringProtocol) -> URL {
        relativePath == "." ? URL(fileURLWithPath: String(name)) : appendingPathComponent(String(name))
    }

    /// Whether both are one place, links followed.
    package func isSame(as other: URL) -> Bool {
        resolvingSymlinksInPath().standardizedFileURL.path == other.resolvingSymlinksInPath().standardizedFileURL.path
    }

    package var isFolder: Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    package var isThere: Bool { FileManager.default.fileExists(atPath: path) }
}
