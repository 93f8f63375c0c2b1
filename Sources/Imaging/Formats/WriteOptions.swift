/// How an image is written, where that is not said by the image.
public struct WriteOptions: Sendable, Equatable {
    /// How pixels are compressed in a DICOM file; other formats compress in their own way.
    public var compression: DICOMCompression
    /// Of a JPEG file, 1 to 100; what is less loses more.
    public var jpegQuality = 95

    /// - Parameter compression: how pixels are compressed in a DICOM file.
    public init(compression: DICOMCompression = .none) { self.compression = compression }
}
