import Foundation
import Imaging

/// The image files under a folder.
public struct ImageFolder: Sendable {
    /// Files that are images, or say by their name that they are, in the order of their paths.
    public var images: [URL]
    /// Files of other kinds.
    public var others: [URL]
    /// How many DICOM objects hold no pixels, by what they are.
    public var withoutPixels: [String: Int] = [:]

    /// Looks through a folder and the folders in it. Hidden files and DICOMDIR are left out, and so is all that lies
    /// under `excluded`.
    ///
    /// - Throws: `ImageFileError/missing(path:)`.
    public init(_ folder: URL, excluding excluded: URL? = nil) throws(ImageFileError) {
        guard
            let walker = FileManager.default.enumerator(
                at: folder, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
        else { throw .missing(path: folder.path) }
        let without = excluded.map { $0.standardizedFileURL.path + "/" }
        images = []
        others = []
        for case let file as URL in walker {
            guard (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true,
                file.lastPathComponent != "DICOMDIR",
                without.map({ !file.standardizedFileURL.path.hasPrefix($0) }) ?? true
            else { continue }
            if let kind = ImageFile.kindWithoutPixels(file) {
                withoutPixels[kind, default: 0] += 1
            } else if ImageFormat(pathExtensionOf: file) != nil || (try? ImageFile.format(of: file)) != nil {
                images.append(file)
            } else {
                others.append(file)
            }
        }
        images.sort { $0.path.compare($1.path, options: .numeric) == .orderedAscending }
        others.sort { $0.path < $1.path }
    }

    /// What was left out, in one line for people; `nil` where nothing was.
    public var leftOut: String? { Self.leftOut(others: others.count, withoutPixels: withoutPixels) }

    /// The line of one or several folders.
    public static func leftOut(others: Int, withoutPixels: [String: Int]) -> String? {
        let count = withoutPixels.values.reduce(others, +)
        guard count > 0 else { return nil }
        let kinds = withoutPixels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        return "\(count) \(count == 1 ? "file is no image" : "files are no images") and left out"
            + (kinds.isEmpty ? "" : " (without pixels: \(kinds.joined(separator: ", ")))")
    }
}
