import CJPEG
import Foundation

/// What a JPEG file says beside its pixels, to be said again by files derived from it.
public struct JPEGSource: Sendable {
    var colorProfile: ColorProfile?
}

/// JPEG (ISO/IEC 10918-1) with 8 bits: gray and color.
///
/// A picture that EXIF says lies on its side is set upright. JFIF's density is the spacing.
enum JPEGFile {
    /// No entropy coding of the standard's expands a byte to more samples.
    private static let expansion = 4096

    static func recognizes(_ start: [UInt8]) -> Bool { start.starts(with: [0xFF, 0xD8, 0xFF]) }

    static func read(_ url: URL) throws(ImageFileError) -> Image {
        let path = url.path
        guard let file = try? Data(contentsOf: url) else {
            throw .damaged(path: path, detail: "the file cannot be read; check its permissions")
        }
        guard let decoder = tjInitDecompress() else {
            throw .unsupported(path: path, feature: "JPEG while memory is short")
        }
        defer { tjDestroy(decoder) }
        let bytes = [UInt8](file)
        var width: Int32 = 0
        var height: Int32 = 0
        var subsampling: Int32 = 0
        var space: Int32 = 0
        guard tjDecompressHeader3(decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &space) == 0 else {
            throw readError(decoder, path: path)
        }
        guard space != TJCS_CMYK.rawValue, space != TJCS_YCCK.rawValue else {
            throw .unsupported(path: path, feature: "CMYK color; convert it to RGB")
        }
        let model: ColorModel = space == TJCS_GRAY.rawValue ? .gray : .rgb
        let count = try DecodedSize.samples(
            width: Int(width), height: Int(height), channels: model.channels, path: path)
        try DecodedSize.check(bytes: count, inFileOf: bytes.count, expandingAtMost: expansion, path: path)

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
            guard isHarmless(decoder), decode(0) != 0, isHarmless(decoder) else { throw readError(decoder, path: path) }
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
        return Image(
            header: ImageHeader(
                width: pixels.width, height: pixels.height, colorModel: model,
                geometry: geometry,
                intensity: Intensity(sampleType: .uint8),
                source: .jpeg(JPEGSource(colorProfile: segments.colorProfile))),
            pixels: pixels)
    }

    static func sink(for header: ImageHeader, at url: URL) throws(ImageFileError) -> any ImageSink {
        try JPEGSink(header: header, path: url.path)
    }

    private static func isHarmless(_ decoder: tjhandle) -> Bool {
        tjGetErrorCode(decoder) == TJERR_WARNING.rawValue && message(decoder).contains("extraneous bytes")
    }

    fileprivate static func message(_ codec: tjhandle) -> String { String(cString: tjGetErrorStr2(codec)) }

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

/// Writes a JPEG of quality 95 without color subsampling.
///
/// The picture is held as bytes until it is complete: the library takes it whole. Spacing is written where JFIF's whole
/// numbers can say it to a thousandth. An image whose polarity is ``Polarity/brightIsLow`` is written with its values
/// mirrored in its stored range and looks as it should.
private final class JPEGSink: ImageSink {
    private static let quality: Int32 = 95
    /// What libjpeg takes.
    private static let greatestSize = 65500

    private let path: String
    private let header: ImageHeader
    private var progress: SinkProgress
    private var bytes: [UInt8]
    private var row: [UInt8]

    init(header: ImageHeader, path: String) throws(ImageFileError) {
        guard header.slices == 1 else {
            throw .cannotHold(path: path, reason: "a JPEG holds one slice, not \(header.slices); write .nii or .tif")
        }
        guard header.intensity.sampleType == .uint8, header.intensity.storedRange == 0...255 else {
            throw .cannotHold(path: path, reason: "a JPEG holds 8 bits, no more and no fewer; write .png, .tif or .nii")
        }
        guard !header.colorModel.hasAlpha else {
            throw .cannotHold(path: path, reason: "a JPEG has no alpha channel; write .png or .tif")
        }
        guard max(header.width, header.height) <= JPEGSink.greatestSize else {
            throw .cannotHold(
                path: path,
                reason: "a JPEG is at most \(JPEGSink.greatestSize) pixels wide and high; write .png or .tif")
        }
        self.path = path
        self.header = header
        progress = SinkProgress(header: header, path: path)
        bytes = []
        bytes.reserveCapacity(header.width * header.height * header.channels)
        row = [UInt8](repeating: 0, count: header.width * header.channels)
    }

    func append(_ band: Pixels) throws(ImageFileError) {
        try progress.take(band)
        for bandRow in 0..<band.height {
            band.encodePictureRow(
                bandRow, intensity: header.intensity, mirror: header.mirrorForPicture, into: &row)
            bytes.append(contentsOf: row)
        }
    }

    func finish() throws(ImageFileError) {
        try progress.finish()
        var file = try compressed()
        // After the start of image and JFIF's own segment.
        let isJFIF = file.count > 20 && file[2..<4] == [0xFF, 0xE0]
        let density =
            header.geometry.spacing.flatMap(JPEGSegments.density)
            ?? header.geometry.relativeSpacing.flatMap(JPEGSegments.shapeDensity)
        if isJFIF, let density {
            file.replaceSubrange(13..<18, with: density)
        }
        let segments =
            (header.colorProfile.map(JPEGSegments.colorProfile) ?? [])
            + (header.derivation.map { JPEGSegments.comment($0.description) } ?? [])
        file.insert(contentsOf: segments, at: isJFIF ? 4 + Int(file[4]) << 8 + Int(file[5]) : 2)
        guard let output = fopen(path, "wb") else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
        let isWritten = fwrite(file, 1, file.count, output) == file.count
        guard fclose(output) == 0, isWritten else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private func compressed() throws(ImageFileError) -> [UInt8] {
        guard let encoder = tjInitCompress() else { throw .cannotWrite(path: path, reason: "memory is short") }
        defer { tjDestroy(encoder) }
        let isGray = header.colorModel == .gray
        var result: UnsafeMutablePointer<UInt8>?
        var size: UInt = 0
        defer { tjFree(result) }
        let code = tjCompress2(
            encoder, bytes, Int32(header.width), 0, Int32(header.height),
            isGray ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue, &result, &size,
            Int32(isGray ? TJSAMP_GRAY.rawValue : TJSAMP_444.rawValue), JPEGSink.quality, TJFLAG_ACCURATEDCT)
        guard code == 0, let result else { throw .cannotWrite(path: path, reason: JPEGFile.message(encoder)) }
        return [UInt8](UnsafeBufferPointer(start: result, count: Int(size)))
    }
}
