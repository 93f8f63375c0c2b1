/// How a data set says its pixel data is laid out (PS3.3 C.7.6.3), checked.
struct DICOMPixelFormat: Sendable {
    enum Photometric: String, Sendable {
        case monochrome1 = "MONOCHROME1"
        case monochrome2 = "MONOCHROME2"
        case palette = "PALETTE COLOR"
        case rgb = "RGB"
        case ybrFull = "YBR_FULL"
        case ybrFull422 = "YBR_FULL_422"
        case ybrPartial422 = "YBR_PARTIAL_422"
        /// JPEG 2000's irreversible and reversible transforms, which its codestream undoes.
        case ybrICT = "YBR_ICT"
        case ybrRCT = "YBR_RCT"

        var samplesPerPixel: Int {
            switch self {
            case .monochrome1, .monochrome2, .palette: 1
            default: 3
            }
        }

        /// Two pixels share their colour in uncompressed data.
        var isSubsampled: Bool { self == .ybrFull422 || self == .ybrPartial422 }
    }

    var columns: Int
    var rows: Int
    var frames: Int
    var photometric: Photometric
    var isPlanar: Bool
    var bitsAllocated: Int
    var bitsStored: Int
    var highBit: Int
    var isSigned: Bool
    var isFloatingPoint: Bool
    /// Which element holds the pixels.
    var tag: DICOMTag

    var extent: PixelExtent { PixelExtent(columns: Double(columns), rows: Double(rows)) }
    var samplesPerPixel: Int { photometric.samplesPerPixel }
    var samplesPerFrame: Int { columns * rows * samplesPerPixel }

    /// Bits of one frame in uncompressed data.
    var bitsPerFrame: Int {
        photometric.isSubsampled ? columns * rows * 2 * bitsAllocated : samplesPerFrame * bitsAllocated
    }

    /// Elements that can hold pixels.
    static let tags: [DICOMTag] = [.pixelData, .floatPixelData, .doubleFloatPixelData]

    init(_ root: DICOMItem) throws(DICOMFailure) {
        guard let tag = Self.tags.first(where: root.contains) else {
            guard !root.contains(.directoryRecordSequence) else {
                throw .unsupported("a DICOMDIR, which lists images but holds none; name the images or their folder")
            }
            let kind = root.string(.sopClassUID).flatMap(DICOMSource.name(ofUID:)) ?? root.string(.modality)
            throw .unsupported("a DICOM object without pixel data" + (kind.map { " (\($0))" } ?? ""))
        }
        self.tag = tag
        isFloatingPoint = tag != .pixelData
        func required(_ tag: DICOMTag, _ name: String, _ range: ClosedRange<Int>) throws(DICOMFailure) -> Int {
            guard let value = root.integer(tag) else { throw .damaged("\(name) \(tag) is missing") }
            guard range.contains(value) else { throw .damaged("\(name) \(tag) is \(value)") }
            return value
        }
        columns = try required(.columns, "Columns", 1...65535)
        rows = try required(.rows, "Rows", 1...65535)
        frames = root.integer(.numberOfFrames) ?? 1
        // Zero frames is a common way to say one.
        if frames == 0 { frames = 1 }
        guard frames > 0 else { throw .damaged("Number of Frames is \(frames)") }

        let samples = root.integer(.samplesPerPixel) ?? 1
        let name = root.string(.photometricInterpretation) ?? (samples == 1 ? "MONOCHROME2" : "RGB")
        guard let photometric = Photometric(rawValue: name) else {
            throw .unsupported("photometric interpretation \(name)")
        }
        guard photometric.samplesPerPixel == samples else {
            throw .damaged("\(name) with \(samples) samples per pixel")
        }
        self.photometric = photometric
        isPlanar = samples > 1 && root.integer(.planarConfiguration) == 1

        if isFloatingPoint {
            bitsAllocated = tag == .floatPixelData ? 32 : 64
            bitsStored = bitsAllocated
            highBit = bitsAllocated - 1
            isSigned = true
        } else {
            bitsAllocated = try required(.bitsAllocated, "Bits Allocated", 1...64)
            guard [1, 8, 16, 32].contains(bitsAllocated) else {
                throw .unsupported("\(bitsAllocated) bits allocated")
            }
            bitsStored = root.integer(.bitsStored) ?? bitsAllocated
            guard (1...bitsAllocated).contains(bitsStored) else {
                throw .damaged("\(bitsStored) bits stored in \(bitsAllocated) allocated")
            }
            highBit = root.integer(.highBit) ?? bitsStored - 1
            // A high bit outside what is allocated says nothing; the usual place is below.
            if !(bitsStored - 1..<bitsAllocated).contains(highBit) { highBit = bitsStored - 1 }
            isSigned = root.integer(.pixelRepresentation) == 1
        }
        guard bitsAllocated > 1 || samples == 1 else { throw .unsupported("colour of 1 bit allocated") }
    }

    var sampleType: SampleType {
        if isFloatingPoint { return bitsAllocated == 32 ? .float32 : .float64 }
        return switch bitsAllocated {
        case ...8: isSigned ? .int8 : .uint8
        case ...16: isSigned ? .int16 : .uint16
        default: isSigned ? .int32 : .uint32
        }
    }
}
