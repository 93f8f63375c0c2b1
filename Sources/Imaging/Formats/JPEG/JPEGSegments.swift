/// What the segments before a JPEG's picture say (ISO/IEC 10918-1 B.1, JFIF 1.02, EXIF 2.3, ICC.1 B.4).
struct JPEGSegments {
    /// JFIF's density, or where there is no JFIF EXIF's resolution.
    private(set) var geometry = Geometry()
    private var hasJFIF = false
    private(set) var orientation = PictureOrientation.topLeft
    private(set) var colorProfile: ColorProfile?
    /// Of the first component, which is the brightness; `nil` where nothing was quantized.
    private(set) var quantization: JPEGQuantization?

    init(_ file: UnsafeRawBufferPointer) {
        var profile: [(number: UInt8, bytes: [UInt8])] = []
        var tables: [UInt8: JPEGQuantization] = [:]
        // An abbreviated stream of tables alone has no frame that names one.
        var table: UInt8 = 0
        var position = 2
        while position + 4 <= file.count, file[position] == 0xFF {
            let marker = file[position + 1]
            if marker == 0xFF {
                position += 1
                continue
            }
            let length = Int(file[position + 2]) << 8 | Int(file[position + 3])
            // Entropy-coded data follow the start of scan.
            guard marker != 0xDA, length >= 2, position + 2 + length <= file.count else { break }
            let content = file[position + 4..<position + 2 + length]
            switch marker {
            case 0xE0 where content.starts(with: "JFIF\0".utf8): readDensity([UInt8](content))
            case 0xE1 where content.starts(with: "Exif\0\0".utf8): readEXIF([UInt8](content.dropFirst(6)))
            case 0xE2 where content.starts(with: "ICC_PROFILE\0".utf8) && content.count > 14:
                profile.append((content[content.startIndex + 12], [UInt8](content.dropFirst(14))))
            case 0xDB: tables.merge(Self.tables([UInt8](content))) { $1 }
            case 0xC0...0xC2 where content.count >= 9: table = content[content.startIndex + 8]
            default: break
            }
            position += 2 + length
        }
        quantization = tables[table]
        if !profile.isEmpty {
            colorProfile = ColorProfile(bytes: profile.sorted { $0.number < $1.number }.flatMap(\.bytes))
        }
    }

    /// Quantization tables by their number (B.2.4.1).
    private static func tables(_ content: [UInt8]) -> [UInt8: JPEGQuantization] {
        var result: [UInt8: JPEGQuantization] = [:]
        var position = 0
        while position < content.count {
            let width = content[position] >> 4 == 0 ? 1 : 2
            let values = content.dropFirst(position + 1).prefix(64 * width)
            let bytes = Array(values).map(Int.init)
            let steps = stride(from: 0, to: bytes.count - width + 1, by: width).map {
                width == 1 ? bytes[$0] : bytes[$0] << 8 | bytes[$0 + 1]
            }
            result[content[position] & 15] = JPEGQuantization(zigzag: steps)
            position += 1 + 64 * width
        }
        return result
    }

    private mutating func readDensity(_ content: [UInt8]) {
        guard content.count >= 12 else { return }
        hasJFIF = true
        let columns = Double(Int(content[8]) << 8 | Int(content[9]))
        let rows = Double(Int(content[10]) << 8 | Int(content[11]))
        geometry = Self.geometry(columns: columns, rows: rows, millimetres: [1: 25.4, 2: 10.0][content[7]])
    }

    private static func geometry(columns: Double, rows: Double, millimetres: Double?) -> Geometry {
        var result = Geometry()
        // Square pixels of no size are what is written where nothing is known.
        guard columns > 0, rows > 0, millimetres != nil || columns != rows else { return result }
        let shape = PixelSpacing(column: (millimetres ?? 1) / columns, row: (millimetres ?? 1) / rows)
        if millimetres == nil { result.relativeSpacing = shape } else { result.spacing = shape }
        return result
    }

    /// Orientation and resolution among the entries of a TIFF header's first directory.
    private mutating func readEXIF(_ tiff: [UInt8]) {
        guard tiff.count >= 8 else { return }
        let isLittleEndian = tiff[0] == UInt8(ascii: "I")
        func number(at offset: Int, bytes: Int) -> Int? {
            guard offset >= 0, offset + bytes <= tiff.count else { return nil }
            let digits = tiff[offset..<offset + bytes]
            return (isLittleEndian ? digits.reversed() : Array(digits)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(at: 4, bytes: 4), let count = number(at: directory, bytes: 2) else { return }
        func ratio(at offset: Int) -> Double {
            guard let place = number(at: offset + 8, bytes: 4), let above = number(at: place, bytes: 4),
                let below = number(at: place + 4, bytes: 4), below > 0
            else { return 0 }
            return Double(above) / Double(below)
        }
        var (columns, rows, unit) = (0.0, 0.0, 2)
        for entry in 0..<count {
            let offset = directory + 2 + entry * 12
            guard let tag = number(at: offset, bytes: 2) else { break }
            switch tag {
            case 0x0112: orientation = number(at: offset + 8, bytes: 2).flatMap(PictureOrientation.init) ?? .topLeft
            case 0x011A: columns = ratio(at: offset)
            case 0x011B: rows = ratio(at: offset)
            case 0x0128: unit = number(at: offset + 8, bytes: 2) ?? unit
            default: break
            }
        }
        if !hasJFIF {
            geometry = Self.geometry(columns: columns, rows: rows, millimetres: [2: 25.4, 3: 10.0][unit])
        }
    }

    /// Segments for a new file.
    static func colorProfile(_ profile: ColorProfile) -> [UInt8] {
        let size = 65519
        let count = (profile.bytes.count + size - 1) / size
        guard count <= 255 else { return [] }
        return (0..<count).flatMap { index in
            let part = profile.bytes[index * size..<min((index + 1) * size, profile.bytes.count)]
            return segment(0xE2, Array("ICC_PROFILE\0".utf8) + [UInt8(index + 1), UInt8(count)] + part)
        }
    }

    static func comment(_ text: String) -> [UInt8] { segment(0xFE, Array(text.utf8.prefix(65533))) }

    /// JFIF's unit and density for a spacing, where whole numbers say it to a thousandth.
    static func density(_ spacing: PixelSpacing) -> [UInt8]? {
        for (unit, millimetres) in [(UInt8(1), 25.4), (2, 10.0)] {
            let exact = [millimetres / spacing.column, millimetres / spacing.row]
            let whole = exact.map { $0.rounded() }
            if zip(exact, whole).allSatisfy({ (1...65535).contains($1) && abs($0 - $1) <= 1e-3 * $0 }) {
                return [unit] + whole.flatMap { [UInt8(Int($0) >> 8), UInt8(Int($0) & 255)] }
            }
        }
        return nil
    }

    /// The shape of a pixel, as a density without a unit.
    static func shapeDensity(_ shape: PixelSpacing) -> [UInt8]? {
        shape.wholeDensity(upTo: 65535).map { x, y in
            [0, UInt8(x >> 8), UInt8(x & 255), UInt8(y >> 8), UInt8(y & 255)]
        }
    }

    private static func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count + 2
        return [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + content
    }
}
