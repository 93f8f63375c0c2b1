import CNIfTI

/// How many voxels there are.
struct NIfTIShape {
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
