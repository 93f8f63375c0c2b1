import Foundation

/// What can be wrong with an image file, each said in one line: what, where, what to do.
public enum ImageFileError: Error, Equatable, CustomStringConvertible {
    case missing(path: String)
    case isFolder(path: String)
    /// It is there, but closed to us or not to be read from.
    case unreadable(path: String, reason: String)
    case empty(path: String)
    /// None of the formats' signatures is there.
    case unknownFormat(path: String)
    /// The name to write ends in nothing Fovea writes.
    case unknownExtension(path: String)
    case truncated(path: String, detail: String)
    /// The file contradicts itself or its format.
    case damaged(path: String, detail: String)
    /// A valid file that needs something Fovea does not have.
    case unsupported(path: String, feature: String)
    /// Infinity, or NaN where samples are integers, which cannot say it.
    case notFinite(path: String, column: Int, row: Int, slice: Int)
    case alreadyExists(path: String)
    /// Another process, or another task of this one, is writing the file at this moment.
    case beingWritten(path: String)
    /// This image cannot become a file of this format.
    case cannotHold(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    /// Nothing can be written there at all: the disk is full, the quota spent, or the place read-only.
    case noRoom(path: String, reason: String)

    public var description: String {
        // What a file or its name says may hold any character; an error is one line.
        String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "\u{FFFD}" : $0 })
    }

    private var text: String {
        switch self {
        case .missing(let path): "\(path): no such file"
        case .isFolder(let path): "\(path): is a folder, not an image"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .empty(let path): "\(path): the file is empty; fetch or copy it again"
        case .unknownFormat(let path): "\(path): not a \(Self.list(ImageFormat.allCases.map(\.title))) file"
        case .unknownExtension(let path):
            "\(path): cannot tell the format from the name; end it in \(Self.list(Self.endings))"
        case .truncated(let path, let detail): "\(path): the file ends too early (\(detail)); fetch or copy it again"
        case .damaged(let path, let detail): "\(path): damaged: \(detail)"
        case .unsupported(let path, let feature): "\(path): not supported: \(feature)"
        case .notFinite(let path, let column, let row, let slice):
            "\(path): the voxel at column \(column), row \(row), slice \(slice) is not a finite number; replace such voxels first"
        case .alreadyExists(let path): "\(path): already exists; use --overwrite to replace it"
        case .beingWritten(let path):
            "\(path): is being written by another run; wait for it, or write elsewhere with -o"
        case .cannotHold(let path, let reason): "\(path): \(reason)"
        case .cannotWrite(let path, let reason): "\(path): cannot write: \(reason)"
        case .noRoom(let path, let reason): "\(path): cannot write: \(reason); make room, or write elsewhere with -o"
        }
    }

    /// The file that it is about.
    public var path: String {
        switch self {
        case .missing(let path), .isFolder(let path), .unreadable(let path, _), .empty(let path),
            .unknownFormat(let path), .unknownExtension(let path), .truncated(let path, _), .damaged(let path, _),
            .unsupported(let path, _), .notFinite(let path, _, _, _), .alreadyExists(let path),
            .beingWritten(let path), .cannotHold(let path, _), .cannotWrite(let path, _), .noRoom(let path, _):
            path
        }
    }

    private static func list(_ words: [String]) -> String {
        words.dropLast().joined(separator: ", ") + " or " + words.last!
    }

    /// Of each format that is written the usual one.
    private static var endings: [String] {
        ImageFormat.allCases.compactMap { $0.writer?.writtenEndings.first }.map { ".\($0)" }
    }
}

extension ImageFileError: LocalizedError {
    public var errorDescription: String? { description }
}
