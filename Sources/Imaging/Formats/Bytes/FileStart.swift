/// What formats are told apart by: the first bytes of a file, read once, and its name.
struct FileStart {
    /// Enough for the headers of all formats.
    static let length = 560

    let bytes: [UInt8]
    /// The first bytes of what a gzipped file holds: those before its damage, and `nil` where the file is not gzipped.
    let unpacked: [UInt8]?
    /// What the file is called, in lower case.
    let name: String

    init(_ source: ByteSource) {
        bytes = source.bytes(at: 0, count: Self.length)
        name = source.name.lowercased()
        unpacked = ByteStream.isGzipped(bytes) ? Self.unpacked(source) : nil
    }

    private static func unpacked(_ source: ByteSource) -> [UInt8] {
        guard let stream = try? ByteStream(source, packing: .gzipIfSigned) else { return [] }
        var bytes: [UInt8] = []
        // Byte for byte: what comes before damage tells the format too.
        while bytes.count < length, let byte = try? stream.next() { bytes.append(byte) }
        return bytes
    }
}
