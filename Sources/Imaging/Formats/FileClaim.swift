import Foundation
import Synchronization

/// A place for one file, held by one writer: a hidden file beside it that the contents go to, locked while its writer
/// lives, and put in place when it is complete.
///
/// The lock (flock(2)) ends with the process however that ends, on every machine that shares the file system. So a leftover
/// is known from a file that is being written without numbers of processes, which are used again, and names of machines.
package final class FileClaim: Sendable {
    /// Where the file is to be in the end.
    package let destination: URL
    /// Where it is written until it is complete.
    package let part: URL
    private let descriptor: Int32
    private let isHeld = Mutex(true)

    /// What the hidden files' names begin with.
    package static let prefix = ".fovea.part-"

    /// Holds a place in a folder that is there. What a killed writer left of the same file is taken over.
    ///
    /// - Parameter destination: the file to be written.
    /// - Throws: ``ImageFileError/beingWritten(path:)`` where another holds it, ``ImageFileError/cannotWrite(path:reason:)``,
    ///   ``ImageFileError/noRoom(path:reason:)``.
    package init(_ destination: URL) throws(ImageFileError) {
        let folder = destination.deletingLastPathComponent()
        let part = folder.appendingPathComponent(Self.prefix + destination.lastPathComponent)
        self.destination = destination
        self.part = part
        do {
            descriptor = try UnfinishedFiles.all.adding(part.path) { () throws(ImageFileError) in
                try Self.locked(part.path, for: destination.path)
            }
        } catch {
            throw error.tellingOfRoom(in: folder)
        }
    }

    deinit { release() }

    private static func locked(_ path: String, for destination: String) throws(ImageFileError) -> Int32 {
        var refusals = 0
        while true {
            var descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            let isNew = descriptor >= 0
            if !isNew, errno == EEXIST {
                descriptor = open(path, O_RDWR | O_CLOEXEC)
                // Its writer has put it in place in the meantime.
                if descriptor < 0, errno == ENOENT { continue }
            }
            guard descriptor >= 0 else {
                throw .cannotWrite(path: destination, reason: String(cString: strerror(errno)))
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                if isSame(descriptor, path) { return descriptor }
                close(descriptor)
                continue
            }
            let isOthers = errno == EWOULDBLOCK
            // Where a file system knows no locks, who made the file has it, and nobody can tell whether it still is used.
            if isNew && !isOthers { return descriptor }
            close(descriptor)
            refusals += 1
            // Whoever clears leftovers away holds each for a moment.
            guard isOthers, refusals < 4 else { throw .beingWritten(path: destination) }
            usleep(20_000)
        }
    }

    /// Whether the path still leads to the open file: who held it may have taken it away before it was locked.
    private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0 && opened.st_ino == named.st_ino
            && opened.st_dev == named.st_dev
    }

    /// Puts the complete file in its place at once. Whoever is first keeps the place where nothing is to be replaced.
    ///
    /// - Parameter overwrite: replaces a file that is there.
    /// - Throws: ``ImageFileError/alreadyExists(path:)``, ``ImageFileError/cannotWrite(path:reason:)``,
    ///   ``ImageFileError/noRoom(path:reason:)``.
    /// - Precondition: the place is held.
    package func place(overwrite: Bool) throws(ImageFileError) {
        precondition(isHeld.withLock { $0 }, "placed once")
        let number = UnfinishedFiles.all.removing(part.path) { () -> Int32 in
            let number = overwrite ? Self.rename(part.path, destination.path) : link()
            if number != 0 { unlink(part.path) }
            close(descriptor)
            return number
        }
        isHeld.withLock { $0 = false }
        switch number {
        case 0: return
        case EEXIST where !overwrite: throw .alreadyExists(path: destination.path)
        default:
            throw ImageFileError.cannotWrite(path: destination.path, reason: String(cString: strerror(number)))
                .tellingOfRoom(in: destination.deletingLastPathComponent())
        }
    }

    /// - Returns: `errno`, 0 where all went well.
    private func link() -> Int32 {
        if Foundation.link(part.path, destination.path) == 0 {
            unlink(part.path)
            return 0
        }
        guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) else { return errno }
        // A file system without links, as of memory cards: the name is taken by an empty file, then filled.
        let empty = open(destination.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard empty >= 0 else { return errno }
        close(empty)
        let number = Self.rename(part.path, destination.path)
        if number != 0 { unlink(destination.path) }
        return number
    }

    private static func rename(_ old: String, _ new: String) -> Int32 {
        Foundation.rename(old, new) == 0 ? 0 : errno
    }

    /// Gives the place back and takes away what was written, where it is still held.
    package func release() {
        let wasHeld = isHeld.withLock { isHeld in
            defer { isHeld = false }
            return isHeld
        }
        guard wasHeld else { return }
        UnfinishedFiles.all.removing(part.path) {
            unlink(part.path)
            close(descriptor)
        }
    }

    /// Takes away what killed writers left in a folder; what is being written stays.
    ///
    /// - Parameter folder: looked at without the folders in it; it need not be there.
    /// - Returns: how many files are gone.
    @discardableResult
    package static func removeLeftovers(in folder: URL) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.count { name in
            let path = folder.appendingPathComponent(name).path
            let descriptor = open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && isSame(descriptor, path) && unlink(path) == 0
        }
    }
}
