import Foundation
import Synchronization

/// The files that are being written beside their destinations, so that a program that is told to end can take them away.
final class UnfinishedFiles: Sendable {
    static let all = UnfinishedFiles()

    private let paths = Mutex<Set<String>>([])

    func insert(_ path: String) { paths.withLock { _ = $0.insert(path) } }

    func remove(_ path: String) { paths.withLock { _ = $0.remove(path) } }

    func deleteAll() {
        paths.withLock { paths in
            for path in paths { unlink(path) }
            paths = []
        }
    }
}

extension ImageFile {
    /// Deletes what is being written at this moment; for programs that are told to end.
    public static func deleteUnfinishedFiles() { UnfinishedFiles.all.deleteAll() }
}
