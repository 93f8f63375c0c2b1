/// Where the frames of a map lie: where those of its image do.
struct DICOMMapPlaces {
    private let spacing: PixelSpacing?
    private let thickness: Double?
    /// The directions of a row and of a column; `nil` where the image is not placed in the patient.
    private let axes: (column: SIMD3<Double>, row: SIMD3<Double>)?
    /// A frame's each.
    private let origins: [SIMD3<Double>]

    /// - Parameters:
    ///   - root: the image's data set, as it will be written.
    ///   - image: its header.
    init(_ root: DICOMItem, _ image: ImageHeader) {
        let shared = root.items(.sharedFunctionalGroups).first
        let frames = root.items(.perFrameFunctionalGroups)
        func macro(_ sequence: DICOMTag, _ frame: Int) -> DICOMItem {
            (frame < frames.count ? frames[frame].items(sequence).first : nil) ?? shared?.items(sequence).first ?? root
        }
        let measures = macro(.pixelMeasuresSequence, 0)
        thickness = measures.number(.sliceThickness) ?? measures.number(.spacingBetweenSlices)
        guard root.contains(.frameOfReferenceUID), let affine = image.geometry.affine,
            let spacing = image.geometry.spacing
        else {
            (self.spacing, axes, origins) = (nil, nil, [])
            return
        }
        self.spacing = spacing
        axes = (affine.column / spacing.column, affine.row / spacing.row)
        origins = (0..<image.slices).map { frame in
            DICOMGeometry.vector(macro(.planePositionSequence, frame), .imagePositionPatient).flatMap {
                frames.isEmpty ? nil : $0
            } ?? affine(column: 0, row: 0, slice: Double(frame))
        }
    }

    /// Writes the functional groups of places, and an item for each frame.
    func write(_ root: DICOMItem, frames: Int) throws(DICOMFailure) {
        if let spacing, let axes, let shared = root.items(.sharedFunctionalGroups).first {
            let measures = try shared.appendItem(.pixelMeasuresSequence)
            try measures.set(.pixelSpacing, [spacing.row, spacing.column])
            if let thickness { try measures.set(.sliceThickness, [thickness]) }
            try shared.appendItem(.planeOrientationSequence).set(
                .imageOrientationPatient,
                [axes.column.x, axes.column.y, axes.column.z, axes.row.x, axes.row.y, axes.row.z])
        } else {
            // Without places there is nothing that it could refer to.
            root.remove(.frameOfReferenceUID)
        }
        for frame in 0..<frames {
            let group = try root.appendItem(.perFrameFunctionalGroups)
            guard origins.indices.contains(frame) else { continue }
            let origin = origins[frame]
            try group.appendItem(.planePositionSequence).set(.imagePositionPatient, [origin.x, origin.y, origin.z])
        }
    }
}
