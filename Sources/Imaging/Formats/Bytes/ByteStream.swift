import CZlib

/// Bytes in order, unpacked on the way where they are packed by deflate (RFC 1951).
final class ByteStream {
    enum Packing {
        /// Plain, or gzip (RFC 1952) where its signature is there.
        case gzipIfSigned
        /// zlib (RFC 1950) or gzip.
        case zlib
        case none
    }

    let source: ByteSource
    let isPacked: Bool
    private let start: Int
    private let inflater: UnsafeMutablePointer<z_stream>
    private var input: UnsafeMutableRawBufferPointer
    /// Where input is read next.
    private var offset: Int
    /// How many bytes have been handed out.
    private var position = 0
    /// Whether a packed stream is complete, its checksum compared.
    private var isComplete = false

    private static let gzipSignature: [UInt8] = [0x1F, 0x8B]

    static func isGzipped(_ start: [UInt8]) -> Bool { start.starts(with: gzipSignature) }

    /// - Parameter start: where in the source the stream begins.
    init(_ source: ByteSource, at start: Int = 0, packing: Packing) throws(ImageFileError) {
        self.source = source
        self.start = start
        offset = start
        isPacked =
            switch packing {
            case .gzipIfSigned: Self.isGzipped(source.bytes(at: start, count: 2))
            case .zlib: true
            case .none: false
            }
        // zlib keeps the address of its state.
        inflater = .allocate(capacity: 1)
        inflater.initialize(to: z_stream())
        input = .allocate(byteCount: isPacked ? 1 << 17 : 0, alignment: 16)
        // 15 bits of window, and 32 to tell zlib's and gzip's headers apart.
        if isPacked, inflateInit2_(inflater, 47, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) != Z_OK {
            throw .unsupported(path: source.name, feature: "compressed data while memory is short")
        }
    }

    deinit {
        if isPacked { inflateEnd(inflater) }
        inflater.deallocate()
        input.deallocate()
    }

    /// Refuses to take memory for `bytes` that the source cannot hold even if its compression were the best there can be.
    func checkHolds(_ bytes: Int) throws(ImageFileError) {
        let stored = max(source.count - start, 0)
        let capacity = isPacked ? stored.multipliedReportingOverflow(by: DecodedSize.deflateRatio).partialValue : stored
        guard bytes <= capacity else {
            throw .truncated(path: source.name, detail: "its header promises \(bytes) bytes more than it can hold")
        }
    }

    /// Goes to a place counted from the stream's start, unpacking what lies between.
    func seek(to target: Int) throws(ImageFileError) {
        guard isPacked else {
            position = target
            return
        }
        if target < position {
            inflateReset(inflater)
            inflater.pointee.avail_in = 0
            (offset, position, isComplete) = (start, 0, false)
        }
        var scratch = [UInt8](repeating: 0, count: min(target - position, 1 << 16))
        while position < target {
            let wanted = min(target - position, scratch.count)
            guard try read(into: &scratch, count: wanted) == wanted else { break }
        }
    }

    /// Fewer bytes than asked for only at the end.
    func read(upTo count: Int) throws(ImageFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try read(into: &bytes, count: count)
        return Array(bytes.prefix(got))
    }

    /// The next byte; `nil` at the end.
    func next() throws(ImageFileError) -> UInt8? {
        var byte: UInt8 = 0
        return try read(into: &byte, count: 1) == 1 ? byte : nil
    }

    /// - Returns: how many bytes there were, fewer than asked for only at the end.
    func read(into target: UnsafeMutableRawPointer, count: Int) throws(ImageFileError) -> Int {
        guard isPacked else {
            let got = source.read(at: start + position, into: target, count: count)
            position += got
            return got
        }
        var done = 0
        while done < count, !isComplete {
            if inflater.pointee.avail_in == 0 { try fill() }
            // zlib counts in 32 bits.
            let room = min(count - done, 1 << 30)
            inflater.pointee.next_out = (target + done).assumingMemoryBound(to: UInt8.self)
            inflater.pointee.avail_out = UInt32(room)
            let status = inflate(inflater, Z_NO_FLUSH)
            done += room - Int(inflater.pointee.avail_out)
            switch status {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: goOn()
            case Z_MEM_ERROR: throw .unsupported(path: source.name, feature: "compressed data while memory is short")
            default:
                let message = inflater.pointee.msg.map { String(cString: $0) } ?? "is no deflate stream"
                throw .damaged(path: source.name, detail: "its compressed data (\(message))")
            }
        }
        position += done
        return done
    }

    private func fill() throws(ImageFileError) {
        let got = source.read(at: offset, into: input.baseAddress!, count: input.count)
        guard got > 0 else { throw .truncated(path: source.name, detail: "within its compressed data") }
        offset += got
        inflater.pointee.next_in = input.baseAddress!.assumingMemoryBound(to: UInt8.self)
        inflater.pointee.avail_in = UInt32(got)
    }

    /// Gzipped files may be several one after the other, whose contents belong together (RFC 1952 2.2).
    private func goOn() {
        let end = offset - Int(inflater.pointee.avail_in)
        if Self.isGzipped(source.bytes(at: end, count: 2)) {
            inflateReset(inflater)
        } else {
            isComplete = true
        }
    }

    /// Reads on past what was asked for, so that the checksum behind packed data is compared.
    func checkEnd() throws(ImageFileError) {
        if isPacked { _ = try next() }
    }
}
