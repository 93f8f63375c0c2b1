import Foundation
import Imaging
import Synchronization

/// What was done in a folder, a line of JSON for each input, which several processes may append to at once. The last line
/// that says a result is done counts; what failed since has not changed it.
public final class Manifest: Sendable {
    /// What the manifest of a folder is called.
    public static let name = ImageFolder.manifestName

    /// The manifest's file, which need not be there.
    public let url: URL
    private let folder: String
    private let state = Mutex(State())

    private struct State {
        /// Bytes that are read, up to the end of a line.
        var offset: UInt64 = 0
        /// What was done, the last at the end.
        var records: [String: [ManifestRecord]] = [:]
        /// What belongs to results.
        var companions: Set<String> = []

        mutating func take(_ record: ManifestRecord) {
            switch record.outcome {
            case .done:
                records[record.output, default: []].append(record)
                companions.formUnion((record.companions ?? []).map(\.output))
            case .withdrawn:
                let index = records[record.output]?.lastIndex { $0.outputHash == record.outputHash }
                if let index { records[record.output]!.remove(at: index) }
            case .failed: break
            }
        }
    }

    /// - Parameter url: of the file, which need not be there.
    public init(_ url: URL) {
        self.url = url
        folder = Self.path(url.deletingLastPathComponent()) + "/"
    }

    private static func path(_ url: URL) -> String { url.resolvingSymlinksInPath().standardizedFileURL.path }

    /// What a result is called in this manifest.
    ///
    /// - Parameter output: the result's file.
    public func name(of output: URL) -> String {
        // Of the folder alone are links followed: a result that is a link is that link.
        let path = Self.path(output.deletingLastPathComponent()) + "/" + output.lastPathComponent
        return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
    }

    /// The last line that says how a result was done, of whichever process; `nil` where there is none. Lines that are
    /// damaged count as not there.
    ///
    /// - Parameter output: the result's file.
    /// - Throws: ``BatchError/manifest(path:reason:)``.
    public func record(of output: URL) throws(BatchError) -> ManifestRecord? {
        try readOn()
        return state.withLock { $0.records[name(of: output)]?.last }
    }

    /// Whether a file belongs to a result that was done at some time, so that it may be made anew.
    ///
    /// - Parameter file: beside a result.
    /// - Throws: ``BatchError/manifest(path:reason:)``.
    func listsCompanion(_ file: URL) throws(BatchError) -> Bool {
        try readOn()
        return state.withLock { $0.companions.contains(name(of: file)) }
    }

    /// The file that ``name(of:)`` names.
    ///
    /// - Parameter name: as lines have it.
    func file(named name: String) -> URL { URL(fileURLWithPath: name.hasPrefix("/") ? name : folder + name) }

    /// Reads what was appended since.
    private func readOn() throws(BatchError) {
        guard url.isThere else { return }
        do {
            try state.withLock { state in
                let file = try FileHandle(forReadingFrom: url)
                defer { try? file.close() }
                // Another file of this name: one was taken away.
                if try file.seekToEnd() < state.offset { state = State() }
                try file.seek(toOffset: state.offset)
                guard let data = try file.readToEnd(), let end = data.lastIndex(of: Self.newline) else { return }
                let decoder = JSONDecoder()
                decoder.dateDecodingStrategy = .iso8601
                for line in data[..<end].split(separator: Self.newline) {
                    guard let record = try? decoder.decode(ManifestRecord.self, from: Data(line)) else { continue }
                    state.take(record)
                }
                state.offset += UInt64(data.distance(from: data.startIndex, to: end) + 1)
            }
        } catch {
            throw .manifest(path: url.relativePath, reason: systemReason(error))
        }
    }

    private static let newline = UInt8(ascii: "\n")

    /// Appends a line, in one write, which other processes' lines do not come between.
    ///
    /// - Parameter record: what became of an input.
    /// - Throws: `ImageFileError/cannotWrite(path:reason:)`, `ImageFileError/noRoom(path:reason:)`.
    public func append(_ record: ManifestRecord) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        var line = try encoder.encode(record) + [Self.newline]
        let descriptor = try opened()
        defer { close(descriptor) }
        // Who was killed, or had no room, has left half a line.
        var last = Self.newline
        let size = lseek(descriptor, 0, SEEK_END)
        if size > 0, pread(descriptor, &last, 1, size - 1) == 1, last != Self.newline {
            line.insert(Self.newline, at: 0)
        }
        let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count == line.count else { throw failure(count < 0 ? errno : ENOSPC) }
    }

    /// Makes sure that lines can be appended, before what they would say is computed.
    ///
    /// - Throws: as ``append(_:)``.
    func prepare() throws { close(try opened()) }

    private func opened() throws(ImageFileError) -> Int32 {
        let descriptor = open(url.path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(errno) }
        return descriptor
    }

    private func failure(_ number: Int32) -> ImageFileError {
        ImageFileError.cannotWrite(path: url.path, reason: String(cString: strerror(number)))
            .tellingOfRoom(in: url.deletingLastPathComponent())
    }
}
