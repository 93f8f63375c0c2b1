/// Where a DICOM image's pixels lie.
enum DICOMGeometry {
    /// - Parameter step: from frame to frame in the world, where frames have positions of their own.
    static func read(_ root: DICOMItem, step: SIMD3<Double>? = nil) -> Geometry {
        let shared = root.items(.sharedFunctionalGroups).first
        let frames = root.items(.perFrameFunctionalGroups)
        func macro(_ sequence: DICOMTag, frame: Int = 0) -> DICOMItem? {
            (frame < frames.count ? frames[frame].items(sequence).first : nil) ?? shared?.items(sequence).first
        }
        let measures = macro(.pixelMeasuresSequence)

        // In the patient, where only Pixel Spacing tells; else at the detector, the film or the transducer.
        let inPatient = spacing(measures ?? root, .pixelSpacing)
        let geometry = Geometry(
            spacing: inPatient ?? spacing(root, .imagerPixelSpacing) ?? spacing(root, .imagePlanePixelSpacing)
                ?? spacing(root, .nominalScannedPixelSpacing) ?? ultrasoundSpacing(root))

        let placed =
            macro(.planePositionSequence).flatMap { position in
                vector(position, .imagePositionPatient).flatMap { origin in
                    orientation(macro(.planeOrientationSequence) ?? root).map { (origin, $0.column, $0.row) }
                }
            } ?? place(root)
        guard let inPatient, let (origin, column, row) = placed else {
            var result = geometry
            result.sliceSpacing = step.map(length)
            return result
        }

        let slice = step ?? cross(column, row) * thickness(measures ?? root)
        var result = geometry
        result.affine = Affine(
            column: column * inPatient.column, row: row * inPatient.row, slice: slice, origin: origin)
        result.space = .lps
        return result
    }

    /// Where the first frame lies, for classes without functional groups. Nuclear medicine says it for each detector.
    static func place(
        _ root: DICOMItem
    ) -> (origin: SIMD3<Double>, column: SIMD3<Double>, row: SIMD3<Double>)? {
        for item in [root] + root.items(.detectorInformationSequence).prefix(1) {
            if let origin = vector(item, .imagePositionPatient), let axes = orientation(item) {
                return (origin, axes.column, axes.row)
            }
        }
        return nil
    }

    /// The directions of a row and of a column, of length 1.
    static func orientation(
        _ item: DICOMItem, _ tag: DICOMTag = .imageOrientationPatient
    ) -> (column: SIMD3<Double>, row: SIMD3<Double>)? {
        guard let cosines = item.numbers(tag), cosines.count == 6 else { return nil }
        let column = SIMD3(cosines[0], cosines[1], cosines[2])
        let row = SIMD3(cosines[3], cosines[4], cosines[5])
        guard length(column) > 0.5, length(row) > 0.5, length(cross(column, row)) > 0.1 else { return nil }
        return (column / length(column), row / length(row))
    }

    static func vector(_ item: DICOMItem, _ tag: DICOMTag) -> SIMD3<Double>? {
        guard let numbers = item.numbers(tag), numbers.count == 3 else { return nil }
        return SIMD3(numbers[0], numbers[1], numbers[2])
    }

    /// DICOM names the distance between rows first.
    static func spacing(_ item: DICOMItem, _ tag: DICOMTag) -> PixelSpacing? {
        guard let numbers = item.numbers(tag), numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
        return PixelSpacing(column: numbers[1], row: numbers[0])
    }

    /// The first region that shows tissue in centimetres along both axes.
    private static func ultrasoundSpacing(_ root: DICOMItem) -> PixelSpacing? {
        for region in root.items(.sequenceOfUltrasoundRegions) {
            guard region.integer(.physicalUnitsXDirection) == 3, region.integer(.physicalUnitsYDirection) == 3,
                let x = region.number(.physicalDeltaX), let y = region.number(.physicalDeltaY), x != 0, y != 0
            else { continue }
            return PixelSpacing(column: abs(x) * 10, row: abs(y) * 10)
        }
        return nil
    }

    private static func thickness(_ item: DICOMItem) -> Double {
        [item.number(.spacingBetweenSlices), item.number(.sliceThickness)].compactMap(\.self).map(abs)
            .first { $0 > 0 } ?? 1
    }

    private static func length(_ vector: SIMD3<Double>) -> Double { (vector * vector).sum().squareRoot() }

    static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }
}
