import CPNG
import Foundation

/// One PNG file being read.
final class PNGReader {
    private let path: String
    private let input: Input
    private let context: OpaquePointer
    private var header = spng_ihdr()

    /// What libspng reads from.
    private final class Input {
        let source: ByteSource
        private var offset = 0
        /// Whether more was asked for than there is.
        private(set) var isExhausted = false

        init(_ source: ByteSource) { self.source = source }

        func read(into target: UnsafeMutableRawPointer, count: Int) -> Int32 {
            let got = source.read(at: offset, into: target, count: count)
            offset += got
            guard got < count else { return 0 }
            isExhausted = true
            return Int32(SPNG_IO_EOF.rawValue)
        }
    }

    init(_ source: ByteSource) throws(ImageFileError) {
        path = source.name
        guard let context = spng_ctx_new(0) else {
            throw .unsupported(path: path, feature: "PNG while memory is short")
        }
        input = Input(source)
        self.context = context
        // A damaged pHYs or iCCP would change what the picture means; it is an error like any other.
        spng_set_crc_action(context, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_ERROR.rawValue))
        spng_set_chunk_limits(context, 64 << 20, 64 << 20)
        // The input lives as long as the context, both of them as long as this.
        try check(
            spng_set_png_stream(
                context,
                { _, input, target, count in
                    guard let input, let target else { return Int32(SPNG_IO_ERROR.rawValue) }
                    return Unmanaged<Input>.fromOpaque(input).takeUnretainedValue().read(into: target, count: count)
                }, Unmanaged.passUnretained(input).toOpaque()))
        try check(spng_get_ihdr(context, &header))
    }

    deinit { spng_ctx_free(context) }

    private func check(_ code: Int32) throws(ImageFileError) {
        guard code == 0 else { throw PNGCodec.readError(code, path: path) }
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
            bytes: rowBytes * height, inFileOf: input.source.count, expandingAtMost: DecodedSize.deflateRatio,
            path: path)

        var samples = [Float](unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
        try decode(into: &samples, layout: layout, rowBytes: rowBytes)
        try check(spng_decode_chunks(context))
        // libspng does not mind the last chunk's checksum missing.
        guard !input.isExhausted else { throw .truncated(path: path, detail: "within the last chunk") }
        let (source, geometry) = try source()
        return Image(
            header: ImageHeader(
                width: width, height: height, colorModel: layout.colorModel, geometry: geometry,
                intensity: layout.intensity, source: .picture(source)),
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
