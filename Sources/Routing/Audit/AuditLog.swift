import Foundation
import Imaging
import Synchronization

/// A file of audit events, a line of JSON each, that is only appended to and reaches the disk before anything is forgotten.
///
/// Events are born in the queue's own transactions, numbered; the file follows. What a kill came between is appended by the next
/// run, once, by the number of the file's last line.
final class AuditLog: Sendable {
    private let url: URL
    private let written: Mutex<Int64>

    /// - Parameter url: of the file, which need not be there.
    init(_ url: URL) {
        self.url = url
        written = Mutex(Self.lastNumber(of: url))
    }

    /// The number of the last line that is whole; 0 where there is none.
    private static func lastNumber(of url: URL) -> Int64 {
        guard let file = try? FileHandle(forReadingFrom: url), let end = try? file.seekToEnd() else { return 0 }
        defer { try? file.close() }
        try? file.seek(toOffset: end > 1 << 16 ? end - 1 << 16 : 0)
        let lines = (try? file.readToEnd())?.split(separator: UInt8(ascii: "\n")) ?? []
        let numbers = lines.compactMap { try? decoder.decode(AuditEvent.self, from: Data($0)).number }
        return numbers.max() ?? 0
    }

    /// The number of the last event that is on the disk.
    var lastWritten: Int64 { written.withLock { $0 } }

    /// Appends what is not in the file yet.
    ///
    /// - Parameter events: by number, ascending.
    /// - Throws: `ImageFileError/cannotWrite(path:reason:)`.
    func append(_ events: [(number: Int64, line: String)]) throws(ImageFileError) {
        try written.withLock { (last) throws(ImageFileError) in
            let new = events.filter { $0.number > last }
            guard let newest = new.last else { return }
            let descriptor = open(url.path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else { throw failure() }
            defer { close(descriptor) }
            var text = Data()
            // Who was killed has left half a line.
            var end = UInt8(ascii: "\n")
            let size = lseek(descriptor, 0, SEEK_END)
            if size > 0, pread(descriptor, &end, 1, size - 1) == 1, end != UInt8(ascii: "\n") {
                text += Data("\n".utf8)
            }
            for event in new { text += Data((event.line + "\n").utf8) }
            let count = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count == text.count, fsync(descriptor) == 0 else { throw failure() }
            last = newest.number
        }
    }

    private func failure() -> ImageFileError {
        .cannotWrite(path: url.path, reason: String(cString: strerror(errno)))
    }

    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }()

    static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }()
}
