import Foundation

/// The image files under a folder; see ``FileTree`` for links.
public struct ImageFolder: Sendable {
    /// Files that are images, or say by their name that they are, in the order of their paths.
    public var images: [URL]
    /// Their paths relative to the folder, in the same order.
    public var names: [String]
    /// How many files are of other kinds.
    public var others: Int
    /// How many DICOM objects hold no pixels, by what they are.
    public var withoutPixels: [String: Int] = [:]
    /// What could not be looked at.
    public var failures: [ImageFileError]

    /// What the record of the runs that wrote into a folder is called; it is part of no folder's contents.
    package static let manifestName = "fovea.jsonl"

    /// Looks through a folder and the folders in it. Hidden files, DICOMDIR and what Fovea records of its runs are left out, and so is all that lies
    /// under `excluded`.
    ///
    /// - Throws: `ImageFileError/missing(path:)`, `ImageFileError/unreadable(path:reason:)`.
    public init(_ folder: URL, excluding excluded: URL? = nil) throws(ImageFileError) {
        let tree = try FileTree(folder)
        let without = excluded.map { $0.resolvingSymlinksInPath().standardizedFileURL.path + "/" }
        let root = folder.resolvingSymlinksInPath().standardizedFileURL.path + "/"
        failures = tree.failures
        others = tree.specials
        names = []
        for name in tree.files where without.map({ !(root + name).hasPrefix($0) }) ?? true {
            let file = folder.appendingPathComponent(name)
            guard !["DICOMDIR", Self.manifestName].contains(file.lastPathComponent) else { continue }
            if let kind = ImageFile.kindWithoutPixels(file) {
                withoutPixels[kind, default: 0] += 1
                continue
            }
            if ImageFormat(pathExtensionOf: file) != nil {
                names.append(name)
                continue
            }
            do {
                _ = try ImageFile.format(of: file)
                names.append(name)
            } catch .unreadable(let path, let reason) {
                failures.append(.unreadable(path: path, reason: reason))
            } catch {
                others += 1
            }
        }
        names.sort { $0.compare($1, options: .numeric) == .orderedAscending }
        images = names.map(folder.appendingPathComponent)
    }

    /// What was left out, in one line for people; `nil` where nothing was.
    public var leftOut: String? { Self.leftOut(others: others, withoutPixels: withoutPixels) }

    /// The line of one or several folders.
    public static func leftOut(others: Int, withoutPixels: [String: Int]) -> String? {
        let count = withoutPixels.values.reduce(others, +)
        guard count > 0 else { return nil }
        let kinds = withoutPixels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        return "\(count) \(count == 1 ? "file is no image" : "files are no images") and left out"
            + (kinds.isEmpty ? "" : " (without pixels: \(kinds.joined(separator: ", ")))")
    }
}
