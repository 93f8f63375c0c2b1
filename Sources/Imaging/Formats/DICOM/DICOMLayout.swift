/// How the samples of an image are written as the pixel data of a DICOM file.
struct DICOMLayout {
    let source: DICOMSource
    let tag: DICOMTag
    let sampleType: SampleType
    let bitsAllocated: Int
    let bitsStored: Int
    /// Of all pixels before compression.
    let bytes: Int
    let valueRepresentation: String
    let compression: DICOMCompression

    /// - Parameter path: of the file, for the error.
    init(_ header: ImageHeader, _ compression: DICOMCompression, path: String) throws(ImageFileError) {
        guard case .dicom(let source) = header.source else {
            throw .cannotHold(
                path: path,
                reason: "only an image that was read from DICOM can become DICOM; end the name in .nii.gz, .png or .tif"
            )
        }
        do {
            try self.init(header, source, compression)
        } catch {
            throw .cannotHold(path: path, reason: error.message)
        }
    }

    private init(
        _ header: ImageHeader, _ source: DICOMSource, _ compression: DICOMCompression
    ) throws(DICOMFailure) {
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
        self.source = source
        tag = format.tag
        sampleType = header.intensity.sampleType
        self.bitsAllocated = bitsAllocated
        bitsStored = isPalette ? bitsAllocated : format.bitsStored
        self.bytes = bytes
        self.compression = compression
        try compression.check(bitsStored: bitsStored, of: sampleType)
        let isByte = bitsAllocated <= 8 || compression != .none
        valueRepresentation =
            tag == .floatPixelData ? "OF" : tag == .doubleFloatPixelData ? "OD" : isByte ? "OB" : "OW"
    }

    /// What the pixel data is said to be, where the source's word is no longer right.
    func photometric(channels: Int) -> DICOMPixelFormat.Photometric? {
        guard channels == 3 else { return nil }
        return compression == .jpeg2000 ? .ybrRCT : .rgb
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
