import Foundation

/// Everything in a data set that speaks of its pixel grid, carried over to a finer or coarser one with the same field
/// of view.
struct DICOMResampling {
    /// New pixels per old one.
    let columns: Double
    let rows: Double

    /// Attributes that hold a distance between pixels as row spacing, column spacing.
    private static let spacings: [DICOMTag] = [
        .pixelSpacing, .imagerPixelSpacing, .nominalScannedPixelSpacing, .imagePlanePixelSpacing,
        .objectPixelSpacingInCenterOfBeam,
    ]

    func apply(to root: DICOMItem) throws(DICOMFailure) {
        try movePosition(in: root, orientation: root, spacing: DICOMGeometry.spacing(root, .pixelSpacing))
        // Nuclear medicine places each detector; its spacing is the image's.
        for detector in root.items(.detectorInformationSequence) {
            try movePosition(in: detector, orientation: detector, spacing: DICOMGeometry.spacing(root, .pixelSpacing))
        }
        try moveFrames(root)
        try moveRTImage(root)
        try scaleSpacings(root)
        for region in root.items(.sequenceOfUltrasoundRegions) { try scaleUltrasoundRegion(region) }
        try scaleShutters(root)
        try scaleMaskShifts(root)
    }

    // MARK: Planes in space

    /// The enhanced classes: each frame's plane by its own macros or else by the shared ones.
    private func moveFrames(_ root: DICOMItem) throws(DICOMFailure) {
        let shared = root.items(.sharedFunctionalGroups).first
        let frames = root.items(.perFrameFunctionalGroups)
        for groups in frames + [shared].compactMap(\.self) {
            func macro(_ sequence: DICOMTag) -> DICOMItem? {
                groups.items(sequence).first ?? shared?.items(sequence).first
            }
            let spacing = macro(.pixelMeasuresSequence).flatMap { DICOMGeometry.spacing($0, .pixelSpacing) }
            if let position = groups.items(.planePositionSequence).first,
                let orientation = macro(.planeOrientationSequence)
            {
                try movePosition(in: position, orientation: orientation, spacing: spacing)
            }
            if let position = groups.items(.planePositionVolumeSequence).first,
                let orientation = macro(.planeOrientationVolumeSequence)
            {
                try movePosition(
                    in: position, .imagePositionVolume, orientation: orientation, .imageOrientationVolume,
                    spacing: spacing)
            }
        }
        // Only now, because every frame's move needs the old spacing.
        for groups in frames + [shared].compactMap(\.self) {
            for measures in groups.items(.pixelMeasuresSequence) + groups.items(.xRayProjectionPixelCalibrationSequence)
            {
                try scaleSpacings(measures)
            }
        }
    }

    private func movePosition(
        in item: DICOMItem, _ positionTag: DICOMTag = .imagePositionPatient, orientation: DICOMItem,
        _ orientationTag: DICOMTag = .imageOrientationPatient, spacing: PixelSpacing?
    ) throws(DICOMFailure) {
        guard let spacing, let position = DICOMGeometry.vector(item, positionTag),
            let (column, row) = DICOMGeometry.orientation(orientation, orientationTag)
        else { return }
        let moved = Affine(
            column: column * spacing.column, row: row * spacing.row, slice: .zero, origin: position
        ).scaled(columns: columns, rows: rows).origin
        try item.set(positionTag, [moved.x, moved.y, moved.z])
    }

    /// A portal image lies in the plane of its receptor, whose y axis points up: rows run against it unless the
    /// orientation says otherwise.
    private func moveRTImage(_ root: DICOMItem) throws(DICOMFailure) {
        guard let position = root.numbers(.rtImagePosition), position.count == 2,
            let spacing = DICOMGeometry.spacing(root, .imagePlanePixelSpacing)
        else { return }
        let stated = root.numbers(.rtImageOrientation) ?? []
        let axes = stated.count == 6 ? stated : [1, 0, 0, 0, -1, 0]
        let alongRow = spacing.column * (1 / columns - 1) / 2
        let alongColumn = spacing.row * (1 / rows - 1) / 2
        try root.set(
            .rtImagePosition, (0..<2).map { position[$0] + axes[$0] * alongRow + axes[3 + $0] * alongColumn })
    }

    private func scaleSpacings(_ item: DICOMItem) throws(DICOMFailure) {
        for tag in Self.spacings {
            guard let spacing = DICOMGeometry.spacing(item, tag) else { continue }
            try item.set(tag, [spacing.row / rows, spacing.column / columns])
        }
    }

    // MARK: Ultrasound

    /// Regions are rectangles of whole pixels counted from zero, their reference pixel a whole one counted from the
    /// region's corner: where the grid moves it between pixels, its physical value moves along.
    private func scaleUltrasoundRegion(_ region: DICOMItem) throws(DICOMFailure) {
        let axes = [
            (
                scale: columns, first: DICOMTag(0x0018_6018), last: DICOMTag(0x0018_601C),
                reference: DICOMTag(0x0018_6020), value: DICOMTag(0x0018_6028), delta: DICOMTag.physicalDeltaX
            ),
            (
                scale: rows, first: DICOMTag(0x0018_601A), last: DICOMTag(0x0018_601E),
                reference: DICOMTag(0x0018_6022), value: DICOMTag(0x0018_602A), delta: DICOMTag.physicalDeltaY
            ),
        ]
        for axis in axes {
            if let first = region.number(axis.first) {
                try region.set(axis.first, Self.pixel(first * axis.scale))
            }
            if let last = region.number(axis.last) {
                try region.set(axis.last, Self.pixel((last + 1) * axis.scale - 1))
            }
            let delta = region.number(axis.delta)
            if let reference = region.number(axis.reference) {
                let exact = (reference + 0.5) * axis.scale - 0.5
                try region.set(axis.reference, Self.pixel(exact))
                if let delta {
                    let value = region.number(axis.value) ?? 0
                    try region.set(axis.value, "\(value + (exact.rounded() - exact) * delta / axis.scale)")
                }
            }
            if let delta { try region.set(axis.delta, "\(delta / axis.scale)") }
        }
        // Doppler sample volume and TM line: x, then y, positions in the region.
        let positions: [(DICOMTag, Double)] = [
            (DICOMTag(0x0018_6039), columns), (DICOMTag(0x0018_603B), rows), (DICOMTag(0x0018_603D), columns),
            (DICOMTag(0x0018_603F), rows), (DICOMTag(0x0018_6041), columns), (DICOMTag(0x0018_6043), rows),
        ]
        for (tag, scale) in positions {
            guard let position = region.number(tag) else { continue }
            try region.set(tag, Self.pixel((position + 0.5) * scale - 0.5))
        }
    }

    /// The nearest whole number that fits 32 bits.
    private static func pixel(_ position: Double) -> String {
        String(Int(min(max(position.rounded(), Double(Int32.min)), Double(Int32.max))))
    }

    // MARK: Shutters and masks

    /// Shutters and collimators are told in pixels counted from one.
    private func scaleShutters(_ root: DICOMItem) throws(DICOMFailure) {
        func moved(_ position: Double, _ scale: Double) -> String {
            Self.pixel((position - 0.5) * scale + 0.5)
        }
        for group in [UInt32(0x0018_1600), 0x0018_1700] {
            for (offset, scale) in [(UInt32(0x02), columns), (0x04, columns), (0x06, rows), (0x08, rows)] {
                let tag = DICOMTag(group + offset)
                guard let position = root.number(tag) else { continue }
                try root.set(tag, moved(position, scale))
            }
            // The centre and the corners of a polygon are row, column pairs.
            for tag in [DICOMTag(group + 0x10), DICOMTag(group + 0x20)] {
                guard let positions = root.numbers(tag) else { continue }
                let values = positions.enumerated().map { moved($1, $0 % 2 == 0 ? rows : columns) }
                try root.set(tag, values.joined(separator: "\\"))
            }
            let radius = DICOMTag(group + 0x12)
            if let value = root.number(radius) {
                try root.set(radius, Self.pixel(value * (columns * rows).squareRoot()))
            }
        }
    }

    /// The shift of a subtraction mask is told in pixels, down and then right.
    private func scaleMaskShifts(_ root: DICOMItem) throws(DICOMFailure) {
        for mask in root.items(.maskSubtractionSequence) {
            guard let shift = mask.numbers(.maskSubPixelShift), shift.count == 2 else { continue }
            try mask.set(.maskSubPixelShift, "\(shift[0] * rows)\\\(shift[1] * columns)")
        }
    }
}

extension DICOMItem {
    /// Sets decimal strings, of which each has at most 16 characters.
    func set(_ tag: DICOMTag, _ numbers: [Double]) throws(DICOMFailure) {
        try set(tag, numbers.map(Self.decimalString).joined(separator: "\\"))
    }

    static func decimalString(_ number: Double) -> String {
        let exact = number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
        guard exact.utf8.count > 16 else { return exact }
        for digits in stride(from: 15, through: 6, by: -1) {
            let rounded = String(format: "%.\(digits)g", number)
            if rounded.utf8.count <= 16 { return rounded }
        }
        return String(format: "%.6g", number)
    }
}

extension DICOMTag {
    static let objectPixelSpacingInCenterOfBeam = DICOMTag(0x0018_9404)
    static let imagePositionVolume = DICOMTag(0x0020_9301)
    static let imageOrientationVolume = DICOMTag(0x0020_9302)
    static let planePositionVolumeSequence = DICOMTag(0x0020_930E)
    static let planeOrientationVolumeSequence = DICOMTag(0x0020_930F)
    static let maskSubtractionSequence = DICOMTag(0x0028_6100)
    static let maskSubPixelShift = DICOMTag(0x0028_6114)
    static let detectorInformationSequence = DICOMTag(0x0054_0022)
    static let rtImageOrientation = DICOMTag(0x3002_0010)
    static let rtImagePosition = DICOMTag(0x3002_0012)
    static let xRayProjectionPixelCalibrationSequence = DICOMTag(0x0018_9401)
}
