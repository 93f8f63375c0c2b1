import CTIFF

/// An open TIFF file and what libtiff says about it.
final class TIFFHandle {
    /// What libtiff may take at a time.
    static let mostMemory = 4 << 30

    let file: OpaquePointer
    private let bytes: TIFFBytes
    private let messages: UnsafeMutablePointer<ctiff_messages>
    private var isOpen = true

    /// - Returns: `nil` and a message if the file cannot be opened.
    static func open(_ bytes: TIFFBytes, mode: String) -> (handle: TIFFHandle?, message: String) {
        let messages = UnsafeMutablePointer<ctiff_messages>.allocate(capacity: 1)
        messages.initialize(to: ctiff_messages())
        // The handle keeps the bytes for as long as the file.
        let file = ctiff_open(
            bytes.name, mode, bytes.procedures, Unmanaged.passUnretained(bytes).toOpaque(), numericCast(mostMemory),
            messages)
        guard let file else {
            defer { messages.deallocate() }
            return (nil, text(messages.pointee.error))
        }
        return (TIFFHandle(file: file, bytes: bytes, messages: messages), "")
    }

    private init(file: OpaquePointer, bytes: TIFFBytes, messages: UnsafeMutablePointer<ctiff_messages>) {
        self.file = file
        self.bytes = bytes
        self.messages = messages
    }

    deinit {
        close()
        messages.deallocate()
    }

    func close() {
        if isOpen { TIFFClose(file) }
        isOpen = false
    }

    /// The first error met, empty if there was none.
    var message: String { TIFFHandle.text(messages.pointee.error) }

    /// The first field met that lies past the end of the file, empty if there was none.
    var loss: String { TIFFHandle.text(messages.pointee.loss) }

    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    func uint16(_ tag: Int32) -> Int? {
        var value: UInt16 = 0
        return ctiff_get_uint16(file, UInt32(tag), &value) == 1 ? Int(value) : nil
    }

    func uint32(_ tag: Int32) -> Int? {
        var value: UInt32 = 0
        return ctiff_get_uint32(file, UInt32(tag), &value) == 1 ? Int(value) : nil
    }

    func float(_ tag: Int32) -> Double? {
        var value: Float = 0
        return ctiff_get_float(file, UInt32(tag), &value) == 1 ? Double(value) : nil
    }

    func text(_ tag: Int32) -> String? {
        var value: UnsafePointer<CChar>?
        guard ctiff_get_text(file, UInt32(tag), &value) == 1, let value else { return nil }
        return String(validatingCString: value)
    }

    func bytes(_ tag: Int32) -> [UInt8]? {
        var count: UInt32 = 0
        var value: UnsafeRawPointer?
        guard ctiff_get_bytes(file, UInt32(tag), &count, &value) == 1, let value else { return nil }
        return [UInt8](UnsafeRawBufferPointer(start: value, count: Int(count)))
    }

    /// The first strip or tile of the page as it is stored.
    var firstRawStrip: [UInt8] {
        let size = TIFFIsTiled(file) == 0 ? TIFFRawStripSize(file, 0) : TIFFTileSize(file)
        guard size > 0, size <= Self.mostMemory else { return [] }
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { bytes, count in
            let read =
                TIFFIsTiled(file) == 0
                ? TIFFReadRawStrip(file, 0, bytes.baseAddress, size) : TIFFReadRawTile(file, 0, bytes.baseAddress, size)
            count = max(Int(read), 0)
        }
    }

    func uint16s(_ tag: Int32) -> [UInt16] {
        var count: UInt16 = 0
        var value: UnsafePointer<UInt16>?
        guard ctiff_get_uint16s(file, UInt32(tag), &count, &value) == 1, let value else { return [] }
        return Array(UnsafeBufferPointer(start: value, count: Int(count)))
    }
}

extension TIFFHandle {
    /// libtiff converts JPEG's YCbCr while it decodes.
    static func decodeJPEGAsRGB(_ handle: TIFFHandle) {
        _ = ctiff_set_int(handle.file, UInt32(TIFFTAG_JPEGCOLORMODE), JPEGCOLORMODE_RGB)
    }
}
