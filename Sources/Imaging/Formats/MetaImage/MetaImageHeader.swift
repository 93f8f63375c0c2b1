/// The fields of a MetaImage header.
struct MetaImageHeader {
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
