import CNIfTI
import Foundation

/// MetaImage, ITK's format: a text header `.mhd` beside its samples, or both in one `.mha`; samples plain or compressed
/// by zlib. Read, not written.
///
/// Columns and rows are the first two dimensions, slices all others flattened. The affine is in ITK's left-posterior-
/// superior space.
enum MetaImageFile {
    /// How far a header is looked for; real ones are a few hundred bytes.
    private static let longestHeader = 1 << 16

    static func recognizes(_ start: [UInt8]) -> Bool {
        let line = String(decoding: start.prefix { $0 != 10 }, as: UTF8.self)
        let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.count == 2 else { return false }
        return parts[0] == "ObjectType" && parts[1] == "Image" || parts[0] == "NDims" && Int(parts[1]) != nil
    }

    static func read(_ url: URL) throws(ImageFileError) -> Image {
        let path = url.path
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw .damaged(path: path, detail: "the file cannot be opened; check its permissions")
        }
        defer { try? file.close() }
        let (header, headerLength) = try header([UInt8]((try? file.read(upToCount: longestHeader)) ?? Data()), path)

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
        let dataPath = isLocal ? path : url.deletingLastPathComponent().appendingPathComponent(name).path
        guard FileManager.default.fileExists(atPath: dataPath) else { throw .missing(path: dataPath) }
        let isCompressed = header.isTrue("CompressedData")
        let fileSize = DecodedSize.fileSize(dataPath)
        try DecodedSize.check(
            bytes: bytes, inFileOf: fileSize, expandingAtMost: isCompressed ? DecodedSize.deflateRatio : 1,
            path: dataPath)
        guard let stored = try? Data(contentsOf: URL(fileURLWithPath: dataPath), options: .mappedIfSafe) else {
            throw .damaged(path: dataPath, detail: "the file cannot be read; check its permissions")
        }
        var start = isLocal ? headerLength : 0
        if let skipped = try header.optionalNumbers("HeaderSize")?.first, !isLocal {
            start = skipped < 0 ? stored.count - bytes : Int(min(skipped, 0x1p40))
        }
        guard start >= 0, start <= stored.count else {
            throw .damaged(path: path, detail: "HeaderSize points outside of \(name)")
        }
        let data = isCompressed ? try inflated(stored.dropFirst(start), to: bytes, dataPath) : stored.dropFirst(start)
        guard data.count >= bytes else {
            throw .truncated(path: dataPath, detail: "\(data.count) bytes of samples, \(bytes) are needed")
        }

        let swapped = header.isTrue("BinaryDataByteOrderMSB") || header.isTrue("ElementByteOrderMSB")
        var samples = [Float](repeating: 0, count: count)
        let planeCount = width * height
        for slice in 0..<slices {
            // Samples of a mapped file need not be aligned; a copy is.
            let start = data.startIndex + slice * (bytes / slices)
            let piece = [UInt8](data[start..<start + bytes / slices])
            let problem = samples.withUnsafeMutableBufferPointer { planes in
                piece.withUnsafeBytes {
                    SampleCoding.decode(
                        $0.baseAddress!, pixels: planeCount, channels: channels, as: type, swapped: swapped,
                        into: planes.baseAddress! + slice * planeCount * channels, planeStride: planeCount)
                }
            }
            if let problem { throw problem.error(path: dataPath, width: width, channels: channels, slice: slice) }
        }
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

    private static func inflated(
        _ data: Data, to count: Int, _ path: String
    ) throws(ImageFileError) -> Data {
        var result = Data(count: count)
        let produced: Int? = result.withUnsafeMutableBytes { target in
            data.withUnsafeBytes { source in
                var stream = z_stream()
                // 15 bits of window, and 32 to tell zlib's and gzip's headers apart.
                guard inflateInit2_(&stream, 47, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                    return nil
                }
                defer { inflateEnd(&stream) }
                var (read, written) = (0, 0)
                // zlib counts in 32 bits.
                let longest = 1 << 30
                while written < target.count {
                    let (input, output) = (min(source.count - read, longest), min(target.count - written, longest))
                    stream.next_in = UnsafeMutablePointer(
                        mutating: source.bindMemory(to: UInt8.self).baseAddress.map { $0 + read })
                    stream.avail_in = UInt32(input)
                    stream.next_out = target.bindMemory(to: UInt8.self).baseAddress! + written
                    stream.avail_out = UInt32(output)
                    let status = inflate(&stream, Z_NO_FLUSH)
                    read += input - Int(stream.avail_in)
                    written += output - Int(stream.avail_out)
                    guard status == Z_OK else { break }
                }
                return written
            }
        }
        guard produced == count else {
            throw .damaged(path: path, detail: "its compressed samples cannot be unpacked; copy it again")
        }
        return result
    }
}

/// The fields of a MetaImage header.
private struct MetaImageHeader {
    let path: String
    let dimensions: Int
    private let fields: [String: String]

    init(_ fields: [String: String], path: String) throws(ImageFileError) {
        self.fields = fields
        self.path = path
        guard let text = fields["NDims"], let dimensions = Int(text), (2...4).contains(dimensions) else {
            throw .unsupported(path: path, feature: "NDims = \(fields["NDims"] ?? "nothing"); 2 to 4 are read")
        }
        self.dimensions = dimensions
    }

    subscript(_ name: String) -> String? { fields[name] }

    func isTrue(_ name: String) -> Bool { ["true", "1"].contains(fields[name]?.lowercased() ?? "") }

    func optionalNumbers(_ names: String...) throws(ImageFileError) -> [Double]? {
        guard let name = names.first(where: { fields[$0] != nil }), let text = fields[name] else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        let numbers = words.compactMap { Double($0) }
        guard numbers.count == words.count, numbers.allSatisfy(\.isFinite) else {
            throw .damaged(path: path, detail: "\(name) = \(text) is not a list of numbers")
        }
        return numbers
    }

    func numbers(_ name: String) throws(ImageFileError) -> [Double] {
        guard let numbers = try optionalNumbers(name) else {
            throw .damaged(path: path, detail: "the header has no \(name)")
        }
        return numbers
    }

    var sampleType: SampleType {
        get throws(ImageFileError) {
            switch fields["ElementType"] {
            case "MET_UCHAR": return .uint8
            case "MET_CHAR": return .int8
            case "MET_USHORT": return .uint16
            case "MET_SHORT": return .int16
            case "MET_UINT": return .uint32
            case "MET_INT": return .int32
            case "MET_ULONG_LONG": return .uint64
            case "MET_LONG_LONG": return .int64
            case "MET_FLOAT": return .float32
            case "MET_DOUBLE": return .float64
            case let other:
                throw .unsupported(path: path, feature: "ElementType = \(other ?? "nothing"); write a numeric type")
            }
        }
    }

    var colorModel: ColorModel {
        get throws(ImageFileError) {
            switch try optionalNumbers("ElementNumberOfChannels")?.first ?? 1 {
            case 1: return .gray
            case 3: return .rgb
            case 4: return .rgba
            case let count:
                throw .unsupported(path: path, feature: "\(count) channels; 1, 3 and 4 are read")
            }
        }
    }

    /// Axis by axis, the direction of each is a row of TransformMatrix.
    var geometry: Geometry {
        get throws(ImageFileError) {
            let count = dimensions
            let spacing = try optionalNumbers("ElementSpacing", "ElementSize")
            let origin = try optionalNumbers("Offset", "Position", "Origin")
            let matrix = try optionalNumbers("TransformMatrix", "Rotation", "Orientation")
            for (name, numbers, expected) in [
                ("ElementSpacing", spacing, count), ("Offset", origin, count),
                ("TransformMatrix", matrix, count * count),
            ] where numbers != nil && numbers!.count != expected {
                throw .damaged(path: path, detail: "\(name) has \(numbers!.count) numbers where \(expected) belong")
            }
            // What is missing is as ITK takes it: steps of 1, an origin of 0, axes along the world's.
            guard spacing ?? origin ?? matrix != nil else { return Geometry() }
            let steps = spacing ?? [Double](repeating: 1, count: count)
            guard steps.allSatisfy({ $0 > 0 }) else { return Geometry() }
            func direction(_ axis: Int) -> SIMD3<Double> {
                guard axis < count else { return [0, 0, 1] }
                return SIMD3(
                    (0..<3).map { world in
                        world < count ? matrix?[axis * count + world] ?? (axis == world ? 1 : 0) : 0
                    }) * steps[axis]
            }
            let start = origin ?? [Double](repeating: 0, count: count)
            return Geometry(
                spacing: PixelSpacing(column: steps[0], row: steps[1]),
                affine: Affine(
                    column: direction(0), row: direction(1), slice: direction(2),
                    origin: SIMD3((0..<3).map { $0 < count ? start[$0] : 0 })), space: .lps)
        }
    }
}
