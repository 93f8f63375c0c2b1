import CZlib
import Foundation
import Synchronization

/// Files in one ZIP archive, stored as they are (APPNOTE 6.3.10): DICOM objects are noise to a compressor, and an archive whose
/// length is known beforehand can be read file by file while it is sent.
package struct ZipArchive: Sendable {
    private let entries: [ZipEntry]
    private let limit: UInt64

    /// In bytes.
    package let length: Int

    /// - Parameters:
    ///   - files: called by their names; by number and name where two have the same.
    ///   - limit: sizes and places from here on are written in 64 bits.
    /// - Throws: where a file is not there.
    package init(_ files: [URL], limit: UInt64 = UInt64(UInt32.max)) throws {
        let names = files.map(\.lastPathComponent)
        let areUnique = Set(names.map { $0.lowercased() }).count == names.count
        var place: UInt64 = 0
        entries = try files.enumerated().map { index, url in
            let number = String(index + 1)
            let prefix = areUnique ? "" : String(repeating: "0", count: max(0, 4 - number.count)) + number + "_"
            let size = try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? UInt64 ?? 0
            let entry = ZipEntry(
                url: url, name: Array((prefix + names[index]).utf8), size: size, place: place, limit: limit)
            place += UInt64(entry.opening(checksum: 0).count) + size
            return entry
        }
        self.limit = limit
        length =
            Int(place) + entries.reduce(0) { $0 + $1.listing(checksum: 0).count }
            + Self.end(entries, place, limit).count
    }

    /// The archive's bytes, from the first on.
    package func stream() -> Stream { Stream(self) }

    private static func end(_ entries: [ZipEntry], _ place: UInt64, _ limit: UInt64) -> [UInt8] {
        let size = entries.reduce(UInt64(0)) { $0 + UInt64($1.listing(checksum: 0).count) }
        let count = UInt64(entries.count)
        var end: [UInt8] = []
        if place >= limit || size >= limit || count >= min(limit, UInt64(UInt16.max)) {
            end.append(0x0606_4b50 as UInt32, 44 as UInt64, 45 as UInt16, 45 as UInt16, 0 as UInt32, 0 as UInt32)
            end.append(count, count, size, place)
            end.append(0x0706_4b50 as UInt32, 0 as UInt32, place + size, 1 as UInt32)
        }
        let (shortCount, shortSize, shortPlace) = (
            count >= min(limit, UInt64(UInt16.max)) ? UInt16.max : UInt16(count),
            size >= limit ? UInt32.max : UInt32(size), place >= limit ? UInt32.max : UInt32(place)
        )
        end.append(0x0605_4b50 as UInt32, 0 as UInt16, 0 as UInt16, shortCount, shortCount)
        end.append(shortSize, shortPlace, 0 as UInt16)
        return end
    }

    /// Reads the files as they are asked for; each twice, since its checksum comes before it.
    package final class Stream: Sendable {
        private struct State {
            var next = 0
            var file: FileHandle?
            var left: UInt64 = 0
            var checksums: [UInt32] = []
            var isOver = false
        }

        private static let pieceSize = 1 << 18
        private let archive: ZipArchive
        private let state = Mutex(State())

        fileprivate init(_ archive: ZipArchive) { self.archive = archive }

        /// - Returns: `nil` at the end.
        /// - Throws: where a file is no longer what it was.
        package func next() throws -> [UInt8]? { try state.withLock { try next(&$0) } }

        private func next(_ state: inout State) throws -> [UInt8]? {
            if let file = state.file {
                let piece = try Self.piece(of: file, left: state.left)
                state.left -= UInt64(piece.count)
                if state.left == 0 { state.file = nil }
                return piece
            }
            if state.next < archive.entries.count {
                let entry = archive.entries[state.next]
                let checksum = try Self.checksum(of: entry)
                state.checksums.append(checksum)
                state.next += 1
                if entry.size > 0 {
                    (state.file, state.left) = (try FileHandle(forReadingFrom: entry.url), entry.size)
                }
                return entry.opening(checksum: checksum)
            }
            guard !state.isOver else { return nil }
            state.isOver = true
            let place = archive.entries.last.map { $0.place + UInt64($0.opening(checksum: 0).count) + $0.size } ?? 0
            return zip(archive.entries, state.checksums).flatMap { $0.listing(checksum: $1) }
                + ZipArchive.end(archive.entries, place, archive.limit)
        }

        private static func piece(of file: FileHandle, left: UInt64) throws -> [UInt8] {
            let piece = try file.read(upToCount: Int(min(left, UInt64(pieceSize)))) ?? Data()
            guard !piece.isEmpty else { throw CocoaError(.fileReadCorruptFile) }
            return Array(piece)
        }

        private static func checksum(of entry: ZipEntry) throws -> UInt32 {
            let file = try FileHandle(forReadingFrom: entry.url)
            var (checksum, left) = (crc32(0, nil, 0), entry.size)
            while left > 0 {
                let piece = try piece(of: file, left: left)
                checksum = crc32(checksum, piece, uInt(piece.count))
                left -= UInt64(piece.count)
            }
            return UInt32(checksum)
        }
    }
}
