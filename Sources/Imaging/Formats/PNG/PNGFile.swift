import CPNG
import Foundation

/// What a PNG file says beside its pixels, to be said again by files derived from it.
public struct PNGSource: Sendable {
    var colorProfile: ColorProfile?
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
enum PNGFile {
    static func recognizes(_ start: [UInt8]) -> Bool {
        start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }

    static func read(_ url: URL) throws(ImageFileError) -> Image {
        let reader = try PNGReader(path: url.path)
        var image = try reader.image()
        if let pictures = animationLength(url.path), pictures > 1 {
            image.header.warnings.append("an animation of \(pictures) pictures, of which the first alone is taken")
        }
        return image
    }

    /// How many pictures an animated PNG has, by its animation control chunk, which stands before the first picture's
    /// data (Portable Network Graphics, third edition, section 11.3.4.1); `nil` where there is none.
    private static func animationLength(_ path: String) -> UInt32? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        func number(_ bytes: Data) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
        var offset: UInt64 = 8
        while (try? file.seek(toOffset: offset)) != nil, let head = try? file.read(upToCount: 12), head.count == 12 {
            let type = String(decoding: head.dropFirst(4).prefix(4), as: UTF8.self)
            if type == "acTL" { return number(head.suffix(4)) }
            guard type != "IDAT" else { return nil }
            offset += 12 + UInt64(number(head.prefix(4)))
        }
        return nil
    }

    static func sink(for header: ImageHeader, at url: URL) throws(ImageFileError) -> any ImageSink {
        try PNGSink(header: header, path: url.path)
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

/// One PNG file being read.
private final class PNGReader {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>
    private let context: OpaquePointer
    private var header = spng_ihdr()

    init(path: String) throws(ImageFileError) {
        guard let file = fopen(path, "rb") else {
            throw .damaged(path: path, detail: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard let context = spng_ctx_new(0) else {
            fclose(file)
            throw .unsupported(path: path, feature: "PNG while memory is short")
        }
        self.path = path
        self.file = file
        self.context = context
        // A damaged pHYs or iCCP would change what the picture means; it is an error like any other.
        spng_set_crc_action(context, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_ERROR.rawValue))
        spng_set_chunk_limits(context, 64 << 20, 64 << 20)
        try check(spng_set_png_file(context, file))
        try check(spng_get_ihdr(context, &header))
    }

    deinit {
        spng_ctx_free(context)
        fclose(file)
    }

    private func check(_ code: Int32) throws(ImageFileError) {
        guard code == 0 else { throw PNGFile.readError(code, path: path) }
    }

    /// Calls a getter of an optional chunk.
    private func chunk<Value>(
        _ empty: Value, _ get: (OpaquePointer?, UnsafeMutablePointer<Value>?) -> Int32
    ) throws(ImageFileError) -> Value? {
        var value = empty
        let code = get(context, &value)
        if code == Int32(SPNG_ECHUNKAVAIL.rawValue) { return nil }
        try check(code)
        return value
    }

    func image() throws(ImageFileError) -> Image {
        let width = Int(header.width)
        let height = Int(header.height)
        let palette = try chunk(spng_plte(), spng_get_plte)
        let transparency = try chunk(spng_trns(), spng_get_trns)
        let layout = PNGLayout(header: header, palette: palette, transparency: transparency)
        let channels = layout.colorModel.channels
        let count = try DecodedSize.samples(width: width, height: height, channels: channels, path: path)
        let rowBytes = (width * layout.storedChannels * Int(header.bit_depth) + 7) / 8
        try DecodedSize.check(
            bytes: rowBytes * height, inFileOf: DecodedSize.fileSize(path), expandingAtMost: DecodedSize.deflateRatio,
            path: path)

        var samples = [Float](unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
        try decode(into: &samples, layout: layout, rowBytes: rowBytes)
        try check(spng_decode_chunks(context))
        // libspng does not mind the last chunk's checksum missing.
        guard feof(file) == 0 else { throw .truncated(path: path, detail: "within the last chunk") }
        let (source, geometry) = try source()
        return Image(
            header: ImageHeader(
                width: width, height: height, colorModel: layout.colorModel, geometry: geometry,
                intensity: layout.intensity, source: .png(source)),
            pixels: Pixels(width: width, height: height, channels: channels, samples: samples))
    }

    private func decode(
        into samples: inout [Float], layout: PNGLayout, rowBytes: Int
    ) throws(ImageFileError) {
        let height = Int(header.height)
        let width = Int(header.width)
        let format = Int32(SPNG_FMT_PNG.rawValue)
        // Adam7 needs the whole picture at once; otherwise a row at a time is enough.
        let isInterlaced = header.interlace_method != 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: isInterlaced ? rowBytes * height : rowBytes, alignment: 16)
        defer { buffer.deallocate() }
        // Samples smaller than a byte are merged into what is there.
        if isInterlaced { buffer.initializeMemory(as: UInt8.self, repeating: 0) }
        let converter = PNGRowConverter(layout: layout, width: width)
        if isInterlaced {
            try check(spng_decode_image(context, buffer.baseAddress, buffer.count, format, 0))
        } else {
            try check(spng_decode_image(context, nil, 0, format, Int32(SPNG_DECODE_PROGRESSIVE.rawValue)))
        }
        for row in 0..<height {
            if !isInterlaced {
                let code = spng_decode_row(context, buffer.baseAddress, rowBytes)
                if code != Int32(SPNG_EOI.rawValue) || row != height - 1 { try check(code) }
            }
            let start = buffer.baseAddress! + (isInterlaced ? row * rowBytes : 0)
            let problem = samples.withUnsafeMutableBufferPointer {
                converter.convert(start, into: $0.baseAddress! + row * width, planeStride: width * height)
            }
            if let problem { throw .damaged(path: path, detail: problem) }
        }
    }

    private func source() throws(ImageFileError) -> (PNGSource, Geometry) {
        var source = PNGSource()
        if let profile = try chunk(spng_iccp(), spng_get_iccp) {
            source.colorProfile = ColorProfile(
                bytes: [UInt8](UnsafeRawBufferPointer(start: profile.profile, count: profile.profile_len)))
        }
        source.renderingIntent = try chunk(UInt8(0), spng_get_srgb)
        source.gamma = try chunk(UInt32(0), spng_get_gama_int)
        source.chromaticities = try chunk(spng_chrm_int(), spng_get_chrm_int)
        source.texts = try texts()
        guard let density = try chunk(spng_phys(), spng_get_phys), density.ppu_x > 0, density.ppu_y > 0 else {
            return (source, Geometry())
        }
        let (x, y) = (Double(density.ppu_x), Double(density.ppu_y))
        var geometry = Geometry()
        if density.unit_specifier == 1 {
            geometry.spacing = PixelSpacing(column: 1000 / x, row: 1000 / y)
        } else {
            geometry.relativeSpacing = PixelSpacing(column: 1 / x, row: 1 / y)
        }
        return (source, geometry)
    }

    private func texts() throws(ImageFileError) -> [PNGText] {
        var count: UInt32 = 0
        let code = spng_get_text(context, nil, &count)
        if code == Int32(SPNG_ECHUNKAVAIL.rawValue) { return [] }
        try check(code)
        var chunks = [spng_text](repeating: spng_text(), count: Int(count))
        try check(spng_get_text(context, &chunks, &count))
        return chunks.map { chunk in
            PNGText(
                keyword: withUnsafeBytes(of: chunk.keyword) { Array($0.bindMemory(to: CChar.self)) },
                text: Array(UnsafeBufferPointer(start: chunk.text, count: chunk.length)) + [0],
                language: chunk.language_tag.map { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) } ?? [
                    0
                ],
                translatedKeyword: chunk.translated_keyword.map {
                    Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                } ?? [0],
                isInternational: chunk.type == Int32(SPNG_ITXT.rawValue),
                isCompressed: chunk.type == Int32(SPNG_ZTXT.rawValue) || chunk.compression_flag != 0)
        }
    }
}

/// What the samples of a PNG row are and become.
private struct PNGLayout {
    let colorType: spng_color_type
    let bitDepth: Int
    let palette: [spng_plte_entry]?
    /// Opacity of the palette's first entries.
    let paletteAlpha: [UInt8]
    /// The stored colour that stands for a transparent pixel.
    let transparentColor: [UInt16]?

    init(header: spng_ihdr, palette: spng_plte?, transparency: spng_trns?) {
        colorType = spng_color_type(UInt32(header.color_type))
        bitDepth = Int(header.bit_depth)
        let isIndexed = colorType == SPNG_COLOR_TYPE_INDEXED
        self.palette =
            isIndexed
            ? palette.map { palette in
                withUnsafeBytes(of: palette.entries) {
                    Array($0.bindMemory(to: spng_plte_entry.self).prefix(Int(palette.n_entries)))
                }
            } ?? [] : nil
        paletteAlpha =
            isIndexed
            ? transparency.map { transparency in
                withUnsafeBytes(of: transparency.type3_alpha) { Array($0.prefix(Int(transparency.n_type3_entries))) }
            } ?? [] : []
        transparentColor =
            switch colorType {
            case SPNG_COLOR_TYPE_GRAYSCALE: transparency.map { [$0.gray] }
            case SPNG_COLOR_TYPE_TRUECOLOR: transparency.map { [$0.red, $0.green, $0.blue] }
            default: nil
            }
    }

    var storedChannels: Int {
        switch colorType {
        case SPNG_COLOR_TYPE_TRUECOLOR: 3
        case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA: 2
        case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA: 4
        default: 1
        }
    }

    var colorModel: ColorModel {
        switch colorType {
        case SPNG_COLOR_TYPE_TRUECOLOR: transparentColor == nil ? .rgb : .rgba
        case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA: .grayAlpha
        case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA: .rgba
        case SPNG_COLOR_TYPE_INDEXED: paletteAlpha.isEmpty ? .rgb : .rgba
        default: transparentColor == nil ? .gray : .grayAlpha
        }
    }

    /// Gray of few bits keeps them unless it needs an alpha channel, which PNG has at 8 and 16 bits only.
    var keepsFewBits: Bool { bitDepth < 8 && colorModel == .gray }

    var intensity: Intensity {
        Intensity(
            sampleType: bitDepth == 16 ? .uint16 : .uint8, bitsStored: keepsFewBits ? bitDepth : max(bitDepth, 8))
    }
}

/// Turns rows of a PNG into planes.
private struct PNGRowConverter {
    let layout: PNGLayout
    let width: Int

    /// - Returns: what is wrong with the row, if anything.
    func convert(
        _ row: UnsafeRawPointer, into planes: UnsafeMutablePointer<Float>, planeStride: Int
    ) -> String? {
        guard layout.bitDepth < 8 else { return convertWhole(row, into: planes, planeStride: planeStride) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: width) { bytes in
            SampleCoding.unpack(
                row.assumingMemoryBound(to: UInt8.self), bits: layout.bitDepth, count: width, into: bytes.baseAddress!)
            return convertWhole(UnsafeRawPointer(bytes.baseAddress!), into: planes, planeStride: planeStride)
        }
    }

    private func convertWhole(
        _ row: UnsafeRawPointer, into planes: UnsafeMutablePointer<Float>, planeStride: Int
    ) -> String? {
        if let palette = layout.palette {
            let indices = row.assumingMemoryBound(to: UInt8.self)
            for column in 0..<width {
                let index = Int(indices[column])
                guard index < palette.count else { return "a pixel has color \(index) of \(palette.count)" }
                planes[column] = Float(palette[index].red)
                planes[column + planeStride] = Float(palette[index].green)
                planes[column + 2 * planeStride] = Float(palette[index].blue)
                if !layout.paletteAlpha.isEmpty {
                    let alpha = index < layout.paletteAlpha.count ? layout.paletteAlpha[index] : 255
                    planes[column + 3 * planeStride] = Float(alpha)
                }
            }
            return nil
        }
        let stored = layout.storedChannels
        _ = SampleCoding.decode(
            row, pixels: width, channels: stored, as: layout.bitDepth == 16 ? .uint16 : .uint8, into: planes,
            planeStride: planeStride)
        guard let transparent = layout.transparentColor else { return nil }
        let opaque: Float = layout.bitDepth == 16 ? 65535 : 255
        for column in 0..<width {
            let isTransparent = (0..<stored).allSatisfy {
                planes[column + $0 * planeStride] == Float(transparent[$0])
            }
            planes[column + stored * planeStride] = isTransparent ? 0 : opaque
        }
        if layout.bitDepth < 8 {
            let step = Float(255 / ((1 << layout.bitDepth) - 1))
            for column in 0..<width { planes[column] *= step }
        }
        return nil
    }
}

/// Writes a PNG row by row.
///
/// Holds one slice of unsigned integers up to 16 bits, as they are: 12 bits stored in 16 stay 0…4095. Fewer than 8 bits
/// stored of a gray image become a PNG of 1, 2 or 4 bits. PNG cannot say that low values are bright, so an image whose
/// polarity is ``Polarity/brightIsLow`` is written with its values mirrored in its stored range and looks as it should.
private final class PNGSink: ImageSink {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>
    private let context: OpaquePointer
    private let intensity: Intensity
    private let bitDepth: Int
    private let mirror: Float?
    private var progress: SinkProgress
    private var row: UnsafeMutableRawBufferPointer
    private var packed: [UInt8] = []
    private var keptTexts: [UnsafeMutablePointer<CChar>] = []
    private var isOpen = true

    init(header: ImageHeader, path: String) throws(ImageFileError) {
        try PNGSink.check(header, path: path)
        intensity = header.intensity
        bitDepth = header.bitsBelowByte ?? header.intensity.sampleType.bits
        mirror = header.mirrorForPicture
        progress = SinkProgress(header: header, path: path)
        guard let file = fopen(path, "wb") else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
        guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
            fclose(file)
            throw .cannotWrite(path: path, reason: "memory is short")
        }
        self.path = path
        self.file = file
        self.context = context
        let sampleBytes = header.intensity.sampleType.bits / 8
        row = .allocate(byteCount: header.width * header.channels * sampleBytes, alignment: 16)
        if bitDepth < 8 { packed = [UInt8](repeating: 0, count: (header.width * bitDepth + 7) / 8) }

        try check(spng_set_png_file(context, file))
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
        if isOpen { fclose(file) }
    }

    private static func check(_ header: ImageHeader, path: String) throws(ImageFileError) {
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
        let isFileError = code == Int32(SPNG_IO_ERROR.rawValue)
        throw .cannotWrite(
            path: path, reason: isFileError ? String(cString: strerror(errno)) : String(cString: spng_strerror(code)))
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
        if case .png(let source) = header.source { texts = source.texts }
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
        guard case .png(let source) = header.source else { return }
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
        isOpen = false
        guard fclose(file) == 0 else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
    }
}
