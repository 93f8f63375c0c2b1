/// DICOM files (PS3.10) through DCMTK, JPEG 2000 through OpenJPEG.
struct DICOMCodec: WritableImageCodec {
    let name = "dicom"
    let title = "DICOM"
    let endings = ["dcm", "dicom", "ima"]

    /// "DICM" behind a preamble of 128 bytes.
    func recognizes(_ start: FileStart) -> Bool { start.bytes.dropFirst(128).starts(with: "DICM".utf8) }

    /// A file that skipped the preamble begins with "DICM", and one that skipped that too with an element of one of the
    /// groups that a data set can begin with.
    func resembles(_ start: FileStart) -> Bool {
        let start = start.bytes
        if start.starts(with: "DICM".utf8) { return true }
        guard start.count >= 8 else { return false }
        let isLittle = (start[0] == 2 || start[0] == 8) && start[1] == 0
        let isBig = start[0] == 0 && start[1] == 8
        guard isLittle || isBig else { return false }
        // The first elements of either group have small numbers.
        let element = isLittle ? (start[2], start[3]) : (start[3], start[2])
        guard element.1 == 0 else { return false }
        let representations = ["UL", "UI", "OB", "SH", "CS", "DA", "TM", "LO", "SQ", "ST", "AE", "PN"]
        let hasRepresentation = representations.contains { start[4..<6].elementsEqual($0.utf8) }
        let isShort = isLittle && start[5] < 2 && start[6] == 0 && start[7] == 0
        return hasRepresentation || isShort
    }

    func kindWithoutPixels(_ source: ByteSource) -> String? {
        guard let dataSet = try? DICOMDataSet(reading: source) else { return nil }
        let root = dataSet.root
        guard !DICOMPixelFormat.tags.contains(where: root.contains), !root.contains(.directoryRecordSequence) else {
            return nil
        }
        let sopClass = root.string(.sopClassUID)
        let name = sopClass.flatMap(DICOMSource.name(ofUID:))
        // Every class of images has the word in its name; one without pixels is damaged.
        guard name?.contains("Image") != true else { return nil }
        // "BasicTextSRStorage"
        let words = name?.replacing(/Storage$/, with: "")
            .replacing(/([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/) { match in
                "\(match.1 ?? match.3 ?? "") \(match.2 ?? match.4 ?? "")"
            }
        return words ?? root.string(.modality) ?? "DICOM object"
    }

    func read(from source: ByteSource) throws(ImageFileError) -> Image {
        let image = try Self.image(source)
        if image.header.intensity.sampleType.isFloatingPoint,
            let bad = image.pixels.samples.withUnsafeBufferPointer({ SampleCoding.firstInfinite($0) })
        {
            let (row, column) = bad.quotientAndRemainder(dividingBy: image.pixels.width)
            let (slice, rowInSlice) = row.quotientAndRemainder(dividingBy: image.pixels.height)
            throw .notFinite(path: source.name, column: column, row: rowInSlice, slice: slice)
        }
        return image
    }

    private static func image(_ bytes: ByteSource) throws(ImageFileError) -> Image {
        do {
            let dataSet = try DICOMDataSet(reading: bytes)
            let meaning = DICOMMeaning(dataSet.root)
            try meaning.refuseMosaic()
            let reader = try DICOMPixelReader(dataSet)
            let format = reader.format
            let padding = try meaning.padding(format)
            var warnings: [String] = []
            let (samples, quantization) = try reader.samples(warnings: &warnings)
            if dataSet.hasDamagedEnd { warnings.append("what follows the pixel data is damaged and left out") }
            // They could be written only as they are coded.
            if dataSet.removeEncapsulatedPictures() {
                warnings.append("small compressed pictures in sequences (icons) are left out")
            }
            let arranged = DICOMFrames(dataSet.root, count: format.frames).arrangement()
            let geometry = DICOMGeometry.read(dataSet.root, step: arranged?.step)
            let intensity = intensity(dataSet.root, format, palette: reader.palette)
            let source = try DICOMSource(dataSet, format, geometry)
            let pixels = Pixels(
                width: format.columns, height: format.rows, channels: reader.channels, slices: format.frames,
                samples: samples)
            var header = ImageHeader(
                width: format.columns, height: format.rows, slices: format.frames,
                colorModel: reader.channels == 1 ? .gray : .rgb, geometry: geometry, intensity: intensity,
                meaning: meaning.samples, padding: padding, source: .dicom(source))
            header.warnings = warnings
            header.quantization = quantization
            if let arrangement = arranged?.arrangement {
                header.arrangement = arrangement
                if arrangement.isPlain {
                    (header.volumes, header.volumeInterval) = (arrangement.volumes, arrangement.volumeInterval)
                }
            }
            return Image(header: header, pixels: pixels)
        } catch {
            throw error.at(bytes.name)
        }
    }

    private static func intensity(
        _ root: DICOMItem, _ format: DICOMPixelFormat, palette: DICOMPalette?
    ) -> Intensity {
        if let palette { return Intensity(sampleType: palette.bits == 8 ? .uint8 : .uint16) }
        let functionalGroups = [
            root.items(.perFrameFunctionalGroups).first, root.items(.sharedFunctionalGroups).first,
        ].compactMap(\.self)
        func macro(_ sequence: DICOMTag) -> DICOMItem {
            functionalGroups.lazy.compactMap { $0.items(sequence).first }.first ?? root
        }
        let rescale = macro(.pixelValueTransformationSequence)
        let slope = rescale.number(.rescaleSlope) ?? root.number(.doseGridScaling) ?? 1
        let voi = macro(.frameVOILUTSequence)
        var window: Window?
        if let center = voi.number(.windowCenter), let width = voi.number(.windowWidth), width > 0 {
            window = Window(center: center, width: width)
        }
        return Intensity(
            sampleType: format.sampleType, bitsStored: format.bitsStored, slope: slope == 0 ? 1 : slope,
            intercept: rescale.number(.rescaleIntercept) ?? 0, window: window,
            polarity: format.photometric == .monochrome1 ? .brightIsLow : .brightIsHigh)
    }

    func keepsSlices(of header: ImageHeader) -> Bool { true }

    func loss(of header: ImageHeader) -> String? {
        guard case .dicom(let source) = header.source, header.derivation != nil, !source.losses.isEmpty else {
            return nil
        }
        return "left out, as it holds of the source's pixels alone: \(source.losses.joined(separator: ", "))"
    }

    func check(_ header: ImageHeader, options: WriteOptions, name: String) throws(ImageFileError) {
        _ = try DICOMLayout(header, options.compression, path: name)
    }

    func sink(
        for header: ImageHeader, to destination: ByteDestination, options: WriteOptions
    ) throws(ImageFileError) -> any ImageSink {
        try DICOMSink(header, options.compression, destination)
    }
}
