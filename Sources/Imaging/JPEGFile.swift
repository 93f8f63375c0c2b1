import Foundation

/// What is needed to write a derived object of the source's class.
public struct JPEGSource: Sendable { var colorProfile: ColorProfile? }

enum JPEGFile {
    static func recognizes(_ start: [UInt8]) -> Bool { false }
    static func read(_ url: URL) throws(ImageFileError) -> Image { throw .unsupported(path: url.path, feature: "JPEG") }
    static func sink(for header: ImageHeader, at url: URL) throws(ImageFileError) -> any ImageSink {
        throw .unsupported(path: url.path, feature: "JPEG")
    }
}
