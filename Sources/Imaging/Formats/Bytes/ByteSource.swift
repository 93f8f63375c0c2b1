import Foundation

/// The bytes of an image, of a file or in memory, to be read at any place. Belongs to one task.
final class ByteSource {
    /// What errors call it: the file's path, or the name that came with the bytes.
    let name: String
    let count: Int
    private let place: Place
    /// Where the file would be read next without a seek.
    private var position = 0
    /// The system's number of the first failure to read; 0 where there was none.
    private var failureNumber: Int32 = 0

    private enum Place {
        /// `nil` where other files are out of bounds.
        case file(UnsafeMutablePointer<FILE>, URL?)
        case memory(Data)
    }

    /// The bytes of a file, which must not change meanwhile.
    ///
    /// - Parameter isAlone: whether files beside it, or that it names, are out of bounds.
    init(_ url: URL, isAlone: Bool = false) throws(ImageFileError) {
        let path = url.path
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw errno == ENOENT || errno == ENOTDIR
                ? .missing(path: path) : .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .isFolder(path: path)
        default:
            // Opening a pipe may wait for ever, and formats are read back and forth.
            throw .unreadable(path: path, reason: "it is a pipe or a device; save it to a file first")
        }
        guard let file = fopen(path, "rb") else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        name = path
        count = Int(status.st_size)
        place = .file(file, isAlone ? nil : url)
    }

    /// Bytes in memory, which are not copied.
    init(_ data: Data, named name: String) {
        self.name = name
        count = data.count
        place = .memory(data)
    }

    deinit {
        if case .file(let file, _) = place { fclose(file) }
    }

    /// Copies up to `wanted` bytes from `offset` on.
    /// - Returns: how many were there; fewer than wanted at the end, and where reading fails (see ``failure``).
    func read(at offset: Int, into target: UnsafeMutableRawPointer, count wanted: Int) -> Int {
        guard wanted > 0, offset >= 0, offset < count else { return 0 }
        switch place {
        case .memory(let data):
            let got = min(wanted, count - offset)
            let start = data.startIndex + offset
            data.copyBytes(to: target.assumingMemoryBound(to: UInt8.self), from: start..<start + got)
            return got
        case .file(let file, _):
            guard position == offset || fseeko(file, offset, SEEK_SET) == 0 else {
                noteFailure()
                return 0
            }
            let got = fread(target, 1, wanted, file)
            position = offset + got
            if got < wanted, ferror(file) != 0 { noteFailure() }
            return got
        }
    }

    /// Up to `wanted` bytes from `offset` on, fewer only at the end.
    func bytes(at offset: Int, count wanted: Int) -> [UInt8] {
        let most = max(min(wanted, count - max(offset, 0)), 0)
        return [UInt8](unsafeUninitializedCapacity: most) { bytes, initialized in
            initialized = bytes.baseAddress.map { read(at: offset, into: $0, count: most) } ?? 0
        }
    }

    /// All of them.
    func bytes() -> [UInt8] { bytes(at: 0, count: count) }

    private func noteFailure() {
        if failureNumber == 0 { failureNumber = errno }
    }

    /// Why bytes that are there could not be read; what was made of the others says nothing then.
    var failure: ImageFileError? {
        failureNumber == 0 ? nil : .unreadable(path: name, reason: String(cString: strerror(failureNumber)))
    }

    /// The file that holds the rest of an image, beside this one.
    ///
    /// - Parameter candidates: names it may have; the first that is there is taken, and the first of all is missed.
    func companion(_ candidates: [String]) throws(ImageFileError) -> ByteSource {
        guard case .file(_, let url?) = place else {
            throw .unsupported(
                path: name,
                feature: "an image whose samples are in a file of their own (\(candidates[0])); join the two")
        }
        let urls = candidates.map { url.deletingLastPathComponent().appendingPathComponent($0) }
        return try ByteSource(urls.first { FileManager.default.fileExists(atPath: $0.path) } ?? urls[0])
    }
}
