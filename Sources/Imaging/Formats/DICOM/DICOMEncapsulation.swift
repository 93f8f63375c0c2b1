/// Writes encapsulated pixel data (PS3.5 A.4): a basic offset table, and one fragment a frame.
struct DICOMEncapsulation {
    private let destination: ByteDestination
    /// Where the table's offsets are to be put, once they are known.
    private let table: Int
    /// From the first fragment's item to each.
    private var offsets: [UInt32] = []
    private var length = 0

    private static let undefinedLength: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]

    init(frames: Int, _ destination: ByteDestination) throws(ImageFileError) {
        self.destination = destination
        try destination.write(DICOMTag.pixelData.littleEndian + Array("OB".utf8) + [0, 0] + Self.undefinedLength)
        try destination.write(DICOMTag.item.littleEndian + UInt32(4 * frames).littleEndianBytes)
        table = destination.place
        try destination.write([UInt8](repeating: 0, count: 4 * frames))
    }

    /// The next frame.
    mutating func append(_ codestream: [UInt8]) throws(ImageFileError) {
        let padding = codestream.count % 2
        guard let offset = UInt32(exactly: length) else {
            throw .cannotHold(path: destination.name, reason: "its compressed frames are more than 4 GiB")
        }
        offsets.append(offset)
        try destination.write(
            DICOMTag.item.littleEndian + UInt32(codestream.count + padding).littleEndianBytes)
        try destination.write(codestream)
        if padding > 0 { try destination.write([0]) }
        length += 8 + codestream.count + padding
    }

    func finish() throws(ImageFileError) {
        try destination.write(DICOMTag.sequenceDelimitation.littleEndian + [0, 0, 0, 0])
        let end = destination.place
        destination.seek(to: table)
        try destination.write(offsets.flatMap(\.littleEndianBytes))
        destination.seek(to: end)
    }
}

extension DICOMTag {
    /// As it lies in a file, group before element.
    var littleEndian: [UInt8] { group.littleEndianBytes + element.littleEndianBytes }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
