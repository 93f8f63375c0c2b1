/// Takes the samples of one image in order, slice after slice, each from top to bottom, so that a result larger than
/// memory can be written. Samples come in stored units; the sink rounds and clamps them with ``Intensity/quantized(_:)``.
public protocol ImageSink: AnyObject {
    /// The next rows of the current slice: any number of whole rows, all channels.
    ///
    /// - Parameter band: as wide as the image.
    func append(_ band: Pixels) throws(ImageFileError)
    /// Completes the file. Throws if rows are missing.
    func finish() throws(ImageFileError)
}
