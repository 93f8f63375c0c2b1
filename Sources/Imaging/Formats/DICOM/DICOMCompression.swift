import CDICOM
import Foundation

/// How pixels are compressed in a DICOM file, always without loss.
public enum DICOMCompression: String, Sendable, CaseIterable {
    /// As they are: explicit little endian.
    case none
    /// JPEG 2000 Image Compression (Lossless Only), 1.2.840.10008.1.2.4.90.
    case jpeg2000
    /// JPEG-LS Lossless Image Compression, 1.2.840.10008.1.2.4.80.
    case jpegls
}

extension DICOMCompression {
    var transferSyntax: DICOMTransferSyntax {
        switch self {
        case .none: .explicitLittleEndian
        case .jpeg2000: .jpeg2000Lossless
        case .jpegls: .jpegLSLossless
        }
    }

    /// What both codecs and those who read them hold.
    private static let precisions = 2...16

    /// Refuses samples that cannot be compressed.
    func check(bitsStored: Int, of type: SampleType) throws(DICOMFailure) {
        guard self != .none else { return }
        guard !type.isFloatingPoint, Self.precisions.contains(bitsStored) else {
            let samples = type.isFloatingPoint ? "floating point" : bitsStored == 1 ? "1 bit" : "\(bitsStored) bits"
            throw .unsupported(
                "compressed DICOM holds whole numbers of 2 to 16 bits, not \(samples); leave it uncompressed")
        }
    }

    /// - Parameter frame: its samples as they would lie in an uncompressed file.
    func encode(
        _ frame: [UInt8], columns: Int, rows: Int, samplesPerPixel: Int, _ layout: DICOMLayout
    ) throws(DICOMFailure) -> [UInt8] {
        var samples = frame
        let isByte = layout.bitsStored <= 8
        // The codecs take samples of up to 8 bits as bytes.
        if isByte, layout.bitsAllocated == 16 {
            samples = stride(from: 0, to: frame.count, by: 2).map { frame[$0] }
        }
        // JPEG-LS has no sign: the bits above those stored, which repeat it, would be bits too many.
        if self == .jpegls, layout.sampleType.isSigned, ![8, 16].contains(layout.bitsStored) {
            let mask = UInt8(1 << (layout.bitsStored % 8) - 1)
            for index in stride(from: isByte ? 0 : 1, to: samples.count, by: isByte ? 1 : 2) { samples[index] &= mask }
        }
        let description = CDICOMFrame(
            columns: UInt16(columns), rows: UInt16(rows), samplesPerPixel: UInt16(samplesPerPixel),
            precision: UInt16(layout.bitsStored), isSigned: layout.sampleType.isSigned)
        var count = 0
        let bytes =
            self == .jpegls
            ? cdicom_encode_jpegls(description, samples, &count) : cdicom_encode_jpeg2000(description, samples, &count)
        guard let bytes else { throw .last }
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
