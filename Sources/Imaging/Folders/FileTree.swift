import Foundation

/// The files under a folder, as its user sees them: links to files and folders are followed, hidden names left out.
///
/// A folder that is reached in several ways, by links that lead in a circle too, is looked through once, and by a way
/// without links where there is one.
public struct FileTree: Sendable {
    /// Paths of the regular files, relative to the folder, sorted.
    public private(set) var files: [String] = []
    /// What could not be looked at: folders closed to us, links to what is not there.
    public private(set) var failures: [ImageFileError] = []
    /// Neither files nor folders: pipes, sockets, devices.
    public private(set) var specials = 0

    /// - Throws: `ImageFileError/missing(path:)`, `ImageFileError/unreadable(path:reason:)`.
    public init(_ folder: URL) throws(ImageFileError) {
        let root = folder.path
        guard let status = Self.status(root) else { throw .missing(path: root) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .unreadable(path: root, reason: "it is a file; name the folder that it lies in")
        }
        var seen: Set<Place> = [Place(status)]
        var waiting = [""]
        /// Folders behind links come after all that are reached without.
        var links: [(path: String, status: stat)] = []
        while true {
            if let path = waiting.popLast() {
                look(into: path, under: root, &waiting, &links, &seen)
            } else if !links.isEmpty {
                let link = links.removeFirst()
                if seen.insert(Place(link.status)).inserted { waiting.append(link.path) }
            } else {
                break
            }
        }
        if files.isEmpty, failures.count == 1, case .unreadable(root, let reason) = failures[0] {
            throw .unreadable(path: root, reason: reason)
        }
        files.sort()
    }

    private mutating func look(
        into path: String, under root: String, _ waiting: inout [String], _ links: inout [(path: String, status: stat)],
        _ seen: inout Set<Place>
    ) {
        let folder = path.isEmpty ? root : root + "/" + path
        guard let handle = opendir(folder) else {
            failures.append(.unreadable(path: folder, reason: String(cString: strerror(errno))))
            return
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard bytes.first != UInt8(ascii: ".") else { continue }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                let shown = String(decoding: bytes, as: UTF8.self)
                failures.append(
                    .unreadable(path: folder + "/" + shown, reason: "its name is not UTF-8; rename it"))
                continue
            }
            names.append(name)
        }
        // Backwards, since the last is taken first.
        for name in names.sorted().reversed() {
            let relative = path.isEmpty ? name : path + "/" + name
            let full = root + "/" + relative
            guard let status = Self.status(full) else {
                failures.append(.unreadable(path: full, reason: Self.reason(full)))
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG: files.append(relative)
            case S_IFDIR where Self.isLink(full): links.append((relative, status))
            case S_IFDIR: if seen.insert(Place(status)).inserted { waiting.append(relative) }
            default: specials += 1
            }
        }
    }

    /// Why a name's file cannot be looked at.
    private static func reason(_ path: String) -> String {
        let number = errno
        return isLink(path) && number == ENOENT
            ? "a link to a file that is not there; fetch it first (git annex get, datalad get)"
            : String(cString: strerror(number))
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        let number = errno
        defer { errno = number }
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// What a folder is, whatever it is called.
    private struct Place: Hashable {
        let device: UInt64
        let number: UInt64

        init(_ status: stat) {
            device = UInt64(truncatingIfNeeded: status.st_dev)
            number = UInt64(truncatingIfNeeded: status.st_ino)
        }
    }
}
