import Foundation

/// MetaImage, ITK's format: a text header `.mhd` beside its samples, or both in one `.mha`; samples plain or compressed
/// by zlib. Read, not written.
///
/// Columns and rows are the first two dimensions, slices all others flattened. The affine is in ITK's left-posterior-
/// superior space.
struct MetaImageCodec: ImageCodec {
    let name = "metaImage"
    let title = "MetaImage"
    let endings = ["mha", "mhd"]
    let resultEnding = "nii.gz"

    /// How far a header is looked for; real ones are a few hundred bytes.
    private static let longestHeader = 1 << 16

    func recognizes(_ start: FileStart) -> Bool {
        let line = String(decoding: start.bytes.prefix { $0 != 10 }, as: UTF8.self)
        let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.count == 2 else { return false }
        return parts[0] == "ObjectType" && parts[1] == "Image" || parts[0] == "NDims" && Int(parts[1]) != nil
    }

    func read(from source: ByteSource) throws(ImageFileError) -> Image {
        let path = source.name
        let (header, headerLength) = try Self.header(source.bytes(at: 0, count: Self.longestHeader), path)

        guard header["BinaryData"] == nil || header.isTrue("BinaryData") else {
            throw .unsupported(path: path, feature: "samples written as text (BinaryData = False); write them binary")
        }
        let sizes = try header.numbers("DimSize")
        guard sizes.count == header.dimensions, sizes.allSatisfy({ $0 >= 1 && $0 < 0x1p40 && $0 == $0.rounded() })
        else {
            throw .damaged(path: path, detail: "DimSize does not state \(header.dimensions) sizes")
        }
        let (width, height) = (Int(sizes[0]), Int(sizes[1]))
        let slices = Int(clamping: Int64(min(sizes[2...].reduce(1, *), 0x1p52)))
        let type = try header.sampleType
        let colorModel = try header.colorModel
        let channels = colorModel.channels
        let count = try DecodedSize.samples(
            width: width, height: height, channels: channels, slices: slices, path: path)
        let bytes = count * type.bits / 8

        let name = header["ElementDataFile"] ?? ""
        let isLocal = ["LOCAL", "Local", "local"].contains(name)
        guard isLocal || (name != "LIST" && !name.contains("%")) else {
            throw .unsupported(path: path, feature: "samples in one file a slice; write the image as one file")
        }
        let data = isLocal ? source : try source.companion([name])
        var start = isLocal ? headerLength : 0
        if let skipped = try header.optionalNumbers("HeaderSize")?.first, !isLocal {
            start = skipped < 0 ? data.count - bytes : Int(min(skipped, 0x1p40))
        }
        guard start >= 0, start <= data.count else {
            throw .damaged(path: path, detail: "HeaderSize points outside of \(name)")
        }
        let stream = try ByteStream(data, at: start, packing: header.isTrue("CompressedData") ? .zlib : .none)
        try stream.checkHolds(bytes)

        let swapped = header.isTrue("BinaryDataByteOrderMSB") || header.isTrue("ElementByteOrderMSB")
        var samples = [Float](repeating: 0, count: count)
        let planeCount = width * height
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes / slices, alignment: 16)
        defer { piece.deallocate() }
        for slice in 0..<slices {
            guard try stream.read(into: piece.baseAddress!, count: piece.count) == piece.count else {
                throw .truncated(path: data.name, detail: "within slice \(slice) of \(slices)")
            }
            let problem = samples.withUnsafeMutableBufferPointer { planes in
                SampleCoding.decode(
                    piece.baseAddress!, pixels: planeCount, channels: channels, as: type, swapped: swapped,
                    into: planes.baseAddress! + slice * planeCount * channels, planeStride: planeCount)
            }
            if let problem { throw problem.error(path: data.name, width: width, channels: channels, slice: slice) }
        }
        try stream.checkEnd()
        var imageHeader = ImageHeader(
            width: width, height: height, slices: slices, colorModel: colorModel, geometry: try header.geometry,
            intensity: Intensity(sampleType: type))
        if sizes.count > 3 { imageHeader.volumes = Int(sizes[3]) }
        return Image(
            header: imageHeader,
            pixels: Pixels(width: width, height: height, channels: channels, slices: slices, samples: samples))
    }

    /// The header's fields, which end with ElementDataFile, and its length in bytes.
    private static func header(
        _ start: [UInt8], _ path: String
    ) throws(ImageFileError) -> (MetaImageHeader, length: Int) {
        var fields: [String: String] = [:]
        var position = 0
        while let end = start[position...].firstIndex(of: 10) {
            let line = String(decoding: start[position..<end], as: UTF8.self)
            position = end + 1
            let parts = line.split(separator: "=", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            guard parts.count == 2 else { continue }
            fields[parts[0]] = parts[1]
            if parts[0] == "ElementDataFile" { return (try MetaImageHeader(fields, path: path), position) }
        }
        // The last line may lack its end.
        let rest = String(decoding: start[position...], as: UTF8.self).split(separator: "=", maxSplits: 1)
        guard rest.count == 2, rest[0].trimmingCharacters(in: .whitespaces) == "ElementDataFile" else {
            throw .truncated(path: path, detail: "the header names no ElementDataFile")
        }
        fields["ElementDataFile"] = rest[1].trimmingCharacters(in: .whitespacesAndNewlines)
        return (try MetaImageHeader(fields, path: path), start.count)
    }
}
