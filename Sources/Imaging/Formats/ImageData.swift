import Foundation

extension Image {
    /// Reads an image from the bytes of a file, recognising its format by its content.
    ///
    /// - Parameters:
    ///   - data: the bytes of a whole file in any format that Fovea reads, but for those that keep samples in a second
    ///     file (`.hdr` with `.img`, `.mhd`).
    ///   - name: what errors call it; where it says the name of the file, a damaged one is told better.
    /// - Throws: ``ImageFileError``, where the bytes are of no known format, damaged or more than Fovea reads.
    public init(data: Data, named name: String = "image in memory") throws(ImageFileError) {
        self = try ByteSource(data, named: name).image()
    }

    /// The bytes of a file that holds the image: the very ones that ``ImageFile/write(_:to:overwrite:options:)`` writes.
    ///
    /// - Parameters:
    ///   - format: of the file; see ``ImageFormat/isWritable``.
    ///   - name: what errors call it. A NIfTI is gzipped where it ends in `.gz`.
    ///   - options: how it is written.
    /// - Throws: ``ImageFileError/cannotHold(path:reason:)`` where the format cannot hold the image,
    ///   ``ImageFileError/notFinite(path:column:row:slice:)``, ``ImageFileError/unknownExtension(path:)`` where the format
    ///   is not written.
    public func data(
        as format: ImageFormat, named name: String = "image in memory", options: WriteOptions = WriteOptions()
    ) throws(ImageFileError) -> Data {
        let arranged = try arranged(for: format, path: name)
        try arranged.header.check(for: format, options: options, path: name)
        let destination = ByteDestination(named: name)
        let sink = try format.writer(for: name).sink(for: arranged.header, to: destination, options: options)
        try arranged.hand(to: sink)
        try sink.finish()
        return destination.data
    }
}

extension ImageHeader {
    /// The bytes of a file with this header and the samples that `produce` hands to the sink piece by piece.
    ///
    /// - Parameters:
    ///   - format: of the file; see ``ImageFormat/isWritable``.
    ///   - name: what errors call it. A NIfTI is gzipped where it ends in `.gz`.
    ///   - options: how it is written.
    ///   - produce: hands over the samples.
    /// - Throws: ``ImageFileError``, and what `produce` throws.
    public func data(
        as format: ImageFormat, named name: String = "image in memory", options: WriteOptions = WriteOptions(),
        produce: (any ImageSink) throws -> Void
    ) throws -> Data {
        try check(for: format, options: options, path: name)
        let destination = ByteDestination(named: name)
        try destination.take(self, as: format, options: options, produce: produce)
        return destination.data
    }
}
