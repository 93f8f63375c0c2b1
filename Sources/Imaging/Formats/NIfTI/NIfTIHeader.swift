import CNIfTI

/// The two header layouts (nifti1.h, nifti2.h).
enum NIfTIVersion {
    case one, two

    var headerSize: Int { self == .one ? 348 : 540 }
}

/// A field of both layouts: where it lies, what it is there, and how often.
struct NIfTIField {
    enum Storage {
        case int8, int16, int32, int64, float32, float64

        var size: Int {
            switch self {
            case .int8: 1
            case .int16: 2
            case .int32, .float32: 4
            case .int64, .float64: 8
            }
        }
    }

    let one: (offset: Int, storage: Storage)
    let two: (offset: Int, storage: Storage)
    var count = 1

    static let dimensionInfo = NIfTIField(one: (39, .int8), two: (524, .int8))
    static let dim = NIfTIField(one: (40, .int16), two: (16, .int64), count: 8)
    static let intentParameters = NIfTIField(one: (56, .float32), two: (80, .float64), count: 3)
    static let intentCode = NIfTIField(one: (68, .int16), two: (504, .int32))
    static let datatype = NIfTIField(one: (70, .int16), two: (12, .int16))
    static let bitpix = NIfTIField(one: (72, .int16), two: (14, .int16))
    static let sliceStart = NIfTIField(one: (74, .int16), two: (224, .int64))
    static let pixdim = NIfTIField(one: (76, .float32), two: (104, .float64), count: 8)
    static let voxelOffset = NIfTIField(one: (108, .float32), two: (168, .int64))
    static let slope = NIfTIField(one: (112, .float32), two: (176, .float64))
    static let intercept = NIfTIField(one: (116, .float32), two: (184, .float64))
    static let sliceEnd = NIfTIField(one: (120, .int16), two: (232, .int64))
    static let sliceCode = NIfTIField(one: (122, .int8), two: (496, .int32))
    static let units = NIfTIField(one: (123, .int8), two: (500, .int32))
    static let calibrationMaximum = NIfTIField(one: (124, .float32), two: (192, .float64))
    static let calibrationMinimum = NIfTIField(one: (128, .float32), two: (200, .float64))
    static let sliceDuration = NIfTIField(one: (132, .float32), two: (208, .float64))
    static let timeOffset = NIfTIField(one: (136, .float32), two: (216, .float64))
    static let description = NIfTIField(one: (148, .int8), two: (240, .int8), count: 80)
    static let auxiliaryFile = NIfTIField(one: (228, .int8), two: (320, .int8), count: 24)
    static let qformCode = NIfTIField(one: (252, .int16), two: (344, .int32))
    static let sformCode = NIfTIField(one: (254, .int16), two: (348, .int32))
    static let quaternion = NIfTIField(one: (256, .float32), two: (352, .float64), count: 3)
    static let quaternionOffset = NIfTIField(one: (268, .float32), two: (376, .float64), count: 3)
    /// srow_x, srow_y and srow_z, one after the other.
    static let sformRows = NIfTIField(one: (280, .float32), two: (400, .float64), count: 12)
    static let intentName = NIfTIField(one: (328, .int8), two: (508, .int8), count: 16)

    /// Everything that both layouts have except size and magic.
    static let all = [
        dimensionInfo, dim, intentParameters, intentCode, datatype, bitpix, sliceStart, pixdim, voxelOffset, slope,
        intercept, sliceEnd, sliceCode, units, calibrationMaximum, calibrationMinimum, sliceDuration, timeOffset,
        description, auxiliaryFile, qformCode, sformCode, quaternion, quaternionOffset, sformRows, intentName,
    ]
}

/// A NIfTI header as stored, in this machine's byte order: fields that nobody asks for survive untouched.
struct NIfTIHeader: Sendable {
    let version: NIfTIVersion
    private(set) var bytes: [UInt8]

    /// A header that says nothing yet.
    init(version: NIfTIVersion) {
        self.version = version
        bytes = [UInt8](repeating: 0, count: version.headerSize)
        withUnsafeBytes(of: Int32(version.headerSize)) { bytes.replaceSubrange(0..<4, with: $0) }
        if version == .one { bytes[38] = UInt8(ascii: "r") }
        isSingleFile = true
    }

    /// - Parameter start: at least as many bytes as the header has.
    /// - Returns: `nil` if this is no NIfTI header.
    init?(_ start: [UInt8]) {
        guard let (version, _) = NIfTIHeader.signature(start), start.count >= version.headerSize else { return nil }
        self.version = version
        bytes = Array(start.prefix(version.headerSize))
        guard isSingleFile || magic.starts(with: version == .one ? "ni1\0".utf8 : "ni2\0".utf8) else { return nil }
        if NIfTIHeader.isSwapped(start) {
            bytes.withUnsafeMutableBytes { swap_nifti_header($0.baseAddress, version == .one ? 1 : 2) }
        }
    }

    /// The layout that the first four bytes, the header's size, state, and whether bytes are in the other order.
    static func signature(_ start: [UInt8]) -> (version: NIfTIVersion, isSwapped: Bool)? {
        guard start.count >= 4 else { return nil }
        let size = start.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
        return switch size {
        case 348: (.one, false)
        case 540: (.two, false)
        case Int32(348).byteSwapped: (.one, true)
        case Int32(540).byteSwapped: (.two, true)
        default: nil
        }
    }

    static func isSwapped(_ start: [UInt8]) -> Bool { signature(start)?.isSwapped ?? false }

    private var magic: ArraySlice<UInt8> { version == .one ? bytes[344..<348] : bytes[4..<12] }

    /// Header and samples in one file (.nii) rather than two (.hdr and .img).
    private(set) var isSingleFile: Bool {
        get { magic.starts(with: version == .one ? "n+1\0".utf8 : "n+2\0".utf8) }
        set {
            let text =
                newValue
                ? (version == .one ? "n+1\0" : "n+2\0\r\n\u{1A}\n") : (version == .one ? "ni1\0" : "ni2\0\r\n\u{1A}\n")
            bytes.replaceSubrange(version == .one ? 344..<348 : 4..<12, with: text.utf8)
        }
    }

    /// Bytes from the header's start to the earliest place for samples.
    var minimumVoxelOffset: Int { version.headerSize + 4 }

    mutating func becomeSingleFile() { isSingleFile = true }

    /// The same header in the layout whose dimensions are not limited to 32767.
    func widened() -> NIfTIHeader {
        guard version == .one else { return self }
        var result = NIfTIHeader(version: .two)
        for field in NIfTIField.all { result.set(field, self[field]) }
        return result
    }

    /// A field's numbers. Double holds every one of them that a usable file states.
    subscript(field: NIfTIField) -> [Double] {
        let (offset, storage) = version == .one ? field.one : field.two
        return bytes.withUnsafeBytes { bytes in
            (0..<field.count).map { index in
                let at = offset + index * storage.size
                return switch storage {
                case .int8: Double(bytes.loadUnaligned(fromByteOffset: at, as: Int8.self))
                case .int16: Double(bytes.loadUnaligned(fromByteOffset: at, as: Int16.self))
                case .int32: Double(bytes.loadUnaligned(fromByteOffset: at, as: Int32.self))
                case .int64: Double(bytes.loadUnaligned(fromByteOffset: at, as: Int64.self))
                case .float32: Double(bytes.loadUnaligned(fromByteOffset: at, as: Float.self))
                case .float64: bytes.loadUnaligned(fromByteOffset: at, as: Double.self)
                }
            }
        }
    }

    func first(_ field: NIfTIField) -> Double { self[field][0] }

    /// - Precondition: whole numbers lie in the range of the field's type.
    mutating func set(_ field: NIfTIField, _ values: [Double]) {
        let (offset, storage) = version == .one ? field.one : field.two
        bytes.withUnsafeMutableBytes { bytes in
            for (index, value) in values.enumerated() {
                let at = offset + index * storage.size
                switch storage {
                case .int8: bytes.storeBytes(of: Int8(value), toByteOffset: at, as: Int8.self)
                case .int16: bytes.storeBytes(of: Int16(value), toByteOffset: at, as: Int16.self)
                case .int32: bytes.storeBytes(of: Int32(value), toByteOffset: at, as: Int32.self)
                case .int64: bytes.storeBytes(of: Int64(value), toByteOffset: at, as: Int64.self)
                case .float32: bytes.storeBytes(of: Float(value), toByteOffset: at, as: Float.self)
                case .float64: bytes.storeBytes(of: value, toByteOffset: at, as: Double.self)
                }
            }
        }
    }

    mutating func set(_ field: NIfTIField, _ value: Double) { set(field, [value]) }
}
