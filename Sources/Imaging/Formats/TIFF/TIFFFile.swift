import CTIFF
import Foundation

/// What a TIFF file says beside its pixels, to be said again by files derived from it.
public struct TIFFSource: Sendable {
    var colorProfile: ColorProfile?
    var resolutionUnit: UInt16 = UInt16(RESUNIT_CENTIMETER)
    /// What kind of alpha the last channel is.
    var alphaKind: UInt16 = UInt16(EXTRASAMPLE_UNASSALPHA)
    var texts: [(tag: UInt32, text: String)] = []
    /// Said on the first page alone.
    var description = TIFFDescription.plain
    /// The grid and the samples as they were read, of which ``description`` speaks.
    var grid: Grid?

    struct Grid: Sendable {
        var width: Int
        var height: Int
        var slices: Int
        var channels: Int
        var geometry: Geometry
        var intensity: Intensity
    }
}

/// TIFF 6 and BigTIFF: gray, RGB and palette, with and without alpha, in strips or tiles, in every compression that
/// libtiff decodes; integers of 1, 2, 4, 8, 16, 32 and 64 bits and floating point of 32 and 64.
///
/// Pages of one shape are slices; previews among them are skipped. A palette is replaced by its colors, and a page that
/// lies on its side is set upright. XResolution and YResolution are the spacing, in the unit that ImageJ or OME-XML
/// names in the description where they have none. ImageJ's samples behind a single directory are slices. MinIsWhite is
/// ``Polarity/brightIsLow``.
enum TIFFFile {
    /// What libtiff may take at a time.
    static let mostMemory = 4 << 30

    static func recognizes(_ start: [UInt8]) -> Bool {
        [[0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43]].contains {
            start.starts(with: $0)
        }
    }

    static func read(_ url: URL) throws(ImageFileError) -> Image {
        let reader = try TIFFReader(path: url.path)
        return try reader.image()
    }

    static func sink(for header: ImageHeader, at url: URL) throws(ImageFileError) -> any ImageSink {
        try TIFFSink(header: header, path: url.path)
    }
}

/// An open TIFF file and what libtiff says about it.
final class TIFFHandle {
    let file: OpaquePointer
    private let messages: UnsafeMutablePointer<ctiff_messages>
    private var isOpen = true

    /// - Returns: `nil` and a message if the file cannot be opened.
    static func open(_ path: String, mode: String) -> (handle: TIFFHandle?, message: String) {
        let messages = UnsafeMutablePointer<ctiff_messages>.allocate(capacity: 1)
        messages.initialize(to: ctiff_messages())
        guard let file = ctiff_open(path, mode, numericCast(TIFFFile.mostMemory), messages) else {
            defer { messages.deallocate() }
            return (nil, text(messages.pointee.error))
        }
        return (TIFFHandle(file: file, messages: messages), "")
    }

    private init(file: OpaquePointer, messages: UnsafeMutablePointer<ctiff_messages>) {
        self.file = file
        self.messages = messages
    }

    deinit {
        close()
        messages.deallocate()
    }

    func close() {
        if isOpen { TIFFClose(file) }
        isOpen = false
    }

    /// The first error met, empty if there was none.
    var message: String { TIFFHandle.text(messages.pointee.error) }

    /// The first field met that lies past the end of the file, empty if there was none.
    var loss: String { TIFFHandle.text(messages.pointee.loss) }

    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    func uint16(_ tag: Int32) -> Int? {
        var value: UInt16 = 0
        return ctiff_get_uint16(file, UInt32(tag), &value) == 1 ? Int(value) : nil
    }

    func uint32(_ tag: Int32) -> Int? {
        var value: UInt32 = 0
        return ctiff_get_uint32(file, UInt32(tag), &value) == 1 ? Int(value) : nil
    }

    func float(_ tag: Int32) -> Double? {
        var value: Float = 0
        return ctiff_get_float(file, UInt32(tag), &value) == 1 ? Double(value) : nil
    }

    func text(_ tag: Int32) -> String? {
        var value: UnsafePointer<CChar>?
        guard ctiff_get_text(file, UInt32(tag), &value) == 1, let value else { return nil }
        return String(validatingCString: value)
    }

    func bytes(_ tag: Int32) -> [UInt8]? {
        var count: UInt32 = 0
        var value: UnsafeRawPointer?
        guard ctiff_get_bytes(file, UInt32(tag), &count, &value) == 1, let value else { return nil }
        return [UInt8](UnsafeRawBufferPointer(start: value, count: Int(count)))
    }

    func uint16s(_ tag: Int32) -> [UInt16] {
        var count: UInt16 = 0
        var value: UnsafePointer<UInt16>?
        guard ctiff_get_uint16s(file, UInt32(tag), &count, &value) == 1, let value else { return [] }
        return Array(UnsafeBufferPointer(start: value, count: Int(count)))
    }
}

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

extension TIFFHandle {
    /// libtiff converts JPEG's YCbCr while it decodes.
    fileprivate static func decodeJPEGAsRGB(_ handle: TIFFHandle) {
        _ = ctiff_set_int(handle.file, UInt32(TIFFTAG_JPEGCOLORMODE), JPEGCOLORMODE_RGB)
    }
}

/// One TIFF file being read.
private final class TIFFReader {
    private let path: String
    private let handle: TIFFHandle
    private var file: OpaquePointer { handle.file }

    init(path: String) throws(ImageFileError) {
        self.path = path
        // "m" keeps libtiff from mapping the file into memory, where a file that shrinks would end the process.
        let (handle, message) = TIFFHandle.open(path, mode: "rm")
        guard let handle else { throw TIFFReader.error(message, path: path) }
        self.handle = handle
    }

    private static func error(_ message: String, path: String) -> ImageFileError {
        let lowered = message.lowercased()
        let endsEarly = [
            "read error", "cannot read", "can not read", "not enough data", "premature", "end of file", "seek",
        ]
        if endsEarly.contains(where: lowered.contains) { return .truncated(path: path, detail: message) }
        if lowered.contains("support") || lowered.contains("not implemented") {
            return .unsupported(path: path, feature: "TIFF: \(message)")
        }
        return .damaged(path: path, detail: message.isEmpty ? "libtiff cannot read it" : message)
    }

    private func check(_ isFine: Bool) throws(ImageFileError) {
        guard isFine else { throw TIFFReader.error(handle.message, path: path) }
    }

    func image() throws(ImageFileError) -> Image {
        let (pages, layout) = try pages()
        let channels = layout.colorModel.channels
        let planeCount = layout.width * layout.height
        try check(TIFFSetSubDirectory(file, pages[0]) == 1)
        let text = handle.text(TIFFTAG_IMAGEDESCRIPTION)
        let description = TIFFDescription(text)
        let slices = try slices(stated: description, pages: pages.count, layout)
        let count = try DecodedSize.samples(
            width: layout.width, height: layout.height, channels: channels, slices: slices, path: path)
        var (source, geometry) = describe(description)
        if let ratio = expansion {
            try DecodedSize.check(
                bytes: layout.rowBytes * layout.height * (layout.isPlanar ? layout.storedChannels : 1) * slices,
                inFileOf: DecodedSize.fileSize(path), expandingAtMost: ratio, path: path)
        }
        var samples = [Float](unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
        for slice in 0..<slices {
            if slices == pages.count {
                try check(TIFFSetSubDirectory(file, pages[slice]) == 1)
                // A new directory has the tags' defaults again.
                if handle.uint16(TIFFTAG_PHOTOMETRIC) == Int(PHOTOMETRIC_YCBCR) { TIFFHandle.decodeJPEGAsRGB(handle) }
            }
            let problem: Result<Void, ImageFileError> = samples.withUnsafeMutableBufferPointer { all in
                Result { () throws(ImageFileError) in
                    let planes = all.baseAddress! + slice * channels * planeCount
                    if slices == pages.count {
                        try decode(layout, slice: slice, into: planes)
                    } else {
                        try decodeBehindDirectory(layout, slice: slice, into: planes)
                    }
                }
            }
            try problem.get()
        }
        let stored = Pixels(
            width: layout.width, height: layout.height, channels: channels, slices: slices, samples: samples)
        let pixels = layout.orientation.upright(stored)
        geometry.spacing = layout.orientation.upright(geometry.spacing)
        geometry.relativeSpacing = layout.orientation.upright(geometry.relativeSpacing)
        var header = ImageHeader(
            width: pixels.width, height: pixels.height, slices: slices, colorModel: layout.colorModel,
            geometry: geometry, intensity: layout.intensity,
            padding: source.noDataValue.map { $0...$0 })
        describe(description, of: &header)
        header.warnings = warnings(description, unkept: pages[0])
        source.grid = TIFFSource.Grid(
            width: header.width, height: header.height, slices: slices, channels: channels, geometry: geometry,
            intensity: header.intensity)
        header.source = .tiff(source)
        return Image(header: header, pixels: pixels)
    }

    /// How many pictures there are: one a page, or all behind the only directory, as ImageJ writes files above 4 GiB.
    private func slices(
        stated description: TIFFDescription, pages: Int, _ layout: TIFFLayout
    ) throws(ImageFileError) -> Int {
        if case .ome(let ome) = description {
            guard ome.series <= 1 else {
                throw .unsupported(path: path, feature: "an OME-TIFF of \(ome.series) images (series); split it")
            }
            guard !ome.hasSeveralFiles else {
                throw .unsupported(path: path, feature: "a part of an OME-TIFF of several files; join them first")
            }
        }
        guard
            let images = description.images(
                width: layout.width, height: layout.height, samples: layout.storedChannels), images != pages
        else { return pages }
        let isOnePage: Bool = if case .ome = description { false } else { pages == 1 }
        guard isOnePage, images > 1 else {
            // ImageJ leaves the number out where it is one.
            if case .imageJ(let text) = description, text["images"] == nil { return pages }
            throw .unsupported(
                path: path, feature: "a description of \(images) pictures in a file of \(pages) pages; write it anew")
        }
        let rows = Int(TIFFNumberOfStrips(file))
        let end = TIFFGetStrileOffset(file, UInt32(rows - 1)) + TIFFGetStrileByteCount(file, UInt32(rows - 1))
        let bytes = UInt64(layout.rowBytes * layout.height)
        guard expansion == 1, TIFFIsTiled(file) == 0, !layout.isPlanar,
            end == TIFFGetStrileOffset(file, 0) + bytes
        else {
            throw .unsupported(
                path: path,
                feature: "\(images) pictures behind one directory that are compressed or in pieces; write one page each"
            )
        }
        guard end + bytes * UInt64(images - 1) <= UInt64(DecodedSize.fileSize(path)) else {
            throw .truncated(path: path, detail: "its description states \(images) pictures, which it does not reach")
        }
        return images
    }

    /// A picture behind the first, for which there is no directory.
    private func decodeBehindDirectory(
        _ layout: TIFFLayout, slice: Int, into planes: UnsafeMutablePointer<Float>
    ) throws(ImageFileError) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw .damaged(path: path, detail: "the file cannot be opened; check its permissions")
        }
        defer { try? handle.close() }
        let count = layout.rowBytes * layout.height
        let start = TIFFGetStrileOffset(file, 0) + UInt64(slice * count)
        guard (try? handle.seek(toOffset: start)) != nil,
            var bytes = (try? handle.read(upToCount: count)).flatMap({ $0.map { [UInt8]($0) } }), bytes.count == count
        else { throw .truncated(path: path, detail: "within picture \(slice)") }
        let converter = TIFFRowConverter(layout: layout, path: path, slice: slice)
        let problem: Result<Void, ImageFileError> = bytes.withUnsafeMutableBytes { bytes in
            Result { () throws(ImageFileError) in
                let start = bytes.baseAddress!
                if TIFFIsByteSwapped(file) != 0 {
                    switch layout.bits {
                    case 16: TIFFSwabArrayOfShort(start.assumingMemoryBound(to: UInt16.self), tmsize_t(count / 2))
                    case 32: TIFFSwabArrayOfLong(start.assumingMemoryBound(to: UInt32.self), tmsize_t(count / 4))
                    case 64: TIFFSwabArrayOfLong8(start.assumingMemoryBound(to: UInt64.self), tmsize_t(count / 8))
                    default: break
                    }
                }
                for row in 0..<layout.height {
                    try converter.convert(
                        start + row * layout.rowBytes, pixels: layout.width, column: 0, row: row, plane: 0,
                        into: planes)
                }
            }
        }
        try problem.get()
    }

    /// What a description says beyond the tags.
    private func describe(_ description: TIFFDescription, of header: inout ImageHeader) {
        switch description {
        case .imageJ(let text):
            if header.colorModel == .gray, let line = text.line {
                (header.intensity.slope, header.intensity.intercept) = (line.slope, line.intercept)
            }
            if header.colorModel == .gray, let shown = text.shown {
                header.intensity.window = Window(
                    center: (shown.least + shown.greatest) / 2 * header.intensity.slope + header.intensity.intercept,
                    width: (shown.greatest - shown.least) * abs(header.intensity.slope))
            }
            header.volumeInterval = text.frameInterval
        case .ome(let text): header.volumeInterval = text.timeIncrement
        case .shaped, .foreign, .plain: break
        }
        let samples = header.channels
        guard var arrangement = description.arrangement(of: header.slices, samples: samples) else { return }
        // With channels among them, volumes are not moments of equal distance.
        if !arrangement.isTimeSeries { header.volumeInterval = nil }
        arrangement.volumeInterval = header.volumeInterval
        header.arrangement = arrangement
        if arrangement.isPlain { header.volumes = arrangement.volumes }
    }

    /// Where the directories of the pages lie that are not previews or masks, and what they agree in.
    private func pages() throws(ImageFileError) -> ([UInt64], TIFFLayout) {
        var pages: [UInt64] = []
        var shared: TIFFLayout?
        var number = 0
        while true {
            let kind = handle.uint32(TIFFTAG_SUBFILETYPE) ?? 0
            if kind & Int(FILETYPE_REDUCEDIMAGE | FILETYPE_MASK) == 0 {
                let layout = try TIFFLayout(handle, path: path)
                if let shared, layout != shared {
                    throw .unsupported(
                        path: path,
                        feature:
                            "pages that differ: page \(number) has \(layout.difference(from: shared)); split the file")
                }
                shared = layout
                pages.append(TIFFCurrentDirOffset(file))
            }
            guard directoryTags(at: TIFFCurrentDirOffset(file)) != nil, handle.loss.isEmpty else {
                throw .truncated(path: path, detail: handle.loss.isEmpty ? "within a directory" : handle.loss)
            }
            if TIFFLastDirectory(file) != 0 { break }
            number += 1
            try check(TIFFReadDirectory(file) == 1)
        }
        guard let shared else { throw .unsupported(path: path, feature: "a TIFF of previews only") }
        return (pages, shared)
    }

    /// The tags of a directory, `nil` where the file does not reach beyond it. Where it ends short of the offset of the
    /// next one, libtiff takes this one for the last, and pages would be lost in silence.
    private func directoryTags(at offset: UInt64) -> [UInt16]? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        func bytes(_ count: Int, at offset: UInt64) -> [UInt8] {
            guard (try? handle.seek(toOffset: offset)) != nil else { return [] }
            return (try? handle.read(upToCount: count)).flatMap { $0.map { [UInt8]($0) } } ?? []
        }
        let isBig = bytes(4, at: 0).contains(43)
        let isBigEndian = TIFFIsBigEndian(file) != 0
        let (countSize, entrySize, nextSize) = isBig ? (8, 20, 8) : (2, 12, 4)
        let count = bytes(countSize, at: offset)
        guard count.count == countSize else { return nil }
        let entries = (isBigEndian ? count : count.reversed()).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard entries < 1 << 16 else { return nil }
        let end = Int(entries) * entrySize
        let directory = bytes(end + nextSize, at: offset + UInt64(countSize))
        guard directory.count == end + nextSize else { return nil }
        return (0..<Int(entries)).map { entry in
            let tag = directory[entry * entrySize..<entry * entrySize + 2]
            return (isBigEndian ? Array(tag) : tag.reversed()).reduce(0) { $0 << 8 | UInt16($1) }
        }
    }

    /// Tags that speak of pixels or mean more than a picture needs, and are not kept. Private ones go by their number.
    private static let unkept: [UInt16: String] = [
        286: "XPosition", 287: "YPosition", 330: "SubIFDs (reduced copies)", 700: "XMP", 33550: "ModelPixelScale",
        33628: "MetaMorph", 33629: "MetaMorph", 33723: "IPTC", 33922: "ModelTiepoint", 34264: "ModelTransformation",
        34361: "Fluoview", 34377: "Photoshop", 34412: "LSM", 34665: "EXIF", 34735: "GeoKeyDirectory",
        34853: "GPS", 42112: "GDAL metadata", 42113: "GDAL no-data value",
        50839: "ImageJ metadata (labels, overlays, regions)", 51123: "Micro-Manager",
    ]
    /// Parts of a kept tag or of one named already, and hints that nobody misses.
    private static let unremarkable: Set<UInt16> = [33432, 34675, 34736, 34737, 50838, 34019, 32997, 32998]

    private func warnings(_ description: TIFFDescription, unkept page: UInt64) -> [String] {
        var result: [String] = []
        let tags = directoryTags(at: page) ?? []
        var names: [String] = []
        for tag in tags where !Self.unremarkable.contains(tag) {
            let name = Self.unkept[tag] ?? (tag >= 32768 ? "private tag \(tag)" : nil)
            if let name, !names.contains(name) { names.append(name) }
        }
        if !names.isEmpty { result.append("of the TIFF's tags these are not kept: \(names.joined(separator: ", "))") }
        switch description {
        case .foreign(let program):
            result.append("the TIFF's description by \(program) speaks of the grid as it was and is not kept")
        case .ome(let ome) where ome.hasRegions:
            result.append("the OME regions of interest are drawn on the grid as it was and are not kept")
        default: break
        }
        return result
    }

    /// How far the compression can expand a byte, `nil` where that is not known.
    private var expansion: Int? {
        switch Int32(handle.uint16(TIFFTAG_COMPRESSION) ?? 1) {
        case COMPRESSION_NONE: 1
        case COMPRESSION_PACKBITS: 128
        case COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE: DecodedSize.deflateRatio
        case COMPRESSION_LZW, COMPRESSION_JPEG: 4096
        default: nil
        }
    }

    /// What the tags say beside the samples, and where in the unit of the description.
    private func describe(_ description: TIFFDescription) -> (TIFFSource, Geometry) {
        var source = TIFFSource()
        source.colorProfile = handle.bytes(TIFFTAG_ICCPROFILE).map { ColorProfile(bytes: $0) }
        source.alphaKind = handle.uint16s(TIFFTAG_EXTRASAMPLES).first ?? source.alphaKind
        source.description = description
        let isPlain = if case .plain = description { true } else { false }
        let kept = [
            TIFFTAG_DOCUMENTNAME, TIFFTAG_IMAGEDESCRIPTION, TIFFTAG_MAKE, TIFFTAG_MODEL, TIFFTAG_SOFTWARE,
            TIFFTAG_DATETIME, TIFFTAG_ARTIST, TIFFTAG_HOSTCOMPUTER, TIFFTAG_COPYRIGHT,
            CTIFF_TAG_GDAL_NODATA,
        ]
        source.texts = kept.compactMap { tag in
            guard let text = handle.text(tag), tag != TIFFTAG_IMAGEDESCRIPTION || isPlain else { return nil }
            return (UInt32(tag), text)
        }
        let unit = UInt16(handle.uint16(TIFFTAG_RESOLUTIONUNIT) ?? Int(RESUNIT_INCH))
        source.resolutionUnit = unit
        var geometry = Geometry()
        var millimetres = TIFFSource.millimetres(perUnit: unit)
        if case .imageJ(let text) = description {
            if unit == UInt16(RESUNIT_NONE) { millimetres = text.millimetresPerUnit }
            geometry.sliceSpacing = text.sliceSpacing
        }
        if let x = handle.float(TIFFTAG_XRESOLUTION), x.isNormal, x > 0 {
            let stated = handle.float(TIFFTAG_YRESOLUTION) ?? x
            let y = stated.isNormal && stated > 0 ? stated : x
            if let millimetres {
                geometry.spacing = PixelSpacing(column: millimetres / x, row: millimetres / y)
            } else {
                geometry.relativeSpacing = PixelSpacing(column: 1 / x, row: 1 / y)
            }
        }
        if case .ome(let text) = description {
            if let spacing = text.spacing { (geometry.spacing, geometry.relativeSpacing) = (spacing, nil) }
            geometry.sliceSpacing = text.sliceSpacing
        }
        return (source, geometry)
    }

    private func decode(
        _ layout: TIFFLayout, slice: Int, into planes: UnsafeMutablePointer<Float>
    ) throws(ImageFileError) {
        let converter = TIFFRowConverter(layout: layout, path: path, slice: slice)
        if TIFFIsTiled(file) != 0 {
            try decodeTiles(layout, converter: converter, into: planes)
        } else {
            try decodeStrips(layout, converter: converter, into: planes)
        }
    }

    private func decodeStrips(
        _ layout: TIFFLayout, converter: TIFFRowConverter, into planes: UnsafeMutablePointer<Float>
    ) throws(ImageFileError) {
        let scanline = Int(TIFFScanlineSize(file))
        guard scanline >= layout.rowBytes else {
            throw .damaged(path: path, detail: "its rows are too short for their width")
        }
        let row = UnsafeMutableRawBufferPointer.allocate(byteCount: scanline, alignment: 16)
        defer { row.deallocate() }
        for plane in 0..<(layout.isPlanar ? layout.storedChannels : 1) {
            for index in 0..<layout.height {
                try check(TIFFReadScanline(file, row.baseAddress, UInt32(index), UInt16(plane)) == 1)
                try converter.convert(
                    row.baseAddress!, pixels: layout.width, column: 0, row: index, plane: plane, into: planes)
            }
        }
    }

    private func decodeTiles(
        _ layout: TIFFLayout, converter: TIFFRowConverter, into planes: UnsafeMutablePointer<Float>
    ) throws(ImageFileError) {
        guard let width = handle.uint32(TIFFTAG_TILEWIDTH), let height = handle.uint32(TIFFTAG_TILELENGTH), width > 0,
            height > 0
        else { throw .damaged(path: path, detail: "its tiles have no size") }
        let rowBytes = Int(TIFFTileRowSize(file))
        let size = Int(TIFFTileSize(file))
        let channels = layout.isPlanar ? 1 : layout.storedChannels
        guard rowBytes >= (width * channels * layout.bits + 7) / 8, rowBytes <= size / height else {
            throw .damaged(path: path, detail: "its tiles are too small for their width")
        }
        guard size <= TIFFFile.mostMemory else {
            throw .unsupported(path: path, feature: "tiles of \(width) × \(height) pixels")
        }
        let tile = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { tile.deallocate() }
        for plane in 0..<(layout.isPlanar ? layout.storedChannels : 1) {
            for top in stride(from: 0, to: layout.height, by: height) {
                for left in stride(from: 0, to: layout.width, by: width) {
                    try check(
                        TIFFReadTile(file, tile.baseAddress, UInt32(left), UInt32(top), 0, UInt16(plane)) >= 0)
                    for row in 0..<min(height, layout.height - top) {
                        try converter.convert(
                            tile.baseAddress! + row * rowBytes, pixels: min(width, layout.width - left), column: left,
                            row: top + row, plane: plane, into: planes)
                    }
                }
            }
        }
    }
}

extension TIFFSource {
    /// The stored value that stands for no data; `nil` where there is none, or NaN, which does so anyway.
    fileprivate var noDataValue: Float? {
        let text = texts.first { $0.tag == UInt32(CTIFF_TAG_GDAL_NODATA) }?.text
        return text.flatMap { Double($0.trimmingCharacters(in: .whitespaces)) }.flatMap { $0.isNaN ? nil : Float($0) }
    }

    /// `nil` where XResolution only gives the shape of a pixel.
    static func millimetres(perUnit unit: UInt16) -> Double? {
        switch Int32(unit) {
        case RESUNIT_INCH: 25.4
        case RESUNIT_CENTIMETER: 10
        default: nil
        }
    }
}

/// Turns rows of a TIFF, or of one of its tiles, into planes.
private struct TIFFRowConverter {
    let layout: TIFFLayout
    let path: String
    let slice: Int

    /// - Parameter plane: the stored channel, where they are apart.
    func convert(
        _ source: UnsafeRawPointer, pixels: Int, column: Int, row: Int, plane: Int,
        into planes: UnsafeMutablePointer<Float>
    ) throws(ImageFileError) {
        let planeCount = layout.width * layout.height
        let target = planes + plane * planeCount + row * layout.width + column
        let channels = layout.isPlanar ? 1 : layout.storedChannels
        if let palette = layout.palette {
            color(source, pixels: pixels, palette: palette, into: target, planeStride: planeCount)
            return
        }
        if layout.bits < 8 {
            withUnpacked(source, pixels: pixels) {
                _ = SampleCoding.decode(
                    $0, pixels: pixels, channels: 1, as: .uint8, into: target, planeStride: planeCount)
            }
            return
        }
        let problem = SampleCoding.decode(
            source, pixels: pixels, channels: channels, as: layout.sampleType, into: target, planeStride: planeCount)
        if let problem {
            throw problem.error(
                path: path, width: layout.width, channels: channels, firstColumn: column, firstRow: row, slice: slice)
        }
    }

    private func color(
        _ source: UnsafeRawPointer, pixels: Int, palette: [[UInt16]], into target: UnsafeMutablePointer<Float>,
        planeStride: Int
    ) {
        func look(_ index: Int, _ pixel: Int) {
            for channel in 0..<3 {
                let color = palette[channel][index]
                target[channel * planeStride + pixel] = Float(layout.paletteIs8Bit ? color >> 8 : color)
            }
        }
        if layout.bits == 16 {
            let indices = source.assumingMemoryBound(to: UInt16.self)
            for pixel in 0..<pixels { look(Int(indices[pixel]), pixel) }
        } else {
            withUnpacked(source, pixels: pixels) { indices in
                for pixel in 0..<pixels { look(Int(indices[pixel]), pixel) }
            }
        }
    }

    private func withUnpacked(_ source: UnsafeRawPointer, pixels: Int, _ body: (UnsafePointer<UInt8>) -> Void) {
        let stored = source.assumingMemoryBound(to: UInt8.self)
        guard layout.bits < 8 else { return body(stored) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pixels) {
            SampleCoding.unpack(stored, bits: layout.bits, count: pixels, into: $0.baseAddress!)
            body($0.baseAddress!)
        }
    }
}
