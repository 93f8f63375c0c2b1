import Foundation

/// An empty folder that a test may fill; gone when nobody holds it.
public final class TemporaryFolder: Sendable {
    /// Without symbolic links, so that programs name files in it as tests do.
    public let url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        .appendingPathComponent("fovea-\(UUID().uuidString)", isDirectory: true)

    public init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    public subscript(name: String) -> URL { url.appendingPathComponent(name) }

    public var path: String { url.path }

    /// Writes a file, and the folders that its name goes through.
    @discardableResult
    public func write(_ contents: some DataProtocol, to name: String) throws -> URL {
        try FileManager.default.createDirectory(
            at: self[name].deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(contents).write(to: self[name])
        return self[name]
    }

    /// All files in it, hidden ones too, relative and sorted.
    public var files: [String] {
        let walker = FileManager.default.enumerator(atPath: url.path)!
        return walker.compactMap { $0 as? String }.filter { !isFolder($0) }.sorted()
    }

    private func isFolder(_ name: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: self[name].path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
