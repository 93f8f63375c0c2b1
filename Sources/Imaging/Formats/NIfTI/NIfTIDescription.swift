import CNIfTI

/// What a header says of the values of an image, and what it is made to say of one to be written.
extension NIfTIHeader {
    /// The intent codes whose values are names or numbers of things (nifti1.h).
    private static let codes: [Int32: String] = [
        NIFTI_INTENT_LABEL: "NIfTI intent LABEL", NIFTI_INTENT_NEURONAME: "NIfTI intent NEURONAME",
        NIFTI_INTENT_TRIANGLE: "NIfTI intent TRIANGLE", NIFTI_INTENT_NODE_INDEX: "NIfTI intent NODE_INDEX",
    ]

    var meaning: SampleMeaning {
        Self.codes[Int32(first(.intentCode))].map { .codes(statement: $0) } ?? .quantity
    }

    /// A slope of zero, and in practice NaN, means that values are not scaled.
    func intensity(of voxels: NIfTIVoxelType) -> Intensity {
        var result = Intensity(sampleType: voxels.sampleType)
        let slope = first(.slope)
        let intercept = first(.intercept)
        if slope != 0, slope.isFinite, intercept.isFinite, voxels.colorModel == .gray {
            result.slope = slope
            result.intercept = intercept
        }
        let lowest = first(.calibrationMinimum)
        let highest = first(.calibrationMaximum)
        if highest > lowest, (highest - lowest).isFinite {
            result.window = Window(center: (lowest + highest) / 2, width: highest - lowest)
        }
        return result
    }

    /// The header of a file that holds `image`: that of its own NIfTI source, brought up to date, or a new one.
    init(for image: ImageHeader, path: String) throws(ImageFileError) {
        guard let code = NIfTIVoxelType.code(of: image) else {
            throw .cannotHold(
                path: path,
                reason: "NIfTI has no voxels of \(image.intensity.sampleType.rawValue) \(image.colorModel.rawValue); "
                    + "write .tif or .png")
        }
        let isSmall = max(image.width, image.height, image.slices) <= Int(Int16.max)
        if case .nifti(let source) = image.source {
            self = isSmall ? source.header : source.header.widened()
            becomeSingleFile()
        } else {
            self.init(version: isSmall ? .one : .two)
            set(.dim, [3, 1, 1, 1, 1, 1, 1, 1])
            let shape = image.geometry.relativeSpacing
            set(
                .pixdim,
                [
                    1, shape?.column ?? 1, shape?.row ?? 1, image.geometry.sliceSpacing ?? 1,
                    image.volumeInterval ?? 1, 1, 1, 1,
                ])
            let isPlaced = image.geometry.spacing != nil || image.geometry.affine != nil
            set(
                .units,
                Double(
                    (isPlaced ? NIFTI_UNITS_MM : NIFTI_UNITS_UNKNOWN)
                        + (image.volumeInterval == nil ? NIFTI_UNITS_UNKNOWN : NIFTI_UNITS_SEC)))
            set(.slope, image.colorModel == .gray ? 1 : 0)
            if image.meaning != .quantity { set(.intentCode, Double(NIFTI_INTENT_LABEL)) }
            if let window = image.intensity.window {
                set(.calibrationMinimum, window.center - window.width / 2)
                set(.calibrationMaximum, window.center + window.width / 2)
            }
        }
        setShape(of: image)
        if Int32(first(.datatype)) != code {
            set(.datatype, Double(code))
            set(.bitpix, Double(image.intensity.sampleType.bits * image.channels))
        }
        place(image.geometry)
        if let old = try? NIfTIVoxelType(self, path: path), image.colorModel == .gray {
            let said = intensity(of: old)
            if (said.slope, said.intercept) != (image.intensity.slope, image.intensity.intercept) {
                set(.slope, image.intensity.slope)
                set(.intercept, image.intensity.intercept)
            }
        }
    }

    private mutating func setShape(of image: ImageHeader) {
        var dim = self[.dim]
        let inPlane = [Double(image.width), Double(image.height)]
        let isResized = Array(dim[1...2]) != inPlane
        let slices = (3...7).map { Double($0) <= dim[0] ? dim[$0] : 1 }.reduce(1, *)
        dim.replaceSubrange(1...2, with: inPlane)
        dim[0] = max(dim[0], 2)
        let isOwn = if case .nifti = image.source { slices == Double(image.slices) } else { false }
        if !isOwn {
            let volumes = Double(image.volumes)
            dim = [volumes > 1 ? 4 : 3] + inPlane + [Double(image.slices / image.volumes), volumes, 1, 1, 1]
        }
        set(.dim, dim)
        // When slices were acquired says nothing any more if they lay across the plane that has been resized.
        let sliceAxis = Int(first(.dimensionInfo)) >> 4 & 3
        if isResized && (sliceAxis == 1 || sliceAxis == 2) {
            for field in [NIfTIField.sliceCode, .sliceStart, .sliceEnd, .sliceDuration] { set(field, 0) }
        }
    }
}
