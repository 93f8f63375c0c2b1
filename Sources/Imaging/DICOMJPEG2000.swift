import CDICOM

/// JPEG 2000, which DCMTK does not decode, through OpenJPEG.
enum DICOMJPEG2000 {
    static func decode(_ data: [UInt8], _ format: DICOMPixelFormat) throws(DICOMFailure) -> DICOMFrame {
        let pixels = format.columns * format.rows
        let components = format.samplesPerPixel
        guard
            let image = cdicom_jpeg2000_decode(
                data, data.count, UInt32(format.columns), UInt32(format.rows), UInt32(components))
        else { throw .last }
        defer { cdicom_jpeg2000_free(image) }
        let precision = Int(cdicom_jpeg2000_precision(image))
        guard precision <= 32 else { throw .unsupported("JPEG 2000 of \(precision) bit") }

        // The low bits of a sample are the stored bits whichever sign the codestream gives them: where it disagrees
        // with the data set, the data set says what they mean.
        func words<Word: FixedWidthInteger>(_ type: Word.Type) -> [Word] {
            [Word](unsafeUninitializedCapacity: pixels * components) { words, initialized in
                for component in 0..<components {
                    let samples = cdicom_jpeg2000_samples(image, UInt32(component))
                    for index in 0..<pixels {
                        words[component * pixels + index] = Word(truncatingIfNeeded: samples[index])
                    }
                }
                initialized = pixels * components
            }
        }
        let bits = max(precision, format.bitsStored)
        let photometric: DICOMPixelFormat.Photometric =
            switch format.photometric {
            case .ybrICT, .ybrRCT: .rgb
            case .ybrFull422: .ybrFull
            default: format.photometric
            }
        return DICOMFrame(
            words: bits <= 8
                ? .uint8(words(UInt8.self)) : bits <= 16 ? .uint16(words(UInt16.self)) : .uint32(words(UInt32.self)),
            layout: .planar, bitsStored: format.bitsStored, shift: 0, isSigned: format.isSigned,
            photometric: photometric)
    }
}
