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
struct NIfTICodec: WritableImageCodec {
    let name = "nifti"
    let title = "NIfTI"
    let endings = ["nii", "nii.gz", "hdr", "img"]
    let writtenEndings = ["nii", "nii.gz"]

    func recognizes(_ start: FileStart) -> Bool {
        guard let unpacked = start.unpacked else {
            // A file cut off within its header still starts with the header's size.
            return NIfTIHeader(start.bytes) != nil || Self.isANALYZE(start.bytes)
                || NIfTIHeader.signature(start.bytes).map { start.bytes.count < $0.version.headerSize } ?? false
        }
        // Damaged from the start: the name is all there is to say what it was.
        let isCut = unpacked.count < NIfTIVersion.one.headerSize && start.name.hasSuffix(".nii.gz")
        return NIfTIHeader(unpacked) != nil || Self.isANALYZE(unpacked) || isCut
    }

    /// NIfTI-1's ancestor has its size and shape but no magic.
    private static func isANALYZE(_ start: [UInt8]) -> Bool {
        guard start.count >= 348, let (version, isSwapped) = NIfTIHeader.signature(start), version == .one else {
            return false
        }
        let rank = start.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 40, as: Int16.self) }
        return start[344..<348].allSatisfy { $0 == 0 } && (1...7).contains(isSwapped ? rank.byteSwapped : rank)
    }

    func read(from source: ByteSource) throws(ImageFileError) -> Image {
        let path = source.name
        let stream = try ByteStream(source, packing: .gzipIfSigned)
        let start = try stream.read(upTo: 348)
        let size = NIfTIHeader.signature(start)?.version.headerSize ?? 348
        let bytes = try start + stream.read(upTo: size - 348)
        guard bytes.count == size else { throw .truncated(path: path, detail: "within the header") }
        guard !Self.isANALYZE(bytes) else {
            throw .unsupported(path: path, feature: "ANALYZE 7.5; convert it to NIfTI")
        }
        guard let header = NIfTIHeader(bytes) else { throw .damaged(path: path, detail: "no NIfTI header") }
        try Self.checkIsVolume(header, path: path)

        let shape = try NIfTIShape(header, path: path)
        let voxels = try NIfTIVoxelType(header, path: path)
        let offset = try Self.voxelOffset(header, path: path)
        let extensions = try Self.extensions(
            of: header, isSwapped: NIfTIHeader.isSwapped(bytes), from: stream, upTo: offset, path: path)
        guard !extensions.contains(where: { $0.code == NIfTIExtension.cifti }) else { throw Self.cifti(path) }
        let data =
            header.isSingleFile ? stream : try ByteStream(Self.pairedFile(of: source), packing: .gzipIfSigned)
        try data.seek(to: offset)

        let samples = try Self.samples(
            shape: shape, voxels: voxels, isSwapped: NIfTIHeader.isSwapped(bytes),
            areCodes: header.meaning != .quantity,
            from: data)
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

    func loss(of header: ImageHeader) -> String? {
        header.intensity.polarity == .brightIsLow
            ? "NIfTI cannot say that low values are bright (MONOCHROME1): values are kept, viewers show them inverted"
            : nil
    }

    func check(_ header: ImageHeader, options: WriteOptions, name: String) throws(ImageFileError) {
        _ = try NIfTIHeader(for: header, path: name)
    }

    func sink(
        for header: ImageHeader, to destination: ByteDestination, options: WriteOptions
    ) throws(ImageFileError) -> any ImageSink {
        try NIfTISink(header: header, destination)
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
        of header: NIfTIHeader, isSwapped: Bool, from stream: ByteStream, upTo voxelOffset: Int, path: String
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
    private static func pairedFile(of source: ByteSource) throws(ImageFileError) -> ByteSource {
        let name = URL(fileURLWithPath: source.name).lastPathComponent
        let ending = [".hdr.gz", ".hdr"].first(where: name.lowercased().hasSuffix)
        guard let ending else {
            throw .unsupported(
                path: source.name, feature: "a NIfTI header without samples whose name does not end in .hdr")
        }
        let stem = name.dropLast(ending.count)
        return try source.companion([".img", ".img.gz", ".IMG"].map { stem + $0 })
    }

    private static func samples(
        shape: NIfTIShape, voxels: NIfTIVoxelType, isSwapped: Bool, areCodes: Bool, from data: ByteStream
    ) throws(ImageFileError) -> [Float] {
        let path = data.source.name
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
