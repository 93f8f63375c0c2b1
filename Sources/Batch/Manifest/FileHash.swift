import Foundation
import Imaging
import ONNX

/// A file's contents, by their hash.
public struct FileHash: Sendable, Equatable, Codable {
    /// SHA-256, lower-case hexadecimal.
    public var sha256: String
    /// How many bytes were hashed.
    public var bytes: Int

    /// Reads a file from its beginning to its end.
    ///
    /// - Parameter url: of the file.
    /// - Throws: `ImageFileError/missing(path:)`, `ImageFileError/unreadable(path:reason:)`.
    public init(of url: URL) throws(ImageFileError) { try self.init(of: [url]) }

    /// - Parameter urls: files, read one after the other.
    private init(of urls: [URL]) throws(ImageFileError) {
        var hash = SHA256()
        var bytes = 0
        for url in urls {
            guard url.isThere else { throw .missing(path: url.path) }
            do {
                let file = try FileHandle(forReadingFrom: url)
                defer { try? file.close() }
                while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
                    hash.update(piece)
                    bytes += piece.count
                }
            } catch {
                throw .unreadable(path: url.path, reason: systemReason(error))
            }
        }
        sha256 = hash.hexadecimal
        self.bytes = bytes
    }

    /// An image's contents: those of its file, and where samples lie in a file of their own, of both, one after the other.
    ///
    /// - Parameter url: of the file that is named for the image.
    /// - Returns: `nil` where other files belong to it that are not known.
    /// - Throws: `ImageFileError/missing(path:)`, `ImageFileError/unreadable(path:reason:)`.
    public static func ofImage(_ url: URL) throws(ImageFileError) -> FileHash? {
        switch url.pathExtension.lowercased() {
        case "hdr", "img":
            // NIfTI's or Analyze's pair, plain or gzipped.
            let stem = url.deletingPathExtension()
            let others = ["hdr", "HDR", "img", "IMG", "hdr.gz", "img.gz"].map(stem.appendingPathExtension)
                .filter { $0 != url && $0.isThere }
            return try FileHash(of: [url] + others)
        case "mhd":
            return try detachedMetaImage(url)
        case "gz" where url.lastPathComponent.lowercased().hasSuffix(".hdr.gz"):
            return nil
        default:
            return try FileHash(of: url)
        }
    }

    /// A MetaImage's header and the file that its last field names.
    private static func detachedMetaImage(_ url: URL) throws(ImageFileError) -> FileHash? {
        guard let text = try? String(contentsOf: url, encoding: .utf8),
            let field = text.split(whereSeparator: \.isNewline).last(where: { $0.hasPrefix("ElementDataFile") }),
            let mark = field.firstIndex(of: "=")
        else { return nil }
        let name = field[field.index(after: mark)...].trimmingCharacters(in: .whitespaces)
        let data = url.deletingLastPathComponent().appendingPathComponent(name)
        // Lists and patterns of files name others.
        guard !name.isEmpty, data.isThere, !data.isFolder else { return nil }
        return try FileHash(of: [url, data])
    }
}
