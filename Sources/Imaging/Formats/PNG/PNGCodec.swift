import CPNG

/// What a PNG file says beside its pixels, to be said again by files derived from it.
public struct PNGSource: PictureSource {
    /// The iCCP chunk.
    public internal(set) var colorProfile: ColorProfile?
    /// sRGB, gAMA and cHRM, as stored.
    var renderingIntent: UInt8?
    var gamma: UInt32?
    var chromaticities: spng_chrm_int?
    var texts: [PNGText] = []
}

/// A tEXt, zTXt or iTXt chunk; `keyword` and `text` are in the chunk's own encoding.
struct PNGText: Sendable {
    var keyword: [CChar]
    var text: [CChar]
    var language: [CChar] = [0]
    var translatedKeyword: [CChar] = [0]
    var isInternational = false
    var isCompressed = false
}

/// Portable Network Graphics (ISO/IEC 15948): 1 to 16 bit gray, RGB, palette, with and without alpha.
///
/// A palette is replaced by its colours, and a transparent colour by an alpha channel. Gray of 1, 2 or 4 bits stays
/// what it is. pHYs is the spacing, without a unit the relative one.
struct PNGCodec: WritableImageCodec {
    let name = "png"
    let title = "PNG"
    let endings = ["png"]
    let isPicture = true

    func recognizes(_ start: FileStart) -> Bool {
        start.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }

    func read(from source: ByteSource) throws(ImageFileError) -> Image {
        let reader = try PNGReader(source)
        var image = try reader.image()
        if let pictures = Self.animationLength(source), pictures > 1 {
            image.header.warnings.append("an animation of \(pictures) pictures, of which the first alone is taken")
        }
        return image
    }

    /// How many pictures an animated PNG has, by its animation control chunk, which stands before the first picture's
    /// data (Portable Network Graphics, third edition, section 11.3.4.1); `nil` where there is none.
    private static func animationLength(_ source: ByteSource) -> UInt32? {
        func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
        var offset = 8
        while true {
            let head = source.bytes(at: offset, count: 12)
            guard head.count == 12 else { return nil }
            let type = String(decoding: head[4..<8], as: UTF8.self)
            if type == "acTL" { return number(head.suffix(4)) }
            guard type != "IDAT" else { return nil }
            offset += 12 + Int(number(head.prefix(4)))
        }
    }

    func check(_ header: ImageHeader, options: WriteOptions, name: String) throws(ImageFileError) {
        try PNGSink.check(header, path: name)
    }

    func sink(
        for header: ImageHeader, to destination: ByteDestination, options: WriteOptions
    ) throws(ImageFileError) -> any ImageSink {
        try PNGSink(header: header, destination)
    }

    /// What libspng reports, as the error a reader of the file is told.
    static func readError(_ code: Int32, path: String) -> ImageFileError {
        let detail = String(cString: spng_strerror(code))
        return switch spng_errno(code) {
        case SPNG_IO_EOF, SPNG_EIDAT_TOO_SHORT, SPNG_EOF: .truncated(path: path, detail: detail)
        case SPNG_ECHUNK_UNKNOWN_CRITICAL: .unsupported(path: path, feature: "PNG with an \(detail)")
        case SPNG_EMEM, SPNG_EOVERFLOW, SPNG_ECHUNK_LIMITS:
            .unsupported(path: path, feature: "PNG so large (\(detail))")
        default: .damaged(path: path, detail: detail)
        }
    }
}
