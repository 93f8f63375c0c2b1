import Foundation

/// What is needed to write a derived object of the source's class.
public struct TIFFSource: Sendable { var colorProfile: ColorProfile? }

enum TIFFFile {
    static func recognizes(_ start: [UInt8]) -> Bool { false }
    static func read(_ url: URL) throws(ImageFileError) -> Image { throw .unsupported(path: url.path, feature: "TIFF") }
    static func sink(for header: ImageHeader, at url: URL) throws(ImageFileError) -> any ImageSink {
        throw .unsupported(path: url.path, feature: "TIFF")
    }
}
