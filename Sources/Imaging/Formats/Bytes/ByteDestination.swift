import Foundation

/// Where the bytes of an image go: a file or memory. Belongs to one task.
final class ByteDestination {
    /// What errors call it.
    let name: String
    /// What was written, where that is memory.
    private(set) var data = Data()
    private let file: UnsafeMutablePointer<FILE>?
    private var isOpen = true
    private var position = 0
    /// What the file was last used for, and where it stands since.
    private var last: (use: Use, position: Int)?
    /// The first failure to write: what came after it says nothing.
    private(set) var failure: ImageFileError?

    private enum Use { case reading, writing }

    /// - Parameter name: what errors call the file, which may get another name when it is complete.
    init(creating url: URL, named name: String) throws(ImageFileError) {
        // TIFF's directories are linked by reading what was written.
        guard let file = fopen(url.path, "w+b") else {
            throw .cannotWrite(path: name, reason: String(cString: strerror(errno)))
        }
        self.name = name
        self.file = file
    }

    /// Memory.
    init(named name: String) {
        self.name = name
        file = nil
    }

    deinit {
        if let file, isOpen { fclose(file) }
    }

    /// How many bytes there are up to now.
    var count: Int {
        guard let file else { return data.count }
        fflush(file)
        var status = stat()
        return fstat(fileno(file), &status) == 0 ? Int(status.st_size) : 0
    }

    func write(_ bytes: [UInt8]) throws(ImageFileError) {
        try write(bytes, count: bytes.count)
    }

    /// Writes at the place that the last ``seek(to:)`` or write ended at.
    func write(_ bytes: UnsafeRawPointer, count: Int) throws(ImageFileError) {
        if let failure { throw failure }
        guard count > 0 else { return }
        if file != nil {
            try writeFile(bytes, count: count)
        } else {
            let source = UnsafeRawBufferPointer(start: bytes, count: count)
            if position > data.count { data.append(Data(count: position - data.count)) }
            let replaced = min(count, data.count - position)
            if replaced > 0 {
                data.replaceSubrange(position..<position + replaced, with: Data(source.prefix(replaced)))
            }
            data.append(contentsOf: source.dropFirst(replaced))
        }
        position += count
    }

    private func writeFile(_ bytes: UnsafeRawPointer, count: Int) throws(ImageFileError) {
        guard turn(to: .writing), fwrite(bytes, 1, count, file!) == count else { throw fail() }
        last = (.writing, position + count)
    }

    /// The next write or read is there; beyond the end, zeros are put between.
    func seek(to offset: Int) { position = max(offset, 0) }

    var place: Int { position }

    /// Reads back what was written.
    /// - Returns: how many bytes there were.
    func read(into target: UnsafeMutableRawPointer, count: Int) -> Int {
        var got = 0
        if let file {
            guard turn(to: .reading) else { return 0 }
            got = fread(target, 1, count, file)
            last = (.reading, position + got)
        } else if position < data.count {
            got = min(count, data.count - position)
            data.copyBytes(to: target.assumingMemoryBound(to: UInt8.self), from: position..<position + got)
        }
        position += got
        return got
    }

    /// Between reading and writing a file must be sought in (ISO C 7.21.5.3).
    private func turn(to use: Use) -> Bool {
        if let last, last == (use, position) { return true }
        return fseeko(file!, position, SEEK_SET) == 0
    }

    private func fail() -> ImageFileError {
        let error = failure ?? .cannotWrite(path: name, reason: String(cString: strerror(errno)))
        failure = error
        return error
    }

    /// All was written.
    func finish() throws(ImageFileError) {
        if let failure { throw failure }
        guard let file, isOpen else { return }
        isOpen = false
        guard fclose(file) == 0 else { throw fail() }
    }
}
