import CDICOM
import Foundation

/// The encapsulated transfer syntaxes that are read, and how a frame of each is decoded.
enum DICOMCoding: Sendable {
    /// JPEG and JPEG-LS, told apart by the codestream.
    case jpeg
    /// High-throughput JPEG 2000 too.
    case jpeg2000
    case runLength
    case uncompressed
    case deflated

    init(_ transferSyntax: DICOMTransferSyntax) throws(DICOMFailure) {
        switch transferSyntax {
        case .jpegBaseline, .jpegExtended, .jpegSpectralSelection, .jpegProgressive, .jpegLossless,
            .jpegLosslessFirstOrder, .jpegLSLossless, .jpegLSNearLossless:
            self = .jpeg
        case .jpeg2000Lossless, .jpeg2000, .highThroughputJPEG2000Lossless, .highThroughputJPEG2000LosslessRPCL,
            .highThroughputJPEG2000:
            self = .jpeg2000
        case .runLength: self = .runLength
        case .encapsulatedUncompressed: self = .uncompressed
        case .deflatedFrames: self = .deflated
        default: throw .unsupported(transferSyntax.refusal)
        }
    }

    /// - Parameter isSaidLossy: whether the data set says that the coding lost something.
    func decode(_ data: [UInt8], _ format: DICOMPixelFormat, isSaidLossy: Bool) throws(DICOMFailure) -> DICOMFrame {
        switch self {
        case .jpeg: try Self.decodeJPEG(data, format)
        case .jpeg2000: try DICOMJPEG2000.decode(data, format, isSaidLossy: isSaidLossy)
        case .runLength: try DICOMRunLength.decode(data, format)
        case .uncompressed: try DICOMNativePixels(frame: data, format).frame(0)
        case .deflated: try DICOMNativePixels(frame: Self.inflated(data, format), format).frame(0)
        }
    }

    /// One frame without header or checksum around the deflated bytes (PS3.5 A.4.13).
    private static func inflated(_ data: [UInt8], _ format: DICOMPixelFormat) throws(DICOMFailure) -> [UInt8] {
        let needed = (format.bitsPerFrame + 7) / 8
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: needed) { bytes, initialized in
            count = Int(cdicom_inflate(data, data.count, bytes.baseAddress!, needed))
            initialized = max(count, 0)
        }
        guard count >= 0 else { throw .last }
        return bytes
    }

    private static func decodeJPEG(_ data: [UInt8], _ format: DICOMPixelFormat) throws(DICOMFailure) -> DICOMFrame {
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
        let process = try header.process
        var succeeded = false
        var isPlanar = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count + 2) { bytes, initialized in
            succeeded =
                if let syntax = process.transferSyntax {
                    cdicom_decode_jpeg(
                        syntax.rawValue, frame, data, data.count, bytes.baseAddress!, (count + 1) / 2 * 2)
                } else {
                    cdicom_decode_jpegls(frame, data, data.count, bytes.baseAddress!, count, &isPlanar)
                }
            initialized = succeeded ? count : 0
        }
        guard succeeded else {
            // DCMTK does not say why; a codestream ends in a marker of its own.
            guard process.transferSyntax != nil else { throw .last }
            let end = data.suffix(16).reversed().drop { $0 == 0 }
            if !end.starts(with: [0xD9, 0xFF]) { throw .truncated("the JPEG codestream") }
            throw .damaged("the JPEG codestream cannot be decoded")
        }
        return DICOMFrame(
            words: Self.stored(
                .init(littleEndian: bytes[...], bitsAllocated: 8 * bytesPerSample), header, format),
            layout: isPlanar ? .planar : .interleaved, bitsStored: min(format.bitsStored, 8 * bytesPerSample), shift: 0,
            isSigned: format.isSigned, photometric: header.photometric(declared: format.photometric))
    }

    private static func stored(
        _ words: DICOMFrame.Words, _ header: JPEGCodestream, _ format: DICOMPixelFormat
    ) -> DICOMFrame.Words {
        var value = DICOMStoredValue(
            precision: header.precision, isCodedSigned: false, isLossy: header.isLossy, format)
        guard !value.isIdentity else { return words }
        func mapped<Word: FixedWidthInteger>(_ words: [Word]) -> [Word] {
            // The standard has no signed samples in a lossy JPEG (PS3.5 table 8.2.1-1), so who writes them says nothing
            // of how. The sign is in the codestream's highest bit where any sample has that; else in the stored bits',
            // but samples that stay near the middle are positive ones that overshoot.
            let largest = Int(words.max() ?? 0)
            let half = 1 << (format.bitsStored - 1)
            let isNarrow = header.isLossy && largest >> (header.precision - 1) == 0 && largest >= half + half / 2
            value.signedBits = isNarrow ? format.bitsStored : max(header.precision, format.bitsStored)
            let most = isNarrow && format.isSigned ? 2 * half - 1 : Int.max
            return words.map { Word(truncatingIfNeeded: value(min(Int($0), most))) }
        }
        return switch words {
        case .uint8(let words): .uint8(mapped(words))
        case .uint16(let words): .uint16(mapped(words))
        default: words
        }
    }
}

/// What a JPEG or JPEG-LS codestream says before its first scan.
struct JPEGCodestream {
    private(set) var columns = 0
    private(set) var rows = 0
    private(set) var components = 0
    private(set) var precision = 0
    /// Whether samples come back other than they were coded.
    private(set) var isLossy = false
    private var frameMarker: UInt8 = 0
    private var isJFIF = false
    private var adobeTransform: UInt8?
    private var componentNames: [UInt8] = []
    /// Samples along both axes in a block, of each component.
    private var samplings: [Int] = []

    private static let jpegLS: UInt8 = 0xF7

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
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF, Self.jpegLS:
                guard length >= 8, length >= 8 + 3 * Int(data[body + 5]) else { break }
                precision = Int(data[body])
                rows = word(body + 1)
                columns = word(body + 3)
                components = Int(data[body + 5])
                componentNames = (0..<components).map { data[body + 6 + 3 * $0] }
                samplings = (0..<components).map {
                    Int(data[body + 7 + 3 * $0] >> 4) * Int(data[body + 7 + 3 * $0] & 15)
                }
                frameMarker = marker
                isLossy = ![0xC3, 0xC7, 0xCB, 0xCF, Self.jpegLS].contains(marker)
                guard (2...16).contains(precision) else { throw .damaged("JPEG of \(precision) bits") }
            case 0xE0 where length >= 7: isJFIF = isJFIF || data[body..<body + 5].elementsEqual("JFIF\0".utf8)
            case 0xEE where length >= 14 && data[body..<body + 5].elementsEqual("Adobe".utf8):
                adobeTransform = data[body + 11]
            case 0xDA:
                guard columns > 0 else { throw .damaged("the JPEG codestream has no frame header") }
                // How far samples may be off stands behind a JPEG-LS scan's components.
                let near = body + 1 + 2 * Int(data[body])
                if frameMarker == Self.jpegLS { isLossy = near < data.count && data[near] != 0 }
                return
            default: break
            }
            position += 2 + length
        }
        throw .truncated("the JPEG codestream")
    }

    enum Process {
        case jpeg(DICOMTransferSyntax)
        case jpegLS

        /// Where DCMTK decodes it: the transfer syntax that is the process's own. `nil` for JPEG-LS.
        var transferSyntax: DICOMTransferSyntax? {
            if case .jpeg(let syntax) = self { syntax } else { nil }
        }
    }

    /// By the frame header, since data sets say one process and hold another.
    var process: Process {
        get throws(DICOMFailure) {
            switch frameMarker {
            case 0xC0: .jpeg(.jpegBaseline)
            case 0xC1: .jpeg(.jpegExtended)
            case 0xC2: .jpeg(.jpegProgressive)
            case 0xC3: .jpeg(.jpegLossless)
            case Self.jpegLS: .jpegLS
            default: throw .unsupported("JPEG with hierarchical or arithmetic coding")
            }
        }
    }

    /// What the components are: a lossy codestream knows better than a data set that kept its source's words.
    ///
    /// Colours of which one has more samples than the others are luminance and colour differences: the standard lets
    /// only those be subsampled (PS3.3 C.7.6.3.1.2: RGB has a sample of each in every pixel), whatever the data set or a
    /// marker that was copied along says. Otherwise Adobe's marker, JFIF, component names, and last the data set decide.
    func photometric(declared: DICOMPixelFormat.Photometric) -> DICOMPixelFormat.Photometric {
        guard components == 3 else { return declared }
        // Upsampling is part of decoding.
        let declared = declared == .ybrFull422 ? .ybrFull : declared
        guard isLossy, frameMarker != Self.jpegLS else { return declared }
        if samplings[0] > samplings[1] { return declared == .ybrPartial422 ? declared : .ybrFull }
        if let adobeTransform { return adobeTransform == 0 ? .rgb : .ybrFull }
        if isJFIF { return .ybrFull }
        return componentNames.elementsEqual("RGB".utf8) ? .rgb : declared
    }
}
