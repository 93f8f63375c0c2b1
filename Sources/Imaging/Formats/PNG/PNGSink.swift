import CPNG

/// Writes a PNG row by row.
///
/// Holds one slice of unsigned integers up to 16 bits, as they are: 12 bits stored in 16 stay 0…4095. Fewer than 8 bits
/// stored of a gray image become a PNG of 1, 2 or 4 bits. PNG cannot say that low values are bright, so an image whose
/// polarity is ``Polarity/brightIsLow`` is written with its values mirrored in its stored range and looks as it should.
final class PNGSink: ImageSink {
    private let path: String
    private let destination: ByteDestination
    private let context: OpaquePointer
    private let intensity: Intensity
    private let bitDepth: Int
    private let mirror: Float?
    /// Where the image comes from a PNG.
    private let source: PNGSource?
    private var progress: SinkProgress
    private var row: UnsafeMutableRawBufferPointer
    private var packed: [UInt8] = []
    private var keptTexts: [UnsafeMutablePointer<CChar>] = []

    init(header: ImageHeader, _ destination: ByteDestination) throws(ImageFileError) {
        path = destination.name
        intensity = header.intensity
        bitDepth = header.bitsBelowByte ?? header.intensity.sampleType.bits
        mirror = header.mirrorForPicture
        source = header.pictureSource()
        progress = SinkProgress(header: header, path: path)
        guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
            throw .cannotWrite(path: path, reason: "memory is short")
        }
        self.destination = destination
        self.context = context
        let sampleBytes = header.intensity.sampleType.bits / 8
        row = .allocate(byteCount: header.width * header.channels * sampleBytes, alignment: 16)
        if bitDepth < 8 { packed = [UInt8](repeating: 0, count: (header.width * bitDepth + 7) / 8) }

        // The destination lives as long as the context, both of them as long as this.
        try check(
            spng_set_png_stream(
                context,
                { _, destination, bytes, count in
                    guard let destination, let bytes else { return Int32(SPNG_IO_ERROR.rawValue) }
                    let target = Unmanaged<ByteDestination>.fromOpaque(destination).takeUnretainedValue()
                    return (try? target.write(bytes, count: count)) == nil ? Int32(SPNG_IO_ERROR.rawValue) : 0
                }, Unmanaged.passUnretained(destination).toOpaque()))
        // A medical image's noise compresses badly whatever is tried; the fastest setting costs few per cent of size.
        try check(spng_set_option(context, SPNG_IMG_COMPRESSION_LEVEL, 1))
        try check(spng_set_option(context, SPNG_FILTER_CHOICE, Int32(SPNG_FILTER_CHOICE_UP.rawValue)))
        try describe(header)
        let flags = Int32(SPNG_ENCODE_PROGRESSIVE.rawValue | SPNG_ENCODE_FINALIZE.rawValue)
        try check(spng_encode_image(context, nil, 0, Int32(SPNG_FMT_PNG.rawValue), flags))
    }

    deinit {
        row.deallocate()
        spng_ctx_free(context)
        for text in keptTexts { text.deallocate() }
    }

    static func check(_ header: ImageHeader, path: String) throws(ImageFileError) {
        guard header.slices == 1 else {
            throw .cannotHold(path: path, reason: "a PNG holds one slice, not \(header.slices); write .nii or .tif")
        }
        switch header.intensity.sampleType {
        case .uint8, .uint16: break
        case let type where type.isFloatingPoint:
            throw .cannotHold(path: path, reason: "a PNG holds whole numbers, not \(type.rawValue); write .tif or .nii")
        case let type where type.isSigned:
            throw .cannotHold(
                path: path, reason: "a PNG holds no negative values (\(type.rawValue)); write .tif or .nii")
        case let type:
            throw .cannotHold(
                path: path, reason: "a PNG holds 16 bits at most, not \(type.rawValue); write .tif or .nii")
        }
        guard header.width <= 0x7FFF_FFFF, header.height <= 0x7FFF_FFFF else {
            throw .cannotHold(path: path, reason: "a PNG is at most 2147483647 pixels wide and high")
        }
    }

    private func check(_ code: Int32) throws(ImageFileError) {
        guard code != 0 else { return }
        throw destination.failure ?? .cannotWrite(path: path, reason: String(cString: spng_strerror(code)))
    }

    private func describe(_ header: ImageHeader) throws(ImageFileError) {
        let colorType =
            switch header.colorModel {
            case .gray: SPNG_COLOR_TYPE_GRAYSCALE
            case .grayAlpha: SPNG_COLOR_TYPE_GRAYSCALE_ALPHA
            case .rgb: SPNG_COLOR_TYPE_TRUECOLOR
            case .rgba: SPNG_COLOR_TYPE_TRUECOLOR_ALPHA
            }
        var description = spng_ihdr(
            width: UInt32(header.width), height: UInt32(header.height), bit_depth: UInt8(bitDepth),
            color_type: UInt8(colorType.rawValue), compression_method: 0, filter_method: 0, interlace_method: 0)
        try check(spng_set_ihdr(context, &description))
        try describeColor(header)
        if let spacing = header.geometry.spacing, spacing.column > 0, spacing.row > 0 {
            var density = spng_phys(
                ppu_x: PNGSink.pixelsPerMetre(spacing.column),
                ppu_y: PNGSink.pixelsPerMetre(spacing.row), unit_specifier: 1)
            try check(spng_set_phys(context, &density))
        } else if let aspect = header.geometry.relativeSpacing?.wholeDensity(upTo: 0x7FFF_FFFF) {
            var density = spng_phys(ppu_x: UInt32(aspect.x), ppu_y: UInt32(aspect.y), unit_specifier: 0)
            try check(spng_set_phys(context, &density))
        }
        var texts: [PNGText] = []
        if let source { texts = source.texts }
        if let derivation = header.derivation {
            texts.append(
                PNGText(
                    keyword: Array("Description".utf8CString), text: Array(derivation.description.utf8CString),
                    isInternational: true))
        }
        try write(texts)
    }

    /// pHYs counts whole pixels, at least one and at most 2³¹ − 1, to the metre.
    private static func pixelsPerMetre(_ millimetres: Double) -> UInt32 {
        UInt32(min(max((1000 / millimetres).rounded(), 1), 0x7FFF_FFFF))
    }

    private func describeColor(_ header: ImageHeader) throws(ImageFileError) {
        if let profile = header.colorProfile {
            var chunk = spng_iccp()
            withUnsafeMutableBytes(of: &chunk.profile_name) { $0.copyBytes(from: "ICC profile".utf8) }
            chunk.profile_len = profile.bytes.count
            chunk.profile = kept(profile.bytes.map { CChar(bitPattern: $0) })
            try check(spng_set_iccp(context, &chunk))
        }
        guard let source else { return }
        if let intent = source.renderingIntent { try check(spng_set_srgb(context, intent)) }
        if let gamma = source.gamma { try check(spng_set_gama_int(context, gamma)) }
        if var chromaticities = source.chromaticities { try check(spng_set_chrm_int(context, &chromaticities)) }
    }

    private func write(_ texts: [PNGText]) throws(ImageFileError) {
        guard !texts.isEmpty else { return }
        var chunks = texts.map { text in
            var chunk = spng_text()
            withUnsafeMutableBytes(of: &chunk.keyword) { target in
                text.keyword.prefix(79).withUnsafeBytes { target.copyMemory(from: $0) }
            }
            let kind = text.isInternational ? SPNG_ITXT : (text.isCompressed ? SPNG_ZTXT : SPNG_TEXT)
            chunk.type = Int32(kind.rawValue)
            chunk.length = text.text.count - 1
            chunk.text = kept(text.text)
            chunk.compression_flag = text.isInternational && text.isCompressed ? 1 : 0
            chunk.language_tag = kept(text.language)
            chunk.translated_keyword = kept(text.translatedKeyword)
            return chunk
        }
        try check(spng_set_text(context, &chunks, UInt32(chunks.count)))
    }

    /// libspng keeps pointers to texts and profiles until it has written them.
    private func kept(_ text: [CChar]) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
        copy.initialize(from: text, count: text.count)
        keptTexts.append(copy)
        return copy
    }

    func append(_ band: Pixels) throws(ImageFileError) {
        try progress.take(band)
        for bandRow in 0..<band.height {
            band.encodePictureRow(bandRow, intensity: intensity, mirror: mirror, into: row.baseAddress!)
            if bitDepth < 8 {
                SampleCoding.pack(
                    row.baseAddress!.assumingMemoryBound(to: UInt8.self), bits: bitDepth, count: band.width,
                    into: &packed)
                try encode(packed, count: packed.count)
            } else {
                try encode(row.baseAddress!, count: row.count)
            }
        }
    }

    private func encode(_ bytes: UnsafeRawPointer, count: Int) throws(ImageFileError) {
        let code = spng_encode_row(context, bytes, count)
        if code != Int32(SPNG_EOI.rawValue) { try check(code) }
    }

    func finish() throws(ImageFileError) {
        try progress.finish()
    }
}
