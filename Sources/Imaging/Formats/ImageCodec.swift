/// A file format that can be read. A new one is a type in a folder of its own and a line in ``ImageFormat/allCases``.
protocol ImageCodec: Sendable {
    /// What JSON calls it, such as `nifti`.
    var name: String { get }
    /// What people call it, such as `NIfTI`.
    var title: String { get }
    /// What the names of its files end in, without the dot and in lower case, the usual one first.
    var endings: [String] { get }
    /// What the name of a result ends in that was made from an image of this format and has no other name.
    var resultEnding: String { get }

    /// Whether a file begins as those of this format do, and no others.
    func recognizes(_ start: FileStart) -> Bool
    /// Whether a file might be of this format, if no other one recognizes it.
    func resembles(_ start: FileStart) -> Bool
    func read(from source: ByteSource) throws(ImageFileError) -> Image
    /// What a file of this format is that holds no image by its nature, such as "Basic Text SR"; `nil` for all others.
    func kindWithoutPixels(_ source: ByteSource) -> String?
}

extension ImageCodec {
    func resembles(_ start: FileStart) -> Bool { false }
    func kindWithoutPixels(_ source: ByteSource) -> String? { nil }
}

/// A file format that can be written too.
protocol WritableImageCodec: ImageCodec {
    /// Those of ``ImageCodec/endings`` that a file to be written may have.
    var writtenEndings: [String] { get }
    /// Whether its files are for looking at, so that maps of numbers are better shown in colors.
    var isPicture: Bool { get }

    /// Whether slices are written as they lie, with all that they say each for itself.
    func keepsSlices(of header: ImageHeader) -> Bool
    /// Why a file cannot tell `volumes` on one grid among `slices`; `nil` where it can.
    func reasonAgainst(volumes: Int, of slices: Int) -> String?
    /// What of an image has no place in a file, such as "position and orientation".
    func placeless(of header: ImageHeader) -> [String]
    /// What a file cannot say of an image, in one line; `nil` where nothing is lost but what the format is not for.
    func loss(of header: ImageHeader) -> String?

    /// Refuses, before anything is computed or written, what ``sink(for:to:options:)`` would refuse.
    /// - Parameter name: what errors call the file.
    func check(_ header: ImageHeader, options: WriteOptions, name: String) throws(ImageFileError)
    /// Takes the samples of an image and writes them. What it has written when ``ImageSink/finish()`` returns is a whole
    /// file; the destination is whoever's made it to finish.
    func sink(
        for header: ImageHeader, to destination: ByteDestination, options: WriteOptions
    ) throws(ImageFileError) -> any ImageSink
}

extension WritableImageCodec {
    var writtenEndings: [String] { endings }
    var resultEnding: String { endings[0] }
    var isPicture: Bool { false }

    func keepsSlices(of header: ImageHeader) -> Bool { false }
    func reasonAgainst(volumes: Int, of slices: Int) -> String? { nil }

    func placeless(of header: ImageHeader) -> [String] { pictureLosses(of: header) }

    /// What has no place in the file of a picture.
    func pictureLosses(of header: ImageHeader) -> [String] {
        var lost: [String] = []
        let intensity = header.intensity
        if intensity.slope != 1 || intensity.intercept != 0, !keepsSlices(of: header) {
            lost.append("slope and intercept (\(intensity.slope), \(intensity.intercept); samples are as stored)")
        }
        if header.geometry.affine != nil { lost.append("position and orientation") }
        let hasDepth = header.geometry.affine != nil || header.geometry.sliceSpacing != nil
        if header.slices > 1, hasDepth, !keepsSlices(of: header) { lost.append("slice spacing") }
        return lost
    }

    func loss(of header: ImageHeader) -> String? {
        let lost = placeless(of: header)
        return lost.isEmpty ? nil : "\(title) has no place for \(lost.joined(separator: ", "))"
    }
}
