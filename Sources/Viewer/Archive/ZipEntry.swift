import Foundation

/// A file of a ZIP archive, and what is written before it and in the list at the end (APPNOTE 4.3.7, 4.3.12, 4.5.3).
struct ZipEntry: Sendable {
    var url: URL
    /// In UTF-8.
    var name: [UInt8]
    var size: UInt64
    /// Of its opening in the archive.
    var place: UInt64
    /// Numbers from here on are written in 64 bits.
    var limit: UInt64

    private var isLarge: Bool { size >= limit }
    private var isFar: Bool { place >= limit }
    private var shortSize: UInt32 { isLarge ? .max : UInt32(size) }

    /// What stands before the file.
    func opening(checksum: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(0x0403_4b50 as UInt32)
        describe(checksum, in: &bytes, extra: isLarge ? 20 : 0)
        bytes += name
        if isLarge { bytes.append(1 as UInt16, 16 as UInt16, size, size) }
        return bytes
    }

    /// What stands in the list.
    func listing(checksum: UInt32) -> [UInt8] {
        let wide = (isLarge ? [size, size] : []) + (isFar ? [place] : [])
        var bytes: [UInt8] = []
        // Made by version 4.5 on a Unix, whose names are taken as they are, and whose files may be read.
        bytes.append(0x0201_4b50 as UInt32, 3 << 8 | 45 as UInt16)
        describe(checksum, in: &bytes, extra: wide.isEmpty ? 0 : UInt16(4 + 8 * wide.count))
        bytes.append(
            0 as UInt16, 0 as UInt16, 0 as UInt16, 0o100644 << 16 as UInt32, isFar ? UInt32.max : UInt32(place))
        bytes += name
        if !wide.isEmpty { bytes.append(1 as UInt16, UInt16(8 * wide.count)) }
        for number in wide { bytes.append(number) }
        return bytes
    }

    /// Version needed, names in UTF-8, stored, 1 January 1980, checksum and sizes.
    private func describe(_ checksum: UInt32, in bytes: inout [UInt8], extra: UInt16) {
        bytes.append(45 as UInt16, 1 << 11 as UInt16, 0 as UInt16, 0 as UInt16, 0x21 as UInt16)
        bytes.append(checksum, shortSize, shortSize, UInt16(name.count), extra)
    }
}

extension [UInt8] {
    /// Numbers as they are, little-endian.
    mutating func append<each Number: FixedWidthInteger>(_ numbers: repeat each Number) {
        for number in repeat each numbers {
            Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
        }
    }
}
