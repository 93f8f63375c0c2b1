/// Writes a NIfTI file band by band: .nii as it is, .nii.gz gzipped.
///
/// Keeps the header of a NIfTI source with its extensions and brings dimensions, pixdim, sform and qform up to date. A
/// NIfTI-1 header whose dimensions outgrow 32767 becomes a NIfTI-2 one. NIfTI cannot say that low values are bright:
/// values are what is kept, so such an image looks inverted in a viewer.
final class NIfTISink: ImageSink {
    private let output: PackedDestination
    private let intensity: Intensity
    private var progress: SinkProgress

    init(header image: ImageHeader, _ destination: ByteDestination) throws(ImageFileError) {
        let name = destination.name
        var header = try NIfTIHeader(for: image, path: name)
        var extensions: [NIfTIExtension] = []
        if case .nifti(let source) = image.source { extensions = source.extensions }
        if let derivation = image.derivation {
            extensions.append(NIfTIExtension(code: NIfTIExtension.comment, data: Array(derivation.description.utf8)))
        }
        let block = NIfTISink.block(extensions)
        header.set(.voxelOffset, Double(header.version.headerSize + block.count))

        output = try PackedDestination(destination, isGzipped: name.lowercased().hasSuffix(".gz"))
        intensity = image.intensity
        progress = SinkProgress(header: image, path: name)
        let start = header.bytes + block
        try output.write(start, count: start.count)
    }

    /// What lies between header and samples: the flag that there are extensions, and they, padded to 16 bytes.
    private static func block(_ extensions: [NIfTIExtension]) -> [UInt8] {
        var block: [UInt8] = [extensions.isEmpty ? 0 : 1, 0, 0, 0]
        for piece in extensions {
            let size = (piece.data.count + 8 + 15) / 16 * 16
            for number in [Int32(size), piece.code] { withUnsafeBytes(of: number) { block.append(contentsOf: $0) } }
            block.append(contentsOf: piece.data)
            block.append(contentsOf: repeatElement(0, count: size - 8 - piece.data.count))
        }
        return block
    }

    func append(_ band: Pixels) throws(ImageFileError) {
        try progress.take(band)
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: band.samples.count * intensity.sampleType.bits / 8, alignment: 16)
        defer { bytes.deallocate() }
        band.samples.withUnsafeBufferPointer {
            SampleCoding.encode(
                $0.baseAddress!, planeStride: band.planeCount, pixels: band.planeCount, channels: band.channels,
                as: intensity, into: bytes.baseAddress!)
        }
        try output.write(bytes.baseAddress!, count: bytes.count)
    }

    func finish() throws(ImageFileError) {
        try progress.finish()
        try output.finish()
    }
}
