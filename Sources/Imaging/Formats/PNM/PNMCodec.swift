/// Binary PGM (P5) and PPM (P6) of the Netpbm family, plain or gzipped: STARE's format. Read, not written.
///
/// Up to 255 levels are 8-bit samples, more are 16-bit, most significant byte first; the declared greatest level is the
/// upper end of ``Intensity/storedRange``.
struct PNMCodec: ImageCodec {
    let name = "pnm"
    let title = "PNM"
    let endings = ["pgm", "ppm"]
    let resultEnding = "png"

    func recognizes(_ start: FileStart) -> Bool {
        let bytes = start.unpacked ?? start.bytes
        return bytes.count >= 3 && bytes[0] == UInt8(ascii: "P")
            && (UInt8(ascii: "1")...UInt8(ascii: "7")).contains(bytes[1])
            && (Self.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#"))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    func read(from source: ByteSource) throws(ImageFileError) -> Image {
        let path = source.name
        let stream = try ByteStream(source, packing: .gzipIfSigned)
        let kind = try stream.read(upTo: 2).last
        guard kind == UInt8(ascii: "5") || kind == UInt8(ascii: "6") else {
            throw .unsupported(
                path: path, feature: "Netpbm files other than binary PGM (P5) and PPM (P6); convert it to PNG")
        }
        let width = try Self.number(stream)
        let height = try Self.number(stream)
        let levels = try Self.number(stream)
        guard (1...65535).contains(levels) else {
            throw .damaged(path: path, detail: "its greatest level is \(levels); 1 to 65535 are possible")
        }
        let colorModel: ColorModel = kind == UInt8(ascii: "6") ? .rgb : .gray
        let type: SampleType = levels < 256 ? .uint8 : .uint16
        let count = try DecodedSize.samples(width: width, height: height, channels: colorModel.channels, path: path)
        try stream.checkHolds(count * type.bits / 8)

        let rowBytes = width * colorModel.channels * type.bits / 8
        let row = UnsafeMutableRawPointer.allocate(byteCount: rowBytes, alignment: 16)
        defer { row.deallocate() }
        var samples = [Float](repeating: 0, count: count)
        for index in 0..<height {
            guard try stream.read(into: row, count: rowBytes) == rowBytes else {
                throw .truncated(path: path, detail: "within row \(index) of \(height)")
            }
            samples.withUnsafeMutableBufferPointer {
                // Integers of 16 bits and less are read without fail.
                _ = SampleCoding.decode(
                    row, pixels: width, channels: colorModel.channels, as: type, swapped: type == .uint16,
                    into: $0.baseAddress! + index * width, planeStride: width * height)
            }
        }
        try stream.checkEnd()
        var intensity = Intensity(sampleType: type)
        intensity.storedRange = 0...Float(levels)
        return Image(
            header: ImageHeader(width: width, height: height, colorModel: colorModel, intensity: intensity),
            pixels: Pixels(width: width, height: height, channels: colorModel.channels, samples: samples))
    }

    /// The next number of the header; comments run from `#` to the end of the line. Takes the one byte after it.
    private static func number(_ stream: ByteStream) throws(ImageFileError) -> Int {
        var byte = try stream.next()
        while let space = byte, isSpace(space) || space == UInt8(ascii: "#") {
            if space == UInt8(ascii: "#") { while byte != nil, byte != 10 { byte = try stream.next() } }
            byte = try stream.next()
        }
        var result = 0
        var digits = 0
        while let digit = byte, (48...57).contains(digit), digits < 10 {
            result = result * 10 + Int(digit - 48)
            digits += 1
            byte = try stream.next()
        }
        let path = stream.source.name
        guard let byte else { throw .truncated(path: path, detail: "within the header") }
        guard digits > 0, isSpace(byte) else { throw .damaged(path: path, detail: "its header states no size") }
        return result
    }
}
