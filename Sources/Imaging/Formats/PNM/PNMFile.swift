import CNIfTI
import Foundation

/// Binary PGM (P5) and PPM (P6) of the Netpbm family, plain or gzipped: STARE's format. Read, not written.
///
/// Up to 255 levels are 8-bit samples, more are 16-bit, most significant byte first; the declared greatest level is the
/// upper end of ``Intensity/storedRange``.
enum PNMFile {
    static func recognizes(_ start: [UInt8], url: URL) -> Bool {
        if hasSignature(start) { return true }
        guard start.starts(with: [0x1F, 0x8B]), let file = gzopen(url.path, "rb") else { return false }
        defer { gzclose(file) }
        return hasSignature((0..<3).map { _ in UInt8(truncatingIfNeeded: gzgetc_(file)) })
    }

    private static func hasSignature(_ start: [UInt8]) -> Bool {
        start.count >= 3 && start[0] == UInt8(ascii: "P") && (UInt8(ascii: "1")...UInt8(ascii: "7")).contains(start[1])
            && (isSpace(Int32(start[2])) || start[2] == UInt8(ascii: "#"))
    }

    private static func isSpace(_ byte: Int32) -> Bool { byte == 32 || (9...13).contains(byte) }

    static func read(_ url: URL) throws(ImageFileError) -> Image {
        let path = url.path
        guard let file = gzopen(path, "rb") else {
            throw .damaged(path: path, detail: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { gzclose(file) }
        _ = gzgetc_(file)
        let kind = gzgetc_(file)
        guard kind == Int32(UInt8(ascii: "5")) || kind == Int32(UInt8(ascii: "6")) else {
            throw .unsupported(
                path: path, feature: "Netpbm files other than binary PGM (P5) and PPM (P6); convert it to PNG")
        }
        let width = try number(file, path: path)
        let height = try number(file, path: path)
        let levels = try number(file, path: path)
        guard (1...65535).contains(levels) else {
            throw .damaged(path: path, detail: "its greatest level is \(levels); 1 to 65535 are possible")
        }
        let colorModel: ColorModel = kind == Int32(UInt8(ascii: "6")) ? .rgb : .gray
        let type: SampleType = levels < 256 ? .uint8 : .uint16
        let count = try DecodedSize.samples(width: width, height: height, channels: colorModel.channels, path: path)
        try DecodedSize.check(
            bytes: count * type.bits / 8, inFileOf: DecodedSize.fileSize(path),
            expandingAtMost: DecodedSize.deflateRatio, path: path)

        let rowBytes = width * colorModel.channels * type.bits / 8
        let row = UnsafeMutableRawPointer.allocate(byteCount: rowBytes, alignment: 16)
        defer { row.deallocate() }
        var samples = [Float](repeating: 0, count: count)
        for index in 0..<height {
            guard gzfread(row, 1, rowBytes, file) == rowBytes else {
                throw .truncated(path: path, detail: "within row \(index) of \(height)")
            }
            samples.withUnsafeMutableBufferPointer {
                // Integers of 16 bits and less are read without fail.
                _ = SampleCoding.decode(
                    row, pixels: width, channels: colorModel.channels, as: type, swapped: type == .uint16,
                    into: $0.baseAddress! + index * width, planeStride: width * height)
            }
        }
        // A zipped file cut off in its checksum has all its samples and is not whole.
        var status: Int32 = 0
        if gzgetc_(file) == -1, gzerror(file, &status) != nil, status != Z_OK, status != Z_STREAM_END {
            throw .truncated(path: path, detail: "within the end of the compressed data")
        }
        var intensity = Intensity(sampleType: type)
        intensity.storedRange = 0...Float(levels)
        return Image(
            header: ImageHeader(width: width, height: height, colorModel: colorModel, intensity: intensity),
            pixels: Pixels(width: width, height: height, channels: colorModel.channels, samples: samples))
    }

    /// The next number of the header; comments run from `#` to the end of the line. Takes the one byte after it.
    private static func number(_ file: gzFile, path: String) throws(ImageFileError) -> Int {
        var byte = gzgetc_(file)
        while isSpace(byte) || byte == Int32(UInt8(ascii: "#")) {
            if byte == Int32(UInt8(ascii: "#")) { while byte != 10 && byte != -1 { byte = gzgetc_(file) } }
            byte = gzgetc_(file)
        }
        var result = 0
        var digits = 0
        while (48...57).contains(byte), digits < 10 {
            result = result * 10 + Int(byte - 48)
            digits += 1
            byte = gzgetc_(file)
        }
        guard digits > 0, isSpace(byte) else {
            throw byte == -1
                ? .truncated(path: path, detail: "within the header")
                : .damaged(path: path, detail: "its header states no size")
        }
        return result
    }
}
