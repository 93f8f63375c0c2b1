import CDICOM
import Foundation

/// The compressed transfer syntaxes and how a frame of each is decoded.
enum DICOMCoding: Sendable {
    case jpeg(transferSyntax: String)
    case jpegLS(transferSyntax: String)
    case jpeg2000
    case runLength

    static let explicitBigEndian = "1.2.840.10008.1.2.2"

    init(transferSyntax: String) throws(DICOMFailure) {
        switch transferSyntax {
        case "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55",
            "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70":
            self = .jpeg(transferSyntax: transferSyntax)
        case "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81": self = .jpegLS(transferSyntax: transferSyntax)
        case "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91": self = .jpeg2000
        case "1.2.840.10008.1.2.5": self = .runLength
        default:
            throw .unsupported("transfer syntax \(transferSyntax); convert the file to an uncompressed one first")
        }
    }

    enum Loss { case never, possible, always }

    /// Whether the coding changes pixels.
    static func loss(_ transferSyntax: String) -> Loss {
        switch transferSyntax {
        case "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55":
            .always
        case "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91": .possible
        default: .never
        }
    }

    func decode(_ data: [UInt8], _ format: DICOMPixelFormat) throws(DICOMFailure) -> DICOMFrame {
        switch self {
        case .jpeg(let syntax), .jpegLS(let syntax): try Self.decodeJPEG(data, format, transferSyntax: syntax)
        case .jpeg2000: try DICOMJPEG2000.decode(data, format)
        case .runLength: try DICOMRunLength.decode(data, format)
        }
    }

    private static func decodeJPEG(
        _ data: [UInt8], _ format: DICOMPixelFormat, transferSyntax: String
    ) throws(DICOMFailure) -> DICOMFrame {
        let header = try JPEGCodestream(data)
        guard header.columns == format.columns, header.rows == format.rows, header.components == format.samplesPerPixel
        else {
            throw .damaged(
                """
                the compressed image is \(header.columns) × \(header.rows) with \(header.components) components, the \
                header says \(format.columns) × \(format.rows) with \(format.samplesPerPixel)
                """)
        }
        let bytesPerSample = header.precision > 8 ? 2 : 1
        let count = format.samplesPerFrame * bytesPerSample
        guard count < Int(UInt32.max) else { throw .unsupported("a frame of \(count) bytes") }
        let frame = CDICOMFrame(
            columns: UInt16(format.columns), rows: UInt16(format.rows), samplesPerPixel: UInt16(format.samplesPerPixel),
            precision: UInt16(header.precision), isSigned: format.isSigned)
        var succeeded = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count + 2) { bytes, initialized in
            succeeded = cdicom_decode_jpeg(
                transferSyntax, frame, data, data.count, bytes.baseAddress!, (count + 1) / 2 * 2)
            initialized = succeeded ? count : 0
        }
        guard succeeded else { throw .last }
        return DICOMFrame(
            words: .init(littleEndian: bytes[...], bitsAllocated: 8 * bytesPerSample), layout: .interleaved,
            bitsStored: min(format.bitsStored, 8 * bytesPerSample), shift: 0, isSigned: format.isSigned,
            photometric: header.photometric(declared: format.photometric))
    }
}

/// What a JPEG or JPEG-LS codestream says before its first scan.
struct JPEGCodestream {
    private(set) var columns = 0
    private(set) var rows = 0
    private(set) var components = 0
    private(set) var precision = 0
    private var isLossy = false
    private var isJFIF = false
    private var adobeTransform: UInt8?
    private var componentNames: [UInt8] = []

    init(_ data: [UInt8]) throws(DICOMFailure) {
        var position = 0
        func word(_ offset: Int) -> Int { Int(data[offset]) << 8 | Int(data[offset + 1]) }
        while position + 4 <= data.count {
            guard data[position] == 0xFF else {
                throw .damaged("the JPEG codestream has no marker at byte \(position)")
            }
            let marker = data[position + 1]
            if marker == 0xFF {
                position += 1
                continue
            }
            if marker == 0xD8 || (0xD0...0xD7).contains(marker) {
                position += 2
                continue
            }
            let length = word(position + 2)
            let body = position + 4
            guard length >= 2, position + 2 + length <= data.count else { break }
            switch marker {
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF, 0xF7:
                guard length >= 8, length >= 8 + 3 * Int(data[body + 5]) else { break }
                precision = Int(data[body])
                rows = word(body + 1)
                columns = word(body + 3)
                components = Int(data[body + 5])
                componentNames = (0..<components).map { data[body + 6 + 3 * $0] }
                isLossy = ![0xC3, 0xC7, 0xCB, 0xCF, 0xF7].contains(marker)
                guard (2...16).contains(precision) else { throw .damaged("JPEG of \(precision) bits") }
            case 0xE0 where length >= 7: isJFIF = isJFIF || data[body..<body + 5].elementsEqual("JFIF\0".utf8)
            case 0xEE where length >= 14 && data[body..<body + 5].elementsEqual("Adobe".utf8):
                adobeTransform = data[body + 11]
            case 0xDA:
                guard columns > 0 else { throw .damaged("the JPEG codestream has no frame header") }
                return
            default: break
            }
            position += 2 + length
        }
        throw .truncated("the JPEG codestream")
    }

    /// What the components are: a lossy codestream knows better than a data set that kept its source's words.
    func photometric(declared: DICOMPixelFormat.Photometric) -> DICOMPixelFormat.Photometric {
        guard components == 3 else { return declared }
        // Upsampling is part of decoding.
        let declared = declared == .ybrFull422 ? .ybrFull : declared
        guard isLossy else { return declared }
        if let adobeTransform { return adobeTransform == 0 ? .rgb : .ybrFull }
        if isJFIF { return .ybrFull }
        return componentNames.elementsEqual("RGB".utf8) ? .rgb : declared
    }
}
