import Foundation

/// Writes a DICOM file: the data set up to the pixels at once, then the pixels, then what follows them. In explicit little
/// endian rows are written as they come, so that no more than a band is in memory; compressed, a frame is.
final class DICOMSink: ImageSink {
    private let header: ImageHeader
    private let layout: DICOMLayout
    private let destination: ByteDestination
    private let rest: [UInt8]
    private var progress: SinkProgress
    /// Bits of 1-bit pixels that do not fill a byte yet.
    private var pendingBits: UInt8 = 0
    private var pendingCount = 0
    /// Where pixels are compressed.
    private var encapsulation: DICOMEncapsulation?
    /// The rows of a frame to be compressed.
    private var frame: [UInt8] = []

    init(
        _ header: ImageHeader, _ compression: DICOMCompression, _ destination: ByteDestination
    ) throws(ImageFileError) {
        let layout = try DICOMLayout(header, compression, path: destination.name)
        self.header = header
        self.layout = layout
        self.destination = destination
        progress = SinkProgress(header: header, path: destination.name)
        let start: [UInt8]
        do {
            let dataSet = try DICOMDataSet(decoding: layout.source.encoded)
            try Self.prepare(dataSet.root, header, layout)
            rest = try dataSet.split(after: layout.tag).encoded()
            start = try dataSet.encodedFile(in: compression.transferSyntax)
        } catch {
            throw .cannotHold(path: destination.name, reason: error.message)
        }
        try destination.write(start)
        if compression == .none {
            try destination.write(
                layout.tag.littleEndian + Array(layout.valueRepresentation.utf8) + [0, 0]
                    + UInt32((layout.bytes + 1) / 2 * 2).littleEndianBytes)
        } else {
            encapsulation = try DICOMEncapsulation(frames: header.slices, destination)
        }
    }

    // MARK: Data set

    /// Makes a source's data set that of the image to be written, without its pixels.
    static func prepare(
        _ root: DICOMItem, _ header: ImageHeader, _ layout: DICOMLayout
    ) throws(DICOMFailure) {
        let source = layout.source
        let format = source.format
        // Signatures, offsets and padding are the old encoding's.
        for tag: DICOMTag in [
            .digitalSignaturesSequence, .dataSetTrailingPadding, .macParametersSequence, .extendedOffsetTable,
            .extendedOffsetTableLengths,
        ] {
            root.remove(tag)
        }
        if let derivation = header.derivation {
            let covered = derivation.covered ?? format.extent
            let columns = Double(header.width) / covered.columns
            let rows = Double(header.height) / covered.rows
            if columns != 1 || rows != 1 || covered != format.extent {
                try DICOMResampling(columns: columns, rows: rows, covered: covered).apply(to: root)
            }
            try DICOMDerivation(derivation: derivation, source: source, now: Date()).apply(to: root)
        }
        // Overlays that old files keep in unused bits of the pixels: those bits are not read.
        for tag in root.tags where (0x6000...0x60FF).contains(tag.group) {
            if !root.contains(.overlayData(group: tag.group)) { root.remove(tag) }
        }

        try root.set(.columns, String(header.width))
        try root.set(.rows, String(header.height))
        if !format.isFloatingPoint {
            try root.set(.bitsAllocated, String(layout.bitsAllocated))
            try root.set(.bitsStored, String(layout.bitsStored))
            try root.set(.highBit, String(layout.bitsStored - 1))
            try root.set(.pixelRepresentation, layout.sampleType.isSigned ? "1" : "0")
        }
        if let photometric = layout.photometric(channels: header.channels) {
            try root.set(.samplesPerPixel, "3")
            try root.set(.photometricInterpretation, photometric.rawValue)
            try root.set(.planarConfiguration, "0")
        }
        if format.photometric == .palette {
            for tag in DICOMTag.palette { root.remove(tag) }
        }
        if source.isLossy { try root.set(.lossyImageCompression, "01") }

        // A file needs a class and an identity; the oldest ones have neither.
        if root.string(.sopClassUID) == nil { try root.set(.sopClassUID, DICOMClass.secondaryCapture.rawValue) }
        if root.string(.sopInstanceUID) == nil { try root.set(.sopInstanceUID, DICOMSource.newUID()) }
    }

    // MARK: Pixels

    func append(_ band: Pixels) throws(ImageFileError) {
        try progress.take(band)
        guard layout.bitsAllocated > 1 else { return try destination.write(packedBits(band)) }
        let count = band.samples.count * layout.bitsAllocated / 8
        guard count > 0 else { return }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            band.samples.withUnsafeBufferPointer { samples in
                SampleCoding.encode(
                    samples.baseAddress!, planeStride: band.planeCount, pixels: band.planeCount,
                    channels: band.channels, as: header.intensity, into: UnsafeMutableRawPointer(bytes.baseAddress!)
                )
            }
            initialized = count
        }
        guard encapsulation != nil else { return try destination.write(bytes) }
        frame += bytes
        if progress.isAtSliceStart { try compressFrame() }
    }

    private func compressFrame() throws(ImageFileError) {
        let codestream: [UInt8]
        do {
            codestream = try layout.compression.encode(
                frame, columns: header.width, rows: header.height, samplesPerPixel: header.channels, layout)
        } catch {
            throw .cannotHold(path: destination.name, reason: error.message)
        }
        try encapsulation!.append(codestream)
        frame.removeAll(keepingCapacity: true)
    }

    func finish() throws(ImageFileError) {
        try progress.finish()
        if let encapsulation {
            try encapsulation.finish()
        } else {
            if pendingCount > 0 { try destination.write([pendingBits]) }
            if layout.bytes % 2 == 1 { try destination.write([0]) }
        }
        try destination.write(rest)
    }

    /// Eight pixels a byte, the first in the lowest bit, without padding between rows or frames.
    private func packedBits(_ band: Pixels) -> [UInt8] {
        var bytes: [UInt8] = []
        for sample in band.samples {
            if header.intensity.quantized(sample) > 0 { pendingBits |= 1 << UInt8(pendingCount) }
            pendingCount += 1
            if pendingCount == 8 {
                bytes.append(pendingBits)
                (pendingBits, pendingCount) = (0, 0)
            }
        }
        return bytes
    }
}
