import Foundation

/// A file format that Fovea reads, and in most cases writes.
public struct ImageFormat: RawRepresentable, Hashable, Sendable, CaseIterable, Codable, CustomStringConvertible {
    /// DICOM (PS3.10).
    public static let dicom = ImageFormat(DICOMCodec())
    /// Portable Network Graphics.
    public static let png = ImageFormat(PNGCodec())
    /// TIFF and BigTIFF.
    public static let tiff = ImageFormat(TIFFCodec())
    /// JPEG.
    public static let jpeg = ImageFormat(JPEGCodec())
    /// NIfTI-1 and -2.
    public static let nifti = ImageFormat(NIfTICodec())
    /// Binary PGM and PPM of the Netpbm family.
    public static let pnm = ImageFormat(PNMCodec())
    /// ITK's MetaImage.
    public static let metaImage = ImageFormat(MetaImageCodec())

    /// All formats, in the order in which a file is asked whether it is one of them.
    ///
    /// DICOM is the first: it leaves the first 128 bytes of a file to anyone, and some fill them with another format's
    /// header.
    public static let allCases: [ImageFormat] = [dicom, png, tiff, jpeg, nifti, pnm, metaImage]

    let codec: any ImageCodec

    init(_ codec: any ImageCodec) { self.codec = codec }

    /// The format of this name, such as `nifti`.
    ///
    /// - Parameter rawValue: as ``rawValue`` spells it.
    public init?(rawValue: String) {
        guard let format = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = format
    }

    /// The format that the name of a file to be written asks for; `nil` where it asks for none that is written.
    ///
    /// - Parameter url: of the file, which need not exist.
    public init?(pathExtensionOf url: URL) {
        let format = Self.allCases.first { format in
            format.writer?.writtenEndings.contains { url.hasEnding($0) } == true
        }
        guard let format else { return nil }
        self = format
    }

    /// The format of a file by how it begins; `nil` where none recognizes it.
    init?(_ start: FileStart) {
        let format = Self.allCases.first { $0.codec.recognizes(start) }
        guard let format = format ?? Self.allCases.first(where: { $0.codec.resembles(start) }) else { return nil }
        self = format
    }

    var writer: (any WritableImageCodec)? { codec as? any WritableImageCodec }

    /// The codec that writes it.
    /// - Parameter path: of the file to be written, for the error.
    func writer(for path: String) throws(ImageFileError) -> any WritableImageCodec {
        guard let writer else { throw .unknownExtension(path: path) }
        return writer
    }

    /// Its name in JSON, such as `nifti`.
    public var rawValue: String { codec.name }
    /// Its name for people, such as `NIfTI`.
    public var title: String { codec.title }
    public var description: String { title }
    /// What the names of its files end in, without the dot, the usual one first.
    public var endings: [String] { codec.endings }
    /// Whether Fovea writes it.
    public var isWritable: Bool { writer != nil }
    /// Whether its files are for looking at, so that maps of numbers are better shown in colors.
    public var isPicture: Bool { writer?.isPicture ?? false }
    /// What the name of a result ends in that is made from an image of this format and has no other name: JPEG's in
    /// `png`, since JPEG loses what was gained.
    public var resultEnding: String { codec.resultEnding }

    /// What the name of a file ends in, without the dot and as it is written: `nii.gz` of `scan.nii.gz`, but `gz` of
    /// `scan.tar.gz`; empty where there is no dot.
    ///
    /// - Parameter url: of the file, which need not exist.
    public static func ending(of url: URL) -> String {
        let known = allCases.flatMap(\.endings).filter { url.hasEnding($0) }.map(\.count).max()
        return known.map { String(url.lastPathComponent.suffix($0)) } ?? url.pathExtension
    }

    public static func == (left: ImageFormat, right: ImageFormat) -> Bool { left.rawValue == right.rawValue }

    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension URL {
    /// Whether the name of a file is more than this ending, in any case of letters.
    fileprivate func hasEnding(_ ending: String) -> Bool {
        lastPathComponent.count > ending.count + 1 && lastPathComponent.lowercased().hasSuffix("." + ending)
    }
}
