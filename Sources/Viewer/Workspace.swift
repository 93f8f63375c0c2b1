import Foundation

/// The folder for what is dropped on the page and what is made of it, closed to other users; gone with the viewer.
///
/// A viewer that is killed leaves it. The next one takes it away: the lock in it (flock(2)) ends with its viewer, however that
/// ends.
final class Workspace: Sendable {
    let folder: URL
    private let descriptor: Int32

    private static let prefix = "fovea-viewer-"
    private static let lock = "lock"

    init() throws {
        let place = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        Self.removeLeftovers(in: place)
        let name = Self.prefix + UUID().uuidString
        folder = place.appendingPathComponent(name)
        // By its name only when it is locked, so that nobody who looks for leftovers finds it before.
        let unlocked = place.appendingPathComponent("." + name)
        try FileManager.default.createDirectory(
            at: unlocked, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        descriptor = open(unlocked.appendingPathComponent(Self.lock).path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
        try FileManager.default.moveItem(at: unlocked, to: folder)
    }

    deinit {
        remove()
        close(descriptor)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// A new folder in it.
    func makeFolder(_ name: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }

    /// Takes away what killed viewers of this user left. One without a lock is not known to be dead, and stays.
    private static func removeLeftovers(in place: URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let url = place.appendingPathComponent(name)
            var status = stat()
            guard lstat(url.path, &status) == 0, status.st_uid == getuid(), status.st_mode & S_IFMT == S_IFDIR else {
                continue
            }
            let descriptor = open(url.appendingPathComponent(lock).path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(at: url) }
            close(descriptor)
        }
    }
}
