import CZlib

/// Bytes on their way to a destination, gzipped (RFC 1952) or as they are.
final class PackedDestination {
    private let destination: ByteDestination
    private let isGzipped: Bool
    private let deflater: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer

    init(_ destination: ByteDestination, isGzipped: Bool) throws(ImageFileError) {
        self.destination = destination
        self.isGzipped = isGzipped
        // zlib keeps the address of its state.
        deflater = .allocate(capacity: 1)
        deflater.initialize(to: z_stream())
        output = .allocate(byteCount: isGzipped ? 1 << 17 : 0, alignment: 16)
        // The fastest compression: noise compresses little whatever is tried. 15 bits of window, and 16 for gzip's header.
        if isGzipped,
            deflateInit2_(
                deflater, Z_BEST_SPEED, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) != Z_OK
        {
            throw .cannotWrite(path: destination.name, reason: "memory is short")
        }
    }

    deinit {
        if isGzipped { deflateEnd(deflater) }
        deflater.deallocate()
        output.deallocate()
    }

    func write(_ bytes: UnsafeRawPointer, count: Int) throws(ImageFileError) {
        guard isGzipped else { return try destination.write(bytes, count: count) }
        var done = 0
        while done < count {
            // zlib counts in 32 bits.
            let part = min(count - done, 1 << 30)
            deflater.pointee.next_in = UnsafeMutablePointer(
                mutating: (bytes + done).assumingMemoryBound(to: UInt8.self))
            deflater.pointee.avail_in = UInt32(part)
            try drain(Z_NO_FLUSH)
            done += part
        }
    }

    /// Writes what is left, and the checksum.
    func finish() throws(ImageFileError) {
        if isGzipped { try drain(Z_FINISH) }
    }

    private func drain(_ flush: Int32) throws(ImageFileError) {
        repeat {
            deflater.pointee.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
            deflater.pointee.avail_out = UInt32(output.count)
            // It fails only of arguments that no deflater takes.
            _ = deflate(deflater, flush)
            try destination.write(output.baseAddress!, count: output.count - Int(deflater.pointee.avail_out))
        } while deflater.pointee.avail_out == 0
    }
}
