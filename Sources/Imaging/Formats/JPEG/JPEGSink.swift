import CJPEG

/// Writes a JPEG of the quality that is asked for, without color subsampling.
///
/// The picture is held as bytes until it is complete: the library takes it whole. Spacing is written where JFIF's whole
/// numbers can say it to a thousandth. An image whose polarity is ``Polarity/brightIsLow`` is written with its values
/// mirrored in its stored range and looks as it should.
final class JPEGSink: ImageSink {
    /// What libjpeg takes.
    private static let greatestSize = 65500

    private let destination: ByteDestination
    private let header: ImageHeader
    private let quality: Int
    private var progress: SinkProgress
    private var bytes: [UInt8]
    private var row: [UInt8]

    static func check(_ header: ImageHeader, path: String) throws(ImageFileError) {
        guard header.slices == 1 else {
            throw .cannotHold(path: path, reason: "a JPEG holds one slice, not \(header.slices); write .nii or .tif")
        }
        guard header.intensity.sampleType == .uint8, header.intensity.storedRange == 0...255 else {
            throw .cannotHold(path: path, reason: "a JPEG holds 8 bits, no more and no fewer; write .png, .tif or .nii")
        }
        guard !header.colorModel.hasAlpha else {
            throw .cannotHold(path: path, reason: "a JPEG has no alpha channel; write .png or .tif")
        }
        guard max(header.width, header.height) <= JPEGSink.greatestSize else {
            throw .cannotHold(
                path: path,
                reason: "a JPEG is at most \(JPEGSink.greatestSize) pixels wide and high; write .png or .tif")
        }
    }

    init(header: ImageHeader, _ destination: ByteDestination, quality: Int) {
        self.destination = destination
        self.header = header
        self.quality = min(max(quality, 1), 100)
        progress = SinkProgress(header: header, path: destination.name)
        bytes = []
        bytes.reserveCapacity(header.width * header.height * header.channels)
        row = [UInt8](repeating: 0, count: header.width * header.channels)
    }

    func append(_ band: Pixels) throws(ImageFileError) {
        try progress.take(band)
        for bandRow in 0..<band.height {
            band.encodePictureRow(
                bandRow, intensity: header.intensity, mirror: header.mirrorForPicture, into: &row)
            bytes.append(contentsOf: row)
        }
    }

    func finish() throws(ImageFileError) {
        try progress.finish()
        var file = try compressed()
        // After the start of image and JFIF's own segment.
        let isJFIF = file.count > 20 && file[2..<4] == [0xFF, 0xE0]
        let density =
            header.geometry.spacing.flatMap(JPEGSegments.density)
            ?? header.geometry.relativeSpacing.flatMap(JPEGSegments.shapeDensity)
        if isJFIF, let density {
            file.replaceSubrange(13..<18, with: density)
        }
        let segments =
            (header.colorProfile.map(JPEGSegments.colorProfile) ?? [])
            + (header.derivation.map { JPEGSegments.comment($0.description) } ?? [])
        file.insert(contentsOf: segments, at: isJFIF ? 4 + Int(file[4]) << 8 + Int(file[5]) : 2)
        try destination.write(file)
    }

    private func compressed() throws(ImageFileError) -> [UInt8] {
        let path = destination.name
        guard let encoder = tjInitCompress() else { throw .cannotWrite(path: path, reason: "memory is short") }
        defer { tjDestroy(encoder) }
        let isGray = header.colorModel == .gray
        var result: UnsafeMutablePointer<UInt8>?
        var size: UInt = 0
        defer { tjFree(result) }
        let code = tjCompress2(
            encoder, bytes, Int32(header.width), 0, Int32(header.height),
            isGray ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue, &result, &size,
            Int32(isGray ? TJSAMP_GRAY.rawValue : TJSAMP_444.rawValue), Int32(quality), TJFLAG_ACCURATEDCT)
        guard code == 0, let result else { throw .cannotWrite(path: path, reason: JPEGCodec.message(encoder)) }
        return [UInt8](UnsafeBufferPointer(start: result, count: Int(size)))
    }
}
