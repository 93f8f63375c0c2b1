import CDICOM

/// JPEG 2000 and its high-throughput form, which DCMTK does not decode, through OpenJPEG.
enum DICOMJPEG2000 {
    static func decode(
        _ data: [UInt8], _ format: DICOMPixelFormat, isSaidLossy: Bool
    ) throws(DICOMFailure) -> DICOMFrame {
        let pixels = format.columns * format.rows
        let components = format.samplesPerPixel
        guard
            let image = cdicom_jpeg2000_decode(
                data, data.count, UInt32(format.columns), UInt32(format.rows), UInt32(components))
        else { throw .last }
        defer { cdicom_jpeg2000_free(image) }
        let precision = Int(cdicom_jpeg2000_precision(image))
        guard precision <= 32 else { throw .unsupported("JPEG 2000 of \(precision) bit") }

        // Where the sign disagrees with the data set, the data set says what the bits mean.
        let value = DICOMStoredValue(
            precision: precision, isCodedSigned: cdicom_jpeg2000_is_signed(image),
            isLossy: !cdicom_jpeg2000_is_reversible(image) || isSaidLossy, format)
        func words<Word: FixedWidthInteger>(_ type: Word.Type) -> [Word] {
            [Word](unsafeUninitializedCapacity: pixels * components) { words, initialized in
                for component in 0..<components {
                    let samples = cdicom_jpeg2000_samples(image, UInt32(component))
                    for index in 0..<pixels {
                        words[component * pixels + index] = Word(truncatingIfNeeded: value(Int(samples[index])))
                    }
                }
                initialized = pixels * components
            }
        }
        return DICOMFrame(
            words: format.bitsStored <= 8
                ? .uint8(words(UInt8.self))
                : format.bitsStored <= 16 ? .uint16(words(UInt16.self)) : .uint32(words(UInt32.self)),
            layout: .planar, bitsStored: format.bitsStored, shift: 0, isSigned: format.isSigned,
            photometric: photometric(image, format))
    }

    /// Decoding undoes the codestream's own colour transform. One that has it was made of RGB, though its data set may
    /// keep the words of what it was made from (PS3.5 8.2.4 has such a codestream labelled YBR_ICT or YBR_RCT).
    private static func photometric(
        _ image: OpaquePointer, _ format: DICOMPixelFormat
    ) -> DICOMPixelFormat.Photometric {
        guard format.samplesPerPixel == 3 else { return format.photometric }
        if cdicom_jpeg2000_transforms_colors(image) { return .rgb }
        return switch format.photometric {
        case .ybrICT, .ybrRCT: .rgb
        case .ybrFull422: .ybrFull
        default: format.photometric
        }
    }
}
