/// How a data set is encoded (PS3.5 section 10): its UID, and what is known of it.
public struct DICOMTransferSyntax: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The UID.
    public let rawValue: String

    /// - Parameter rawValue: the UID.
    public init(rawValue: String) { self.rawValue = rawValue }
    private init(_ suffix: String) { rawValue = Self.root + suffix }

    private static let root = "1.2.840.10008.1.2"

    static let implicitLittleEndian = Self("")
    /// Explicit VR Little Endian, which every DICOMweb client takes.
    public static let explicitLittleEndian = Self(".1")
    static let encapsulatedUncompressed = Self(".1.98")
    static let deflated = Self(".1.99")
    static let explicitBigEndian = Self(".2")
    package static let jpegBaseline = Self(".4.50")
    package static let jpegExtended = Self(".4.51")
    static let jpegSpectralSelection = Self(".4.53")
    static let jpegProgressive = Self(".4.55")
    package static let jpegLossless = Self(".4.57")
    package static let jpegLosslessFirstOrder = Self(".4.70")
    package static let jpegLSLossless = Self(".4.80")
    package static let jpegLSNearLossless = Self(".4.81")
    package static let jpeg2000Lossless = Self(".4.90")
    package static let jpeg2000 = Self(".4.91")
    package static let highThroughputJPEG2000Lossless = Self(".4.201")
    package static let highThroughputJPEG2000LosslessRPCL = Self(".4.202")
    package static let highThroughputJPEG2000 = Self(".4.203")
    package static let runLength = Self(".5")
    static let deflatedFrames = Self(".8.1")

    /// Whether pixels are one value rather than fragments.
    public var isNative: Bool {
        [.implicitLittleEndian, .explicitLittleEndian, .deflated, .explicitBigEndian].contains(self)
    }

    enum Loss { case never, possible, always }

    /// Whether the coding changes pixels.
    var loss: Loss {
        switch self {
        case _ where isQuantizedJPEG: .always
        case .jpegLSNearLossless, .jpeg2000, .highThroughputJPEG2000: .possible
        default: .never
        }
    }

    /// Whether it is JPEG with quantized cosine coefficients.
    var isQuantizedJPEG: Bool {
        [.jpegBaseline, .jpegExtended, .jpegSpectralSelection, .jpegProgressive].contains(self)
    }

    /// Name and UID, as far as the standard has a name.
    public var description: String { Self.names[rawValue].map { "\($0) (\(rawValue))" } ?? rawValue }

    /// Why pixels in this one cannot be read, and what helps.
    var refusal: String {
        let advice =
            if isVideo {
                ", which is video; convert it to an uncompressed multi-frame object first"
            } else if description.contains("JPIP") {
                ", whose pixels stay on a server; fetch them as JPEG 2000 first"
            } else if !rawValue.hasPrefix(Self.root) {
                ", which is private; export the image from its maker's software in a standard one"
            } else {
                "; convert the file to an uncompressed one first"
            }
        return "transfer syntax \(description)\(advice)"
    }

    private var isVideo: Bool { ["MPEG", "HEVC", "SMPTE"].contains { description.contains($0) } }

    /// Those that are not read, as PS3.6 table A-1 names them.
    private static let names: [String: String] = [
        ".4.52": "JPEG Extended (Process 3 and 5)",
        ".4.54": "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)",
        ".4.56": "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)",
        ".4.58": "JPEG Lossless, Non-Hierarchical (Process 15)",
        ".4.59": "JPEG Extended, Hierarchical (Process 16 and 18)",
        ".4.60": "JPEG Extended, Hierarchical (Process 17 and 19)",
        ".4.61": "JPEG Spectral Selection, Hierarchical (Process 20 and 22)",
        ".4.62": "JPEG Spectral Selection, Hierarchical (Process 21 and 23)",
        ".4.63": "JPEG Full Progression, Hierarchical (Process 24 and 26)",
        ".4.64": "JPEG Full Progression, Hierarchical (Process 25 and 27)",
        ".4.65": "JPEG Lossless, Hierarchical (Process 28)",
        ".4.66": "JPEG Lossless, Hierarchical (Process 29)",
        ".4.92": "JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)",
        ".4.93": "JPEG 2000 Part 2 Multi-component Image Compression",
        ".4.94": "JPIP Referenced",
        ".4.95": "JPIP Referenced Deflate",
        ".4.100": "MPEG2 Main Profile / Main Level",
        ".4.100.1": "Fragmentable MPEG2 Main Profile / Main Level",
        ".4.101": "MPEG2 Main Profile / High Level",
        ".4.101.1": "Fragmentable MPEG2 Main Profile / High Level",
        ".4.102": "MPEG-4 AVC/H.264 High Profile / Level 4.1",
        ".4.102.1": "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1",
        ".4.103": "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
        ".4.103.1": "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
        ".4.104": "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video",
        ".4.104.1": "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video",
        ".4.105": "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video",
        ".4.105.1": "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video",
        ".4.106": "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2",
        ".4.106.1": "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2",
        ".4.107": "HEVC/H.265 Main Profile / Level 5.1",
        ".4.108": "HEVC/H.265 Main 10 Profile / Level 5.1",
        ".4.110": "JPEG XL Lossless",
        ".4.111": "JPEG XL JPEG Recompression",
        ".4.112": "JPEG XL",
        ".4.204": "JPIP HTJ2K Referenced",
        ".4.205": "JPIP HTJ2K Referenced Deflate",
        ".6.1": "RFC 2557 MIME encapsulation",
        ".6.2": "XML Encoding",
        ".7.1": "SMPTE ST 2110-20 Uncompressed Progressive Active Video",
        ".7.2": "SMPTE ST 2110-20 Uncompressed Interlaced Active Video",
        ".7.3": "SMPTE ST 2110-30 PCM Digital Audio",
    ].reduce(into: ["1.2.840.10008.1.20": "Papyrus 3 Implicit VR Little Endian"]) { $0[root + $1.key] = $1.value }
}
