import CJPEG

/// What a JPEG file says beside its pixels, to be said again by files derived from it.
public struct JPEGSource: PictureSource {
    /// The ICC_PROFILE segments.
    public internal(set) var colorProfile: ColorProfile?
}

/// JPEG (ISO/IEC 10918-1) with 8 bits: gray and color.
///
/// A picture that EXIF says lies on its side is set upright. JFIF's density is the spacing.
struct JPEGCodec: WritableImageCodec {
    let name = "jpeg"
    let title = "JPEG"
    let endings = ["jpg", "jpeg"]
    /// JPEG loses what was gained.
    let resultEnding = "png"
    let isPicture = true

    /// No entropy coding of the standard's expands a byte to more samples.
    private static let expansion = 4096

    func recognizes(_ start: FileStart) -> Bool { start.bytes.starts(with: [0xFF, 0xD8, 0xFF]) }

    func read(from source: ByteSource) throws(ImageFileError) -> Image {
        let path = source.name
        guard let decoder = tjInitDecompress() else {
            throw .unsupported(path: path, feature: "JPEG while memory is short")
        }
        defer { tjDestroy(decoder) }
        let bytes = source.bytes()
        var width: Int32 = 0
        var height: Int32 = 0
        var subsampling: Int32 = 0
        var space: Int32 = 0
        guard tjDecompressHeader3(decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &space) == 0 else {
            throw Self.readError(decoder, path: path)
        }
        guard space != TJCS_CMYK.rawValue, space != TJCS_YCCK.rawValue else {
            throw .unsupported(path: path, feature: "CMYK color; convert it to RGB")
        }
        let model: ColorModel = space == TJCS_GRAY.rawValue ? .gray : .rgb
        let count = try DecodedSize.samples(
            width: Int(width), height: Int(height), channels: model.channels, path: path)
        try DecodedSize.check(bytes: count, inFileOf: bytes.count, expandingAtMost: Self.expansion, path: path)

        let decoded = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { decoded.deallocate() }
        func decode(_ flags: Int32) -> Int32 {
            tjDecompress2(
                decoder, bytes, UInt(bytes.count), decoded.assumingMemoryBound(to: UInt8.self).baseAddress, width, 0,
                height,
                model == .gray ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue, flags | TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
        }
        // Bytes left over between markers harm nobody, and some cameras write them; every other warning means that
        // part of the picture is invented.
        if decode(TJFLAG_STOPONWARNING) != 0 {
            guard Self.isHarmless(decoder), decode(0) != 0, Self.isHarmless(decoder) else {
                throw Self.readError(decoder, path: path)
            }
        }
        let segments = bytes.withUnsafeBytes { JPEGSegments($0) }
        let stored = Pixels(
            width: Int(width), height: Int(height), channels: model.channels,
            samples: [Float](unsafeUninitializedCapacity: count) { samples, initialized in
                _ = SampleCoding.decode(
                    decoded.baseAddress!, pixels: Int(width) * Int(height), channels: model.channels, as: .uint8,
                    into: samples.baseAddress!, planeStride: Int(width) * Int(height))
                initialized = count
            })
        let pixels = segments.orientation.upright(stored)
        var geometry = segments.geometry
        geometry.spacing = segments.orientation.upright(geometry.spacing)
        geometry.relativeSpacing = segments.orientation.upright(geometry.relativeSpacing)
        var header = ImageHeader(
            width: pixels.width, height: pixels.height, colorModel: model, geometry: geometry,
            intensity: Intensity(sampleType: .uint8), source: .picture(JPEGSource(colorProfile: segments.colorProfile)))
        let quantization = segments.orientation.upright(segments.quantization)
        header.quantization = space == TJCS_RGB.rawValue ? quantization?.ofBrightness : quantization
        return Image(header: header, pixels: pixels)
    }

    func placeless(of header: ImageHeader) -> [String] {
        let spacing = header.geometry.spacing
        let isWhole = spacing.map { JPEGSegments.density($0) != nil } ?? true
        return pictureLosses(of: header)
            + (isWhole ? [] : ["pixel spacing, which is no whole number of pixels an inch or centimetre"])
    }

    func check(_ header: ImageHeader, options: WriteOptions, name: String) throws(ImageFileError) {
        try JPEGSink.check(header, path: name)
    }

    func sink(
        for header: ImageHeader, to destination: ByteDestination, options: WriteOptions
    ) throws(ImageFileError) -> any ImageSink {
        JPEGSink(header: header, destination, quality: options.jpegQuality)
    }

    private static func isHarmless(_ decoder: tjhandle) -> Bool {
        tjGetErrorCode(decoder) == TJERR_WARNING.rawValue && message(decoder).contains("extraneous bytes")
    }

    static func message(_ codec: tjhandle) -> String { String(cString: tjGetErrorStr2(codec)) }

    private static func readError(_ decoder: tjhandle, path: String) -> ImageFileError {
        let detail = message(decoder)
        let lowered = detail.lowercased()
        if ["premature end", "ends prematurely", "empty input"].contains(where: lowered.contains) {
            return .truncated(path: path, detail: detail)
        }
        if lowered.contains("support") { return .unsupported(path: path, feature: "JPEG: \(detail)") }
        return .damaged(path: path, detail: detail)
    }
}
