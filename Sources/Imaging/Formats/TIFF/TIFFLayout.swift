import CTIFF

/// What the samples of one page are: pages of one file must agree in this.
struct TIFFLayout: Equatable {
    let width: Int
    let height: Int
    /// Samples a pixel as stored: 1 for a palette.
    let storedChannels: Int
    let bits: Int
    let sampleType: SampleType
    let isPlanar: Bool
    let colorModel: ColorModel
    let polarity: Polarity
    let orientation: PictureOrientation
    /// Red, green and blue of a palette's entries, and whether 8 bits say all of them.
    let palette: [[UInt16]]?
    let paletteIs8Bit: Bool

    init(_ handle: TIFFHandle, path: String) throws(ImageFileError) {
        guard let width = handle.uint32(TIFFTAG_IMAGEWIDTH), let height = handle.uint32(TIFFTAG_IMAGELENGTH) else {
            throw .damaged(path: path, detail: "a page without width or height")
        }
        self.width = width
        self.height = height
        bits = handle.uint16(TIFFTAG_BITSPERSAMPLE) ?? 1
        storedChannels = handle.uint16(TIFFTAG_SAMPLESPERPIXEL) ?? 1
        isPlanar = storedChannels > 1 && handle.uint16(TIFFTAG_PLANARCONFIG) == Int(PLANARCONFIG_SEPARATE)
        orientation = PictureOrientation(rawValue: handle.uint16(TIFFTAG_ORIENTATION) ?? 1) ?? .topLeft

        let compression = handle.uint16(TIFFTAG_COMPRESSION) ?? Int(COMPRESSION_NONE)
        guard TIFFIsCODECConfigured(UInt16(compression)) == 1, compression != Int(COMPRESSION_OJPEG) else {
            throw .unsupported(path: path, feature: "TIFF compression \(compression)")
        }
        let photometric = handle.uint16(TIFFTAG_PHOTOMETRIC) ?? Int(PHOTOMETRIC_MINISBLACK)
        let colors: Int
        switch Int32(photometric) {
        case PHOTOMETRIC_MINISBLACK, PHOTOMETRIC_MINISWHITE, PHOTOMETRIC_PALETTE: colors = 1
        case PHOTOMETRIC_RGB: colors = 3
        case PHOTOMETRIC_YCBCR where compression == Int(COMPRESSION_JPEG):
            TIFFHandle.decodeJPEGAsRGB(handle)
            colors = 3
        case PHOTOMETRIC_YCBCR: throw .unsupported(path: path, feature: "YCbCr color without JPEG; convert it to RGB")
        case PHOTOMETRIC_SEPARATED: throw .unsupported(path: path, feature: "CMYK color; convert it to RGB")
        case PHOTOMETRIC_CIELAB: throw .unsupported(path: path, feature: "CIE L*a*b* color; convert it to RGB")
        default: throw .unsupported(path: path, feature: "TIFF photometric interpretation \(photometric)")
        }
        guard storedChannels == colors || storedChannels == colors + 1 else {
            throw .unsupported(
                path: path,
                feature: "\(storedChannels) samples a pixel where \(colors) or, with alpha, \(colors + 1) are expected")
        }
        let hasAlpha = storedChannels > colors
        polarity = photometric == Int(PHOTOMETRIC_MINISWHITE) ? .brightIsLow : .brightIsHigh
        let storedType = try TIFFLayout.sampleType(
            bits: bits, format: handle.uint16(TIFFTAG_SAMPLEFORMAT) ?? Int(SAMPLEFORMAT_UINT), path: path)
        guard bits >= 8 || storedChannels == 1 else {
            throw .unsupported(path: path, feature: "\(storedChannels) samples a pixel of \(bits) bits")
        }
        guard photometric == Int(PHOTOMETRIC_PALETTE) else {
            palette = nil
            paletteIs8Bit = false
            sampleType = storedType
            colorModel = colors == 3 ? (hasAlpha ? .rgba : .rgb) : (hasAlpha ? .grayAlpha : .gray)
            return
        }
        guard !hasAlpha, bits <= 16, !storedType.isSigned, let palette = TIFFLayout.palette(handle, bits: bits) else {
            throw .damaged(path: path, detail: "a palette image whose palette is missing or does not fit")
        }
        self.palette = palette
        // 8-bit colors are stored times 256 or 257.
        paletteIs8Bit = palette.joined().allSatisfy { $0 & 255 == 0 || $0 & 255 == $0 >> 8 }
        sampleType = paletteIs8Bit ? .uint8 : .uint16
        colorModel = .rgb
    }

    private static func sampleType(bits: Int, format: Int, path: String) throws(ImageFileError) -> SampleType {
        let type: SampleType? =
            switch (Int32(format), bits) {
            case (SAMPLEFORMAT_UINT, 1), (SAMPLEFORMAT_UINT, 2), (SAMPLEFORMAT_UINT, 4), (SAMPLEFORMAT_UINT, 8): .uint8
            case (SAMPLEFORMAT_UINT, 16): .uint16
            case (SAMPLEFORMAT_UINT, 32): .uint32
            case (SAMPLEFORMAT_UINT, 64): .uint64
            case (SAMPLEFORMAT_INT, 8): .int8
            case (SAMPLEFORMAT_INT, 16): .int16
            case (SAMPLEFORMAT_INT, 32): .int32
            case (SAMPLEFORMAT_INT, 64): .int64
            case (SAMPLEFORMAT_IEEEFP, 32): .float32
            case (SAMPLEFORMAT_IEEEFP, 64): .float64
            case (SAMPLEFORMAT_VOID, 8): .uint8
            case (SAMPLEFORMAT_VOID, 16): .uint16
            default: nil
            }
        guard let type else {
            let kind =
                [1: "unsigned", 2: "signed", 3: "floating-point", 5: "complex", 6: "complex"][format] ?? "unknown"
            throw .unsupported(
                path: path, feature: "TIFF samples of \(bits) bits, \(kind); convert them to 16-bit or float32")
        }
        return type
    }

    private static func palette(_ handle: TIFFHandle, bits: Int) -> [[UInt16]]? {
        var red: UnsafePointer<UInt16>?
        var green: UnsafePointer<UInt16>?
        var blue: UnsafePointer<UInt16>?
        guard ctiff_get_colormap(handle.file, &red, &green, &blue) == 1, let red, let green, let blue else {
            return nil
        }
        return [red, green, blue].map { Array(UnsafeBufferPointer(start: $0, count: 1 << bits)) }
    }

    var intensity: Intensity {
        Intensity(
            sampleType: sampleType, bitsStored: palette == nil && bits < 8 ? bits : nil, polarity: polarity)
    }

    /// Bytes in a row of one plane, or of all where they are interleaved.
    var rowBytes: Int { (width * (isPlanar ? 1 : storedChannels) * bits + 7) / 8 }

    /// How the page differs from the first, for a reader of the message.
    func difference(from first: TIFFLayout) -> String {
        if (width, height) != (first.width, first.height) {
            return "\(width) × \(height) pixels, page 0 \(first.width) × \(first.height)"
        }
        return "samples of another kind than page 0"
    }
}
