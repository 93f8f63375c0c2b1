import CTIFF

/// Writes a TIFF strip by strip, one page a slice, deflated, integers with a predictor; as BigTIFF where it may outgrow 4 GiB.
final class TIFFSink: ImageSink {
    /// What a strip holds before compression, about.
    private static let stripBytes = 1 << 19
    /// Where offsets of 32 bits end, with room for what is not samples and for samples that deflate makes larger.
    private static let greatestClassicSize = 0xF000_0000

    private let destination: ByteDestination
    private let header: ImageHeader
    private let handle: TIFFHandle
    private var progress: SinkProgress
    private let bits: Int
    private let rowBytes: Int
    private let rowsPerStrip: Int
    private var strip: UnsafeMutableRawBufferPointer
    private var rowsInStrip = 0
    private var stripNumber: UInt32 = 0
    private var unpacked: [UInt8]

    init(header: ImageHeader, _ destination: ByteDestination) throws(ImageFileError) {
        self.destination = destination
        self.header = header
        progress = SinkProgress(header: header, path: destination.name)
        bits = header.bitsBelowByte ?? header.intensity.sampleType.bits
        rowBytes = (header.width * header.channels * bits + 7) / 8
        rowsPerStrip = min(max(TIFFSink.stripBytes / rowBytes, 1), header.height)
        let isLarge = rowBytes * header.height * header.slices > TIFFSink.greatestClassicSize
        let (handle, message) = TIFFHandle.open(TIFFBytes(destination), mode: isLarge ? "w8" : "w")
        guard let handle else {
            throw .cannotWrite(path: destination.name, reason: message)
        }
        self.handle = handle
        strip = .allocate(byteCount: rowsPerStrip * rowBytes, alignment: 16)
        unpacked = bits < 8 ? [UInt8](repeating: 0, count: header.width) : []
        describePage()
    }

    deinit { strip.deallocate() }

    private func set(_ tag: Int32, _ value: Int32) { _ = ctiff_set_int(handle.file, UInt32(tag), value) }

    private func describePage() {
        let type = header.intensity.sampleType
        _ = ctiff_set_uint32(handle.file, UInt32(TIFFTAG_IMAGEWIDTH), UInt32(header.width))
        _ = ctiff_set_uint32(handle.file, UInt32(TIFFTAG_IMAGELENGTH), UInt32(header.height))
        _ = ctiff_set_uint32(handle.file, UInt32(TIFFTAG_ROWSPERSTRIP), UInt32(rowsPerStrip))
        set(TIFFTAG_BITSPERSAMPLE, Int32(bits))
        set(TIFFTAG_SAMPLESPERPIXEL, Int32(header.channels))
        set(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG)
        set(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT)
        set(
            TIFFTAG_SAMPLEFORMAT,
            type.isFloatingPoint ? SAMPLEFORMAT_IEEEFP : (type.isSigned ? SAMPLEFORMAT_INT : SAMPLEFORMAT_UINT))
        let gray = header.intensity.polarity == .brightIsLow ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK
        set(TIFFTAG_PHOTOMETRIC, header.colorModel.colorChannels == 3 ? PHOTOMETRIC_RGB : gray)
        set(TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE)
        set(TIFFTAG_ZIPQUALITY, 1)
        // The predictor for floating point is one that many readers lack.
        if bits >= 8 && !type.isFloatingPoint { set(TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL) }
        if header.slices > 1 {
            set(TIFFTAG_SUBFILETYPE, FILETYPE_PAGE)
            if header.slices <= Int(UInt16.max) {
                _ = ctiff_set_pair(
                    handle.file, UInt32(TIFFTAG_PAGENUMBER), Int32(progress.slice), Int32(header.slices))
            }
        }
        describe(header.pictureSource() ?? TIFFSource())
    }

    private func describe(_ source: TIFFSource) {
        if header.colorModel.hasAlpha {
            _ = ctiff_set_uint16s(handle.file, UInt32(TIFFTAG_EXTRASAMPLES), 1, [source.alphaKind])
        }
        describeResolution(source)
        if let profile = header.colorProfile {
            _ = ctiff_set_bytes(
                handle.file, UInt32(TIFFTAG_ICCPROFILE), UInt32(profile.bytes.count), profile.bytes)
        }
        var texts = source.texts
        let tag = UInt32(TIFFTAG_IMAGEDESCRIPTION)
        if let text = structuredDescription(source) {
            if progress.slice == 0 { texts.append((tag, text)) }
        } else if let derivation = header.derivation {
            let old = texts.first { $0.tag == tag }.map { $0.text + "\n" } ?? ""
            texts.removeAll { $0.tag == tag }
            texts.append((tag, old + derivation.description))
        }
        for (tag, text) in texts { _ = ctiff_set_text(handle.file, tag, text) }
    }

    /// In the unit of the source: an inch, a centimetre, the one that ImageJ names, or none.
    private func describeResolution(_ source: TIFFSource) {
        let geometry = header.geometry
        var unit = RESUNIT_NONE
        var steps: (column: Double, row: Double)?
        if let spacing = geometry.spacing {
            var millimetres = 10.0
            unit = RESUNIT_CENTIMETER
            if source.resolutionUnit == UInt16(RESUNIT_INCH) { (unit, millimetres) = (RESUNIT_INCH, 25.4) }
            if source.resolutionUnit == UInt16(RESUNIT_NONE), case .imageJ(let text) = source.description,
                keepsDescription(source), let named = text.millimetresPerUnit
            {
                (unit, millimetres) = (RESUNIT_NONE, named)
            }
            steps = (spacing.column / millimetres, spacing.row / millimetres)
        } else if let shape = geometry.relativeSpacing {
            steps = (shape.column, shape.row)
        }
        guard let steps else { return }
        set(TIFFTAG_RESOLUTIONUNIT, unit)
        _ = ctiff_set_double(handle.file, UInt32(TIFFTAG_XRESOLUTION), 1 / steps.column)
        _ = ctiff_set_double(handle.file, UInt32(TIFFTAG_YRESOLUTION), 1 / steps.row)
    }

    /// Whether the pages are still those that the source's description speaks of.
    private func keepsDescription(_ source: TIFFSource) -> Bool {
        source.grid.map { $0.slices == header.slices && $0.channels == header.channels } ?? false
    }

    /// The source's description, brought up to date.
    private func structuredDescription(_ source: TIFFSource) -> String? {
        guard let old = source.grid, keepsDescription(source) else { return nil }
        func factor(_ axis: KeyPath<PixelSpacing, Double>, _ sizes: (Int, Int)) -> Double {
            let pairs = [
                (old.geometry.spacing, header.geometry.spacing),
                (old.geometry.relativeSpacing, header.geometry.relativeSpacing),
            ]
            return pairs.lazy.compactMap { old, new in
                old.flatMap { old in new.map { old[keyPath: axis] / $0[keyPath: axis] } }
            }.first ?? Double(sizes.1) / Double(sizes.0)
        }
        let columns = factor(\.column, (old.width, header.width))
        let rows = factor(\.row, (old.height, header.height))
        switch source.description {
        case .imageJ(let text): return text.text(columns: columns, rows: rows, header: header, source: old.intensity)
        case .ome(let text): return text.text(columns: columns, rows: rows, header: header)
        case .shaped(let text): return text.text(from: (old.width, old.height, old.channels), header: header)
        case .foreign, .plain: return nil
        }
    }

    private func check(_ isFine: Bool) throws(ImageFileError) {
        guard !isFine else { return }
        throw destination.failure ?? .cannotWrite(path: destination.name, reason: handle.message)
    }

    func append(_ band: Pixels) throws(ImageFileError) {
        try progress.take(band)
        for row in 0..<band.height {
            encode(band, row: row, into: strip.baseAddress! + rowsInStrip * rowBytes)
            rowsInStrip += 1
            if rowsInStrip == rowsPerStrip { try flush() }
        }
        if progress.isAtSliceStart {
            try flush()
            try check(TIFFWriteDirectory(handle.file) == 1)
            stripNumber = 0
            if progress.slice < header.slices { describePage() }
        }
    }

    private func encode(_ band: Pixels, row: Int, into target: UnsafeMutableRawPointer) {
        guard bits < 8 else {
            band.encodePictureRow(row, intensity: header.intensity, mirror: nil, into: target)
            return
        }
        band.encodePictureRow(row, intensity: header.intensity, mirror: nil, into: &unpacked)
        SampleCoding.pack(
            unpacked, bits: bits, count: band.width, into: target.assumingMemoryBound(to: UInt8.self))
    }

    private func flush() throws(ImageFileError) {
        guard rowsInStrip > 0 else { return }
        let bytes = rowsInStrip * rowBytes
        try check(TIFFWriteEncodedStrip(handle.file, stripNumber, strip.baseAddress, numericCast(bytes)) == bytes)
        stripNumber += 1
        rowsInStrip = 0
    }

    func finish() throws(ImageFileError) {
        try progress.finish()
        try check(TIFFFlush(handle.file) == 1)
        handle.close()
    }
}
