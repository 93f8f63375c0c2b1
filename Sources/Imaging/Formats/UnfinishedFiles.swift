import Foundation

/// The files that are being written beside their destinations, so that a program that is told to end can take them away.
///
/// Unchecked because of `paths`, which is touched under `lock` alone.
final class UnfinishedFiles: @unchecked Sendable {
    static let all = UnfinishedFiles()

    private let lock = NSLock()
    private var paths: Set<String> = []

    func insert(_ path: String) { lock.withLock { _ = paths.insert(path) } }

    func remove(_ path: String) { lock.withLock { _ = paths.remove(path) } }

    func deleteAll() {
        lock.withLock {
            for path in paths { unlink(path) }
            paths = []
        }
    }
}

extension ImageFile {
    /// Deletes what is being written at this moment; for programs that are told to end.
    public static func deleteUnfinishedFiles() { UnfinishedFiles.all.deleteAll() }
}
