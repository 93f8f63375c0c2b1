import Foundation

/// What is needed to write a derived object of the source's class.
public struct NIfTISource: Sendable {}

enum NIfTIFile {
    static func recognizes(_ start: [UInt8], url: URL) -> Bool { false }
    static func read(_ url: URL) throws(ImageFileError) -> Image { throw .unsupported(path: url.path, feature: "NIfTI") }
    static func sink(for header: ImageHeader, at url: URL) throws(ImageFileError) -> any ImageSink {
        throw .unsupported(path: url.path, feature: "NIfTI")
    }
}
