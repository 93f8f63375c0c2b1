import CTIFF

/// One TIFF file being read.
final class TIFFReader {
    private let source: ByteSource
    private let path: String
    private let handle: TIFFHandle
    private var file: OpaquePointer { handle.file }

    init(_ source: ByteSource) throws(ImageFileError) {
        self.source = source
        path = source.name
        // "m" keeps libtiff from mapping the file into memory.
        let (handle, message) = TIFFHandle.open(TIFFBytes(source), mode: "rm")
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
                inFileOf: self.source.count, expandingAtMost: ratio, path: path)
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
        header.quantization = layout.orientation.upright(quantization())
        source.grid = TIFFSource.Grid(
            width: header.width, height: header.height, slices: slices, channels: channels, geometry: geometry,
            intensity: header.intensity)
        header.source = .picture(source)
        return Image(header: header, pixels: pixels)
    }

    /// What JPEG rounded, as the tables of the page or those of its first strip or tile say.
    private func quantization() -> JPEGQuantization? {
        guard handle.uint16(TIFFTAG_COMPRESSION) == Int(COMPRESSION_JPEG) else { return nil }
        let tables = handle.bytes(TIFFTAG_JPEGTABLES) ?? handle.firstRawStrip
        let quantization = tables.withUnsafeBytes { JPEGSegments($0).quantization }
        let isStoredAsColors = handle.uint16(TIFFTAG_PHOTOMETRIC) == Int(PHOTOMETRIC_RGB)
        return isStoredAsColors ? quantization?.ofBrightness : quantization
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
        // Offsets are what a file says: sums of them may be more than there are numbers.
        let end = TIFFGetStrileOffset(file, UInt32(rows - 1)) &+ TIFFGetStrileByteCount(file, UInt32(rows - 1))
        let bytes = UInt64(layout.rowBytes * layout.height)
        guard expansion == 1, TIFFIsTiled(file) == 0, !layout.isPlanar,
            end == TIFFGetStrileOffset(file, 0) &+ bytes
        else {
            throw .unsupported(
                path: path,
                feature: "\(images) pictures behind one directory that are compressed or in pieces; write one page each"
            )
        }
        let size = UInt64(source.count)
        guard bytes <= end, end <= size, UInt64(images - 1) <= (size - end) / max(bytes, 1) else {
            throw .truncated(path: path, detail: "its description states \(images) pictures, which it does not reach")
        }
        return images
    }

    /// A picture behind the first, for which there is no directory.
    private func decodeBehindDirectory(
        _ layout: TIFFLayout, slice: Int, into planes: UnsafeMutablePointer<Float>
    ) throws(ImageFileError) {
        let count = layout.rowBytes * layout.height
        var bytes = source.bytes(at: Int(clamping: TIFFGetStrileOffset(file, 0)) + slice * count, count: count)
        guard bytes.count == count else { throw .truncated(path: path, detail: "within picture \(slice)") }
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
        let isBig = source.bytes(at: 0, count: 4).contains(43)
        let isBigEndian = TIFFIsBigEndian(file) != 0
        let (countSize, entrySize, nextSize) = isBig ? (8, 20, 8) : (2, 12, 4)
        let start = Int(clamping: offset)
        let count = source.bytes(at: start, count: countSize)
        guard count.count == countSize else { return nil }
        let entries = (isBigEndian ? count : count.reversed()).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard entries < 1 << 16 else { return nil }
        let end = Int(entries) * entrySize
        let directory = source.bytes(at: start + countSize, count: end + nextSize)
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
        guard size <= TIFFHandle.mostMemory else {
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
