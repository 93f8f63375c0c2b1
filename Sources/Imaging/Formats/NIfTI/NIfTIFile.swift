import CNIfTI
import Foundation

/// What a NIfTI file says beside its voxels, to be said again by files derived from it.
public struct NIfTISource: Sendable {
    var header: NIfTIHeader
    var extensions: [NIfTIExtension]
}

/// A piece of data after the header, its code from the register of ecodes.
struct NIfTIExtension: Sendable {
    /// NIFTI_ECODE_COMMENT: plain text.
    static let comment: Int32 = 6
    /// NIFTI_ECODE_CIFTI: the XML that says what a CIFTI-2 file's matrix is over.
    static let cifti: Int32 = 32

    var code: Int32
    var data: [UInt8]
}

/// NIfTI-1 and NIfTI-2, plain or gzipped, in one file or as .hdr and .img, in either byte order.
///
/// Columns and rows are the first two dimensions, slices all others flattened. Integers are read exactly or refused;
/// 64-bit floating point is rounded to Float32. `scl_slope` and `scl_inter` become ``Intensity/slope`` and
/// ``Intensity/intercept`` and are not applied. RGB24 and RGBA32 are color.
enum NIfTIFile {
    static func recognizes(_ start: [UInt8], url: URL) -> Bool {
        if isGzipped(start) {
            guard let header = try? NIfTIStream(reading: url.path).read(upTo: 540) else {
                // Damaged from the start: the name is all there is to say what it was.
                return url.lastPathComponent.lowercased().hasSuffix(".nii.gz")
            }
            return NIfTIHeader(header) != nil || isANALYZE(header)
                || header.isEmpty && url.lastPathComponent.lowercased().hasSuffix(".nii.gz")
        }
        // A file cut off within its header still starts with the header's size.
        return NIfTIHeader(start) != nil || isANALYZE(start)
            || NIfTIHeader.signature(start).map { start.count < $0.version.headerSize } ?? false
    }

    fileprivate static func isGzipped(_ start: [UInt8]) -> Bool { start.starts(with: [0x1F, 0x8B]) }

    /// NIfTI-1's ancestor has its size and shape but no magic.
    private static func isANALYZE(_ start: [UInt8]) -> Bool {
        guard start.count >= 348, let (version, isSwapped) = NIfTIHeader.signature(start), version == .one else {
            return false
        }
        let rank = start.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 40, as: Int16.self) }
        return start[344..<348].allSatisfy { $0 == 0 } && (1...7).contains(isSwapped ? rank.byteSwapped : rank)
    }

    static func read(_ url: URL) throws(ImageFileError) -> Image {
        let path = url.path
        let stream = try NIfTIStream(reading: path)
        let start = try stream.read(upTo: 348)
        let size = NIfTIHeader.signature(start)?.version.headerSize ?? 348
        let bytes = try start + stream.read(upTo: size - 348)
        guard bytes.count == size else { throw .truncated(path: path, detail: "within the header") }
        guard !isANALYZE(bytes) else { throw .unsupported(path: path, feature: "ANALYZE 7.5; convert it to NIfTI") }
        guard let header = NIfTIHeader(bytes) else { throw .damaged(path: path, detail: "no NIfTI header") }
        try checkIsVolume(header, path: path)

        let shape = try NIfTIShape(header, path: path)
        let voxels = try NIfTIVoxelType(header, path: path)
        let offset = try voxelOffset(header, path: path)
        let extensions = try self.extensions(
            of: header, isSwapped: NIfTIHeader.isSwapped(bytes), from: stream, upTo: offset, path: path)
        guard !extensions.contains(where: { $0.code == NIfTIExtension.cifti }) else { throw cifti(path) }
        let dataPath = header.isSingleFile ? path : try pairedFile(of: path)
        let data = header.isSingleFile ? stream : try NIfTIStream(reading: dataPath)
        try data.seek(to: offset)

        let samples = try samples(
            shape: shape, voxels: voxels, isSwapped: NIfTIHeader.isSwapped(bytes),
            areCodes: header.meaning != .quantity,
            from: data, path: dataPath)
        var imageHeader = ImageHeader(
            width: shape.width, height: shape.height, slices: shape.slices, colorModel: voxels.colorModel,
            geometry: header.geometry, intensity: header.intensity(of: voxels), meaning: header.meaning,
            source: .nifti(NIfTISource(header: header, extensions: extensions)))
        imageHeader.volumes = shape.volumes
        imageHeader.volumeInterval = header.volumeInterval
        return Image(
            header: imageHeader,
            pixels: Pixels(
                width: shape.width, height: shape.height, channels: voxels.colorModel.channels, slices: shape.slices,
                samples: samples))
    }

    static func sink(for header: ImageHeader, at url: URL) throws(ImageFileError) -> any ImageSink {
        try NIfTISink(header: header, path: url.path)
    }

    /// Refuses what shares the container but has no voxels: CIFTI's matrices (NIFTI_INTENT_CONNECTIVITY_UNKNOWN and the
    /// 99 codes behind it) and GIFTI's lists of points, triangles and nodes.
    private static func checkIsVolume(_ header: NIfTIHeader, path: String) throws(ImageFileError) {
        let intent = Int32(header.first(.intentCode))
        guard !(3000...3099).contains(intent) else { throw cifti(path) }
        guard ![NIFTI_INTENT_POINTSET, NIFTI_INTENT_TRIANGLE, NIFTI_INTENT_NODE_INDEX].contains(intent) else {
            throw .unsupported(path: path, feature: "a surface (intent code \(intent)), which has no voxels to enlarge")
        }
    }

    private static func cifti(_ path: String) -> ImageFileError {
        .unsupported(
            path: path,
            feature: "CIFTI-2, a matrix over surface vertices and voxels and no volume; enlarge the volume "
                + "it was made from")
    }

    /// Where samples start. Some writers leave 0 for "right after the header".
    private static func voxelOffset(_ header: NIfTIHeader, path: String) throws(ImageFileError) -> Int {
        let offset = header.first(.voxelOffset)
        guard header.isSingleFile else {
            guard offset >= 0, offset < 0x1p53 else { throw .damaged(path: path, detail: "vox_offset is \(offset)") }
            return Int(offset)
        }
        if offset == 0 { return header.minimumVoxelOffset }
        guard offset >= Double(header.version.headerSize), offset < 0x1p53 else {
            throw .damaged(path: path, detail: "vox_offset is \(offset), inside the header")
        }
        return Int(offset)
    }

    /// Reads what lies between header and samples, or in a .hdr up to its end.
    private static func extensions(
        of header: NIfTIHeader, isSwapped: Bool, from stream: NIfTIStream, upTo voxelOffset: Int, path: String
    ) throws(ImageFileError) -> [NIfTIExtension] {
        let end = header.isSingleFile ? voxelOffset : Int.max
        var position = header.minimumVoxelOffset
        guard position <= end, let flag = try stream.read(upTo: 4).first, flag != 0 else { return [] }
        var extensions: [NIfTIExtension] = []
        while end - position >= 16 {
            let start = try stream.read(upTo: 8)
            if start.isEmpty && !header.isSingleFile { break }
            guard start.count == 8 else { throw .truncated(path: path, detail: "within a header extension") }
            let (storedSize, storedCode) = start.withUnsafeBytes {
                ($0.loadUnaligned(as: Int32.self), $0.loadUnaligned(fromByteOffset: 4, as: Int32.self))
            }
            let size = Int(isSwapped ? storedSize.byteSwapped : storedSize)
            guard size >= 16, size % 16 == 0, size <= end - position else {
                throw .damaged(path: path, detail: "a header extension states a size of \(size) bytes")
            }
            try stream.checkHolds(size)
            let data = try stream.read(upTo: size - 8)
            guard data.count == size - 8 else { throw .truncated(path: path, detail: "within a header extension") }
            extensions.append(NIfTIExtension(code: isSwapped ? storedCode.byteSwapped : storedCode, data: data))
            position += size
        }
        return extensions
    }

    /// The .img of a .hdr, gzipped or not.
    private static func pairedFile(of path: String) throws(ImageFileError) -> String {
        let lowered = path.lowercased()
        let isGzipped = lowered.hasSuffix(".hdr.gz")
        guard isGzipped || lowered.hasSuffix(".hdr") else {
            throw .unsupported(path: path, feature: "a NIfTI header without samples whose name does not end in .hdr")
        }
        let stem = String(path.dropLast(isGzipped ? 7 : 4))
        for suffix in [".img", ".img.gz", ".IMG"] where FileManager.default.fileExists(atPath: stem + suffix) {
            return stem + suffix
        }
        throw .missing(path: stem + ".img")
    }

    private static func samples(
        shape: NIfTIShape, voxels: NIfTIVoxelType, isSwapped: Bool, areCodes: Bool, from data: NIfTIStream,
        path: String
    ) throws(ImageFileError) -> [Float] {
        let channels = voxels.colorModel.channels
        let count = try DecodedSize.samples(
            width: shape.width, height: shape.height, channels: channels, slices: shape.slices, path: path)
        let sampleBytes = voxels.sampleType.bits / 8
        try data.checkHolds(count * sampleBytes)

        var samples = [Float](unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
        let planeCount = shape.width * shape.height
        let slice = UnsafeMutableRawBufferPointer.allocate(
            byteCount: planeCount * channels * sampleBytes, alignment: 16)
        defer { slice.deallocate() }
        for index in 0..<shape.slices {
            guard try data.read(into: slice.baseAddress!, count: slice.count) == slice.count else {
                throw .truncated(path: path, detail: "within slice \(index) of \(shape.slices)")
            }
            // Rounding would make another label of a label.
            let inexact =
                areCodes && voxels.sampleType == .float64
                ? SampleCoding.firstInexact(slice.baseAddress!, count: planeCount, swapped: isSwapped) : nil
            let problem =
                inexact
                ?? samples.withUnsafeMutableBufferPointer {
                    SampleCoding.decode(
                        slice.baseAddress!, pixels: planeCount, channels: channels, as: voxels.sampleType,
                        swapped: isSwapped, into: $0.baseAddress! + index * planeCount * channels,
                        planeStride: planeCount)
                }
            if let problem {
                throw problem.error(path: path, width: shape.width, channels: channels, slice: index)
            }
        }
        try data.checkEnd()
        return samples
    }
}

/// How many voxels there are.
private struct NIfTIShape {
    let width: Int
    let height: Int
    let slices: Int
    /// All dimensions beyond the third together.
    let volumes: Int

    init(_ header: NIfTIHeader, path: String) throws(ImageFileError) {
        let dim = header[.dim]
        guard (1...7).contains(dim[0]) else {
            throw .damaged(path: path, detail: "it states \(Self.text(dim[0])) dimensions; 1 to 7 are possible")
        }
        let sizes = (1...7).map { Double($0) <= dim[0] ? dim[$0] : 1 }
        guard sizes.allSatisfy({ $0 >= 1 }) else {
            throw .damaged(path: path, detail: "a dimension is \(Self.text(sizes.min()!)) voxels long")
        }
        guard sizes.reduce(1, *) < 0x1p53 else {
            throw .damaged(
                path: path, detail: "it states a size of \(sizes.map(Self.text).joined(separator: " × "))")
        }
        width = Int(sizes[0])
        height = Int(sizes[1])
        slices = Int(sizes[2...].reduce(1, *))
        volumes = Int(sizes[3...].reduce(1, *))
    }

    /// A header's number, which may be more than any integer.
    private static func text(_ count: Double) -> String {
        Int(exactly: count).map(String.init) ?? "\(count)"
    }
}

/// The meaning of `datatype`.
struct NIfTIVoxelType {
    let sampleType: SampleType
    let colorModel: ColorModel

    private static let scalars: [(code: Int32, type: SampleType)] = [
        (NIFTI_TYPE_UINT8, .uint8), (NIFTI_TYPE_INT8, .int8), (NIFTI_TYPE_UINT16, .uint16), (NIFTI_TYPE_INT16, .int16),
        (NIFTI_TYPE_UINT32, .uint32), (NIFTI_TYPE_INT32, .int32), (NIFTI_TYPE_UINT64, .uint64),
        (NIFTI_TYPE_INT64, .int64), (NIFTI_TYPE_FLOAT32, .float32), (NIFTI_TYPE_FLOAT64, .float64),
    ]

    init(_ header: NIfTIHeader, path: String) throws(ImageFileError) {
        let code = Int32(header.first(.datatype))
        switch code {
        case NIFTI_TYPE_RGB24:
            sampleType = .uint8
            colorModel = .rgb
        case NIFTI_TYPE_RGBA32:
            sampleType = .uint8
            colorModel = .rgba
        case NIFTI_TYPE_COMPLEX64, NIFTI_TYPE_COMPLEX128, NIFTI_TYPE_COMPLEX256:
            throw .unsupported(path: path, feature: "complex voxels; take their magnitude first")
        case NIFTI_TYPE_FLOAT128: throw .unsupported(path: path, feature: "float128 voxels; convert them to float32")
        case DT_BINARY: throw .unsupported(path: path, feature: "voxels of one bit; convert them to uint8")
        default:
            guard let scalar = NIfTIVoxelType.scalars.first(where: { $0.code == code }) else {
                throw .damaged(path: path, detail: "datatype \(code) is not one of NIfTI's")
            }
            sampleType = scalar.type
            colorModel = .gray
        }
        let bits = Double(sampleType.bits * colorModel.channels)
        guard [0, bits].contains(header.first(.bitpix)) else {
            throw .damaged(path: path, detail: "datatype \(code) has \(Int(bits)) bits, but bitpix says otherwise")
        }
    }

    /// The code for an image, `nil` if there is none.
    static func code(of header: ImageHeader) -> Int32? {
        let sampleType = header.intensity.sampleType
        return switch header.colorModel {
        case .gray: scalars.first { $0.type == sampleType }?.code
        case .rgb: sampleType == .uint8 ? NIFTI_TYPE_RGB24 : nil
        case .rgba: sampleType == .uint8 ? NIFTI_TYPE_RGBA32 : nil
        case .grayAlpha: nil
        }
    }
}

extension NIfTIHeader {
    /// The intent codes whose values are names or numbers of things (nifti1.h).
    private static let codes: [Int32: String] = [
        NIFTI_INTENT_LABEL: "NIfTI intent LABEL", NIFTI_INTENT_NEURONAME: "NIfTI intent NEURONAME",
        NIFTI_INTENT_TRIANGLE: "NIfTI intent TRIANGLE", NIFTI_INTENT_NODE_INDEX: "NIfTI intent NODE_INDEX",
    ]

    fileprivate var meaning: SampleMeaning {
        Self.codes[Int32(first(.intentCode))].map { .codes(statement: $0) } ?? .quantity
    }

    /// A slope of zero, and in practice NaN, means that values are not scaled.
    fileprivate func intensity(of voxels: NIfTIVoxelType) -> Intensity {
        var result = Intensity(sampleType: voxels.sampleType)
        let slope = first(.slope)
        let intercept = first(.intercept)
        if slope != 0, slope.isFinite, intercept.isFinite, voxels.colorModel == .gray {
            result.slope = slope
            result.intercept = intercept
        }
        let lowest = first(.calibrationMinimum)
        let highest = first(.calibrationMaximum)
        if highest > lowest, (highest - lowest).isFinite {
            result.window = Window(center: (lowest + highest) / 2, width: highest - lowest)
        }
        return result
    }

    /// The header of a file that holds `image`: that of its own NIfTI source, brought up to date, or a new one.
    fileprivate init(for image: ImageHeader, path: String) throws(ImageFileError) {
        guard let code = NIfTIVoxelType.code(of: image) else {
            throw .cannotHold(
                path: path,
                reason: "NIfTI has no voxels of \(image.intensity.sampleType.rawValue) \(image.colorModel.rawValue); "
                    + "write .tif or .png")
        }
        let isSmall = max(image.width, image.height, image.slices) <= Int(Int16.max)
        if case .nifti(let source) = image.source {
            self = isSmall ? source.header : source.header.widened()
            becomeSingleFile()
        } else {
            self.init(version: isSmall ? .one : .two)
            set(.dim, [3, 1, 1, 1, 1, 1, 1, 1])
            let shape = image.geometry.relativeSpacing
            set(
                .pixdim,
                [
                    1, shape?.column ?? 1, shape?.row ?? 1, image.geometry.sliceSpacing ?? 1,
                    image.volumeInterval ?? 1, 1, 1, 1,
                ])
            let isPlaced = image.geometry.spacing != nil || image.geometry.affine != nil
            set(
                .units,
                Double(
                    (isPlaced ? NIFTI_UNITS_MM : NIFTI_UNITS_UNKNOWN)
                        + (image.volumeInterval == nil ? NIFTI_UNITS_UNKNOWN : NIFTI_UNITS_SEC)))
            set(.slope, image.colorModel == .gray ? 1 : 0)
            if image.meaning != .quantity { set(.intentCode, Double(NIFTI_INTENT_LABEL)) }
            if let window = image.intensity.window {
                set(.calibrationMinimum, window.center - window.width / 2)
                set(.calibrationMaximum, window.center + window.width / 2)
            }
        }
        setShape(of: image)
        if Int32(first(.datatype)) != code {
            set(.datatype, Double(code))
            set(.bitpix, Double(image.intensity.sampleType.bits * image.channels))
        }
        place(image.geometry)
        if let old = try? NIfTIVoxelType(self, path: path), image.colorModel == .gray {
            let said = intensity(of: old)
            if (said.slope, said.intercept) != (image.intensity.slope, image.intensity.intercept) {
                set(.slope, image.intensity.slope)
                set(.intercept, image.intensity.intercept)
            }
        }
    }

    private mutating func setShape(of image: ImageHeader) {
        var dim = self[.dim]
        let inPlane = [Double(image.width), Double(image.height)]
        let isResized = Array(dim[1...2]) != inPlane
        let slices = (3...7).map { Double($0) <= dim[0] ? dim[$0] : 1 }.reduce(1, *)
        dim.replaceSubrange(1...2, with: inPlane)
        dim[0] = max(dim[0], 2)
        let isOwn = if case .nifti = image.source { slices == Double(image.slices) } else { false }
        if !isOwn {
            let volumes = Double(image.volumes)
            dim = [volumes > 1 ? 4 : 3] + inPlane + [Double(image.slices / image.volumes), volumes, 1, 1, 1]
        }
        set(.dim, dim)
        // When slices were acquired says nothing any more if they lay across the plane that has been resized.
        let sliceAxis = Int(first(.dimensionInfo)) >> 4 & 3
        if isResized && (sliceAxis == 1 || sliceAxis == 2) {
            for field in [NIfTIField.sliceCode, .sliceStart, .sliceEnd, .sliceDuration] { set(field, 0) }
        }
    }
}

/// A file's bytes, unzipped where it is gzipped.
private final class NIfTIStream {
    private let path: String
    private let file: gzFile
    private let capacity: Int

    init(reading path: String) throws(ImageFileError) {
        guard let file = gzopen(path, "rb") else {
            throw .damaged(path: path, detail: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        self.path = path
        self.file = file
        gzbuffer(file, 1 << 17)
        let size = DecodedSize.fileSize(path)
        capacity =
            gzdirect(file) == 1 ? size : size.multipliedReportingOverflow(by: DecodedSize.deflateRatio).partialValue
    }

    deinit { gzclose(file) }

    /// Refuses to take memory for `bytes` that the file cannot hold.
    func checkHolds(_ bytes: Int) throws(ImageFileError) {
        guard bytes <= capacity else {
            throw .truncated(path: path, detail: "its header promises \(bytes) bytes more than it can hold")
        }
    }

    func seek(to offset: Int) throws(ImageFileError) {
        guard gzseek(file, offset, SEEK_SET) == offset else { throw readError() }
    }

    /// Fewer bytes than asked for only at the end of the file.
    func read(upTo count: Int) throws(ImageFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try read(into: &bytes, count: count)
        return Array(bytes.prefix(got))
    }

    func read(into buffer: UnsafeMutableRawPointer, count: Int) throws(ImageFileError) -> Int {
        var done = 0
        while done < count {
            let got = gzread(file, buffer + done, UInt32(min(count - done, 1 << 30)))
            guard got >= 0 else { throw readError() }
            if got == 0 { break }
            done += Int(got)
        }
        return done
    }

    /// Reads on past the samples, so that a gzipped file's checksum is compared.
    func checkEnd() throws(ImageFileError) {
        guard gzdirect(file) == 0 else { return }
        _ = try read(upTo: 1)
        var code: Int32 = 0
        _ = gzerror(file, &code)
        guard code == Z_OK else { throw readError() }
    }

    private func readError() -> ImageFileError {
        var code: Int32 = 0
        let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
        return switch code {
        case Z_BUF_ERROR: .truncated(path: path, detail: "within its compressed data")
        case Z_ERRNO: .damaged(path: path, detail: "cannot be read: \(String(cString: strerror(errno)))")
        default: .damaged(path: path, detail: "its compressed data (\(message))")
        }
    }
}

/// Writes a NIfTI file band by band: .nii as it is, .nii.gz gzipped.
///
/// Keeps the header of a NIfTI source with its extensions and brings dimensions, pixdim, sform and qform up to date. A
/// NIfTI-1 header whose dimensions outgrow 32767 becomes a NIfTI-2 one. NIfTI cannot say that low values are bright:
/// values are what is kept, so such an image looks inverted in a viewer.
private final class NIfTISink: ImageSink {
    private let path: String
    private let file: gzFile
    private let intensity: Intensity
    private var progress: SinkProgress
    private var isOpen = true

    init(header image: ImageHeader, path: String) throws(ImageFileError) {
        var header = try NIfTIHeader(for: image, path: path)
        var extensions: [NIfTIExtension] = []
        if case .nifti(let source) = image.source { extensions = source.extensions }
        if let derivation = image.derivation {
            extensions.append(NIfTIExtension(code: NIfTIExtension.comment, data: Array(derivation.description.utf8)))
        }
        let block = NIfTISink.block(extensions)
        header.set(.voxelOffset, Double(header.version.headerSize + block.count))

        // The fastest compression: noise compresses little whatever is tried. "T" writes plainly.
        let isGzipped = path.lowercased().hasSuffix(".gz")
        guard let file = gzopen(path, isGzipped ? "wb1" : "wbT") else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
        self.path = path
        self.file = file
        intensity = image.intensity
        progress = SinkProgress(header: image, path: path)
        gzbuffer(file, 1 << 17)
        let start = header.bytes + block
        try write(start, count: start.count)
    }

    deinit {
        if isOpen { gzclose(file) }
    }

    /// What lies between header and samples: the flag that there are extensions, and they, padded to 16 bytes.
    private static func block(_ extensions: [NIfTIExtension]) -> [UInt8] {
        var block: [UInt8] = [extensions.isEmpty ? 0 : 1, 0, 0, 0]
        for piece in extensions {
            let size = (piece.data.count + 8 + 15) / 16 * 16
            for number in [Int32(size), piece.code] { withUnsafeBytes(of: number) { block.append(contentsOf: $0) } }
            block.append(contentsOf: piece.data)
            block.append(contentsOf: repeatElement(0, count: size - 8 - piece.data.count))
        }
        return block
    }

    private func write(_ bytes: UnsafeRawPointer, count: Int) throws(ImageFileError) {
        var done = 0
        while done < count {
            let part = min(count - done, 1 << 30)
            guard gzwrite(file, bytes + done, UInt32(part)) == Int32(part) else {
                throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
            }
            done += part
        }
    }

    func append(_ band: Pixels) throws(ImageFileError) {
        try progress.take(band)
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: band.samples.count * intensity.sampleType.bits / 8, alignment: 16)
        defer { bytes.deallocate() }
        band.samples.withUnsafeBufferPointer {
            SampleCoding.encode(
                $0.baseAddress!, planeStride: band.planeCount, pixels: band.planeCount, channels: band.channels,
                as: intensity, into: bytes.baseAddress!)
        }
        try write(bytes.baseAddress!, count: bytes.count)
    }

    func finish() throws(ImageFileError) {
        try progress.finish()
        isOpen = false
        guard gzclose(file) == Z_OK else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
    }
}
