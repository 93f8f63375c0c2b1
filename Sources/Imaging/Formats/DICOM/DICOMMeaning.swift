/// What a data set says of samples that are no intensities: labels, indices of a palette, padding, many pictures in one.
struct DICOMMeaning {
    let root: DICOMItem
    private let isMonochrome: Bool

    init(_ root: DICOMItem) {
        self.root = root
        isMonochrome = ["MONOCHROME1", "MONOCHROME2"].contains(root.string(.photometricInterpretation) ?? "MONOCHROME2")
    }

    /// Segmentations (PS3.3 C.8.20.2) are codes, fractional ones among them: what lies between 0 and the Maximum
    /// Fractional Value has a meaning, what a filter makes beyond them has none. So are stored values that a
    /// Supplemental Palette Color Lookup Table shows (C.7.6.19), where Pixel Presentation says COLOR or MIXED.
    var samples: SampleMeaning {
        if let kind = root.sopClass.flatMap({ Self.segmentations[$0] }) { return .codes(statement: kind) }
        if root.string(.modality) == "SEG" || root.contains(.segmentationType) {
            return .codes(statement: "DICOM modality SEG")
        }
        guard isMonochrome else { return .quantity }
        let presentation = pixelPresentation
        guard
            presentation == "COLOR" || presentation == "MIXED"
                || presentation == nil && root.contains(.redPaletteColorLookupTableDescriptor)
        else { return .quantity }
        return .codes(statement: "indices of a DICOM supplemental palette")
    }

    private static let segmentations = [
        DICOMClass.segmentation: "DICOM Segmentation", .labelMapSegmentation: "DICOM Label Map Segmentation",
    ]

    /// Of the image (C.8.16.2), or where any frame's is COLOR or MIXED that.
    private var pixelPresentation: String? {
        let stated = root.string(.pixelPresentation)
        guard stated != "COLOR", stated != "MIXED", root.contains(.redPaletteColorLookupTableDescriptor) else {
            return stated
        }
        let frames = macros.compactMap { $0.string(.pixelPresentation) }
        return frames.first { $0 == "COLOR" || $0 == "MIXED" } ?? stated ?? frames.first
    }

    /// The items of all functional groups, shared and of each frame.
    private var macros: [DICOMItem] {
        (root.items(.sharedFunctionalGroups) + root.items(.perFrameFunctionalGroups)).flatMap { group in
            group.tags.flatMap(group.items)
        }
    }

    /// The stored values from Pixel Padding Value to Pixel Padding Range Limit, both included, in either order (PS3.3
    /// C.7.5.1.1.2); of floating-point pixels those that have tags of their own (C.7.6.24, C.7.6.25). Padding is of gray
    /// images; in color it means nothing.
    ///
    /// - Throws: where frames differ in it.
    func padding(_ format: DICOMPixelFormat) throws(DICOMFailure) -> ClosedRange<Float>? {
        guard isMonochrome else { return nil }
        if let padding = Self.padding(root, format) { return padding }
        guard root.contains(.sharedFunctionalGroups) || root.contains(.perFrameFunctionalGroups) else { return nil }
        let stated = macros.compactMap { Self.padding($0, format) }
        guard let first = stated.first else { return nil }
        guard stated.allSatisfy({ $0 == first }) else {
            throw .unsupported("frames whose Pixel Padding Values differ; split them")
        }
        return first
    }

    private static func padding(_ item: DICOMItem, _ format: DICOMPixelFormat) -> ClosedRange<Float>? {
        let value: Float?
        let limit: Float?
        switch format.tag {
        case .floatPixelData:
            value = item.number(.floatPadding).map { Float($0) }
            limit = item.number(.floatPaddingLimit).map { Float($0) }
        case .doubleFloatPixelData:
            value = item.number(.doubleFloatPadding).map { Float($0) }
            limit = item.number(.doubleFloatPaddingLimit).map { Float($0) }
        default:
            value = stored(item, .pixelPaddingValue, format)
            limit = stored(item, .pixelPaddingRangeLimit, format)
        }
        guard let value else { return nil }
        let other = limit ?? value
        return min(value, other)...max(value, other)
    }

    /// A word of the pixels' sign, whatever value representation it was written with: US 63536 of signed pixels is −2000.
    /// So is 14384 of 14 bits, if written without the bits above.
    private static func stored(_ item: DICOMItem, _ tag: DICOMTag, _ format: DICOMPixelFormat) -> Float? {
        guard let bytes = try? item.bytes(tag) else { return nil }
        let value: Int
        switch bytes.count {
        case 2:
            let word = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
            value = format.isSigned ? Int(Int16(bitPattern: word)) : Int(word)
        case 4:
            let word = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            value = format.isSigned ? Int(Int32(bitPattern: word)) : Int(word)
        default:
            guard let text = item.integer(tag) else { return nil }
            value = text
        }
        let modulus = 1 << format.bitsStored
        let isWithout = format.isSigned && value >= modulus / 2 && value < modulus
        return Float(exactly: isWithout ? value - modulus : value)
    }

    /// Siemens' mosaics are many slices side by side in one picture: their borders are no neighbours, and the data set's
    /// position and spacing are not those of the slices.
    func refuseMosaic() throws(DICOMFailure) {
        guard isMosaic else { return }
        throw .unsupported("a mosaic, many slices in one picture; take it apart first, with dcm2niix for one")
    }

    private var isMosaic: Bool {
        if root.strings(.imageType).contains("MOSAIC") { return true }
        // NumberOfImagesInMosaic
        guard root.string(.siemensMRHeaderCreator) == "SIEMENS MR HEADER" else { return false }
        let bytes = (try? root.bytes(.siemensNumberOfImagesInMosaic)) ?? []
        return bytes.count == 2 && bytes != [0, 0] && bytes != [1, 0]
    }

    /// Dose counted in steps so small that all 32 bits are used: what is kept of them, 24 significant bits, is 6e-8 of
    /// each dose.
    var isDose: Bool {
        root.sopClass == .rtDose || root.string(.modality) == "RTDOSE"
    }
}
