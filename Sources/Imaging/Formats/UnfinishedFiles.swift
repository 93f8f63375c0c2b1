import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The files that are being written beside their destinations, so that a program that is told to end can take them away.
final class UnfinishedFiles: Sendable {
    static let all = UnfinishedFiles()

    private let paths = Mutex<Set<String>>([])

    /// Makes a file, and knows of it from then on: no moment lies between.
    func adding<Result: Sendable, Failure: Error>(
        _ path: String, _ make: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try paths.withLock { paths throws(Failure) in
            let result = try make()
            paths.insert(path)
            return result
        }
    }

    /// Takes a file away or puts it in place, and knows of it no more: its path may be another's from then on.
    func removing<Result: Sendable>(_ path: String, _ act: () -> Result) -> Result {
        paths.withLock { paths in
            paths.remove(path)
            return act()
        }
    }

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
