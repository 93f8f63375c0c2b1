import Foundation

/// Writes a DICOM file in explicit little endian: the data set up to the pixels at once, then the pixels row by row as
/// they come, then what follows them, so that no more than a band is in memory.
final class DICOMSink: ImageSink {
    private let path: String
    private let header: ImageHeader
    private let layout: Layout
    private let file: UnsafeMutablePointer<FILE>
    private let rest: [UInt8]
    private var progress: SinkProgress
    /// Bits of 1-bit pixels that do not fill a byte yet.
    private var pendingBits: UInt8 = 0
    private var pendingCount = 0

    /// How samples are written.
    private struct Layout {
        var tag: DICOMTag
        var sampleType: SampleType
        var bitsAllocated: Int
        var bytes: Int
        var valueRepresentation: String
    }

    init(_ header: ImageHeader, at url: URL) throws(ImageFileError) {
        path = url.path
        self.header = header
        progress = SinkProgress(header: header, path: url.path)
        guard case .dicom(let source) = header.source else {
            throw .cannotHold(
                path: url.path,
                reason: "only an image that was read from DICOM can become DICOM; end the name in .nii.gz, .png or .tif"
            )
        }
        let dataSet: DICOMDataSet
        do {
            layout = try Self.layout(header, source)
            dataSet = try DICOMDataSet(decoding: source.encoded)
            try Self.prepare(dataSet.root, header, source, layout)
            rest = try dataSet.split(after: layout.tag).encoded()
        } catch {
            throw .cannotHold(path: url.path, reason: error.message)
        }
        do {
            try dataSet.save(to: url.path)
        } catch {
            throw .cannotWrite(path: url.path, reason: error.message)
        }
        guard let file = fopen(url.path, "ab") else {
            throw .cannotWrite(path: url.path, reason: String(cString: strerror(errno)))
        }
        self.file = file
        var start: [UInt8] = []
        for part in [UInt16(layout.tag.group), layout.tag.element] { start += Self.littleEndian(part) }
        start += Array(layout.valueRepresentation.utf8) + [0, 0]
        start += Self.littleEndian(UInt32((layout.bytes + 1) / 2 * 2))
        try write(start)
    }

    deinit { fclose(file) }

    // MARK: Data set

    private static func layout(_ header: ImageHeader, _ source: DICOMSource) throws(DICOMFailure) -> Layout {
        let format = source.format
        let isPalette = format.photometric == .palette
        let bitsAllocated = isPalette ? header.intensity.sampleType.bits : format.bitsAllocated
        guard header.channels == (isPalette ? 3 : format.samplesPerPixel), header.slices == format.frames,
            isPalette || header.intensity.sampleType == format.sampleType
        else {
            throw .unsupported("its channels, frames or sample type are no longer those of the DICOM file it came from")
        }
        guard format.frames == 1 || header.arrangement != nil else {
            throw .unsupported("its frames were arranged as volumes and are no longer those of its DICOM file")
        }
        let covered = header.derivation?.covered ?? format.extent
        let columns = Double(header.width) / covered.columns
        let rows = Double(header.height) / covered.rows
        guard header.geometry.isClose(to: source.geometry.scaled(columns: columns, rows: rows)) else {
            throw .unsupported("it no longer covers the field of view of the DICOM file it came from")
        }
        guard header.derivation != nil || (columns == 1 && rows == 1) else {
            throw .unsupported("its size changed but its header does not say by what")
        }
        guard max(header.width, header.height) <= 65535 else {
            throw .unsupported("\(header.width) × \(header.height) pixels; DICOM has at most 65535 × 65535")
        }
        let bits = header.width * header.height * header.channels * header.slices * bitsAllocated
        let bytes = (bits + 7) / 8
        guard bytes < Int(UInt32.max) - 1 else {
            throw .unsupported("\(bytes) bytes of pixels; uncompressed DICOM has at most 4 GiB")
        }
        return Layout(
            tag: format.tag, sampleType: header.intensity.sampleType, bitsAllocated: bitsAllocated, bytes: bytes,
            valueRepresentation: format.tag == .floatPixelData
                ? "OF" : format.tag == .doubleFloatPixelData ? "OD" : bitsAllocated <= 8 ? "OB" : "OW")
    }

    private static func prepare(
        _ root: DICOMItem, _ header: ImageHeader, _ source: DICOMSource, _ layout: Layout
    ) throws(DICOMFailure) {
        let format = source.format
        // Signatures, offsets and padding are the old encoding's.
        for tag: UInt32 in [0xFFFA_FFFA, 0xFFFC_FFFC, 0x4FFE_0001, 0x7FE0_0001, 0x7FE0_0002] {
            root.remove(DICOMTag(tag))
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
            if !root.contains(DICOMTag(UInt32(tag.group) << 16 | 0x3000)) { root.remove(tag) }
        }

        try root.set(.columns, String(header.width))
        try root.set(.rows, String(header.height))
        if !format.isFloatingPoint {
            let bitsStored = format.photometric == .palette ? layout.bitsAllocated : format.bitsStored
            try root.set(.bitsAllocated, String(layout.bitsAllocated))
            try root.set(.bitsStored, String(bitsStored))
            try root.set(.highBit, String(bitsStored - 1))
            try root.set(.pixelRepresentation, layout.sampleType.isSigned ? "1" : "0")
        }
        if header.channels == 3 {
            try root.set(.samplesPerPixel, "3")
            try root.set(.photometricInterpretation, "RGB")
            try root.set(.planarConfiguration, "0")
        }
        if format.photometric == .palette {
            for tag in root.tags where Self.palette.contains(tag) { root.remove(tag) }
        }
        if source.isLossy { try root.set(.lossyImageCompression, "01") }

        // A file needs a class and an identity; the oldest ones have neither.
        if root.string(.sopClassUID) == nil { try root.set(.sopClassUID, Self.secondaryCapture) }
        if root.string(.sopInstanceUID) == nil { try root.set(.sopInstanceUID, DICOMSource.newUID()) }
    }

    private static let secondaryCapture = "1.2.840.10008.5.1.4.1.1.7"

    /// Descriptors, identity, tables and segmented tables.
    private static let palette = [
        DICOMTag(0x0028_1101), DICOMTag(0x0028_1102), DICOMTag(0x0028_1103), DICOMTag(0x0028_1199),
        DICOMTag(0x0028_1201), DICOMTag(0x0028_1202), DICOMTag(0x0028_1203), DICOMTag(0x0028_1221),
        DICOMTag(0x0028_1222), DICOMTag(0x0028_1223),
    ]

    // MARK: Pixels

    func append(_ band: Pixels) throws(ImageFileError) {
        try progress.take(band)
        guard layout.bitsAllocated > 1 else { return try write(packedBits(band)) }
        let count = band.samples.count * layout.bitsAllocated / 8
        guard count > 0 else { return }
        try write(
            [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
                band.samples.withUnsafeBufferPointer { samples in
                    SampleCoding.encode(
                        samples.baseAddress!, planeStride: band.planeCount, pixels: band.planeCount,
                        channels: band.channels, as: header.intensity, into: UnsafeMutableRawPointer(bytes.baseAddress!)
                    )
                }
                initialized = count
            })
    }

    func finish() throws(ImageFileError) {
        try progress.finish()
        if pendingCount > 0 { try write([pendingBits]) }
        if layout.bytes % 2 == 1 { try write([0]) }
        try write(rest)
        guard fflush(file) == 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
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

    private func write(_ bytes: [UInt8]) throws(ImageFileError) {
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private static func littleEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
}

extension Geometry {
    /// Whether every pixel lies where the other has it, within what decimal strings keep.
    fileprivate func isClose(to other: Geometry) -> Bool {
        func close(_ left: SIMD3<Double>, _ right: SIMD3<Double>) -> Bool {
            let difference = left - right
            return (difference * difference).sum() <= 1e-8 * (1 + (right * right).sum())
        }
        switch (affine, other.affine) {
        case (nil, nil): break
        case (let left?, let right?):
            guard close(left.column, right.column), close(left.row, right.row), close(left.origin, right.origin) else {
                return false
            }
        default: return false
        }
        switch (spacing, other.spacing) {
        case (nil, nil): return true
        case (let left?, let right?):
            return abs(left.column - right.column) <= 1e-4 * right.column
                && abs(left.row - right.row) <= 1e-4 * right.row
        default: return false
        }
    }
}
