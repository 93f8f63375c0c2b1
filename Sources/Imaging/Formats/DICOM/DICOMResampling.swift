import Foundation

/// Everything in a data set that speaks of its pixel grid (``DICOMGrid``), carried over to a finer or coarser one that
/// begins where it began.
struct DICOMResampling {
    /// New pixels per old one.
    let columns: Double
    let rows: Double
    /// How many of the old pixels the new ones cover.
    let covered: PixelExtent

    func apply(to root: DICOMItem) throws(DICOMFailure) {
        try movePosition(in: root, orientation: root, spacing: DICOMGeometry.spacing(root, .pixelSpacing))
        // Nuclear medicine places each detector; its spacing is the image's.
        for detector in root.items(.detectorInformationSequence) {
            try movePosition(in: detector, orientation: detector, spacing: DICOMGeometry.spacing(root, .pixelSpacing))
        }
        try moveFrames(root)
        try moveRTImage(root)
        // Only now, because every move needs the old spacing.
        try rescale(root)
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
            let spacing = DICOMGeometry.spacing(macro(.pixelMeasuresSequence) ?? root, .pixelSpacing)
            if let position = groups.items(.planePositionSequence).first {
                let orientation = macro(.planeOrientationSequence) ?? root
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

    // MARK: Attributes by their rules

    private func rescale(_ item: DICOMItem) throws(DICOMFailure) {
        var isRegion = false
        for tag in item.tags {
            if let rule = DICOMGrid.rules[tag] {
                if rule == .ultrasound { isRegion = true } else { try rescale(tag, of: item, by: rule) }
            } else if DICOMGrid.leadsIntoImage(tag) {
                for nested in item.items(tag) { try rescale(nested) }
            }
        }
        if isRegion { try scaleUltrasoundRegion(item) }
    }

    private func rescale(_ tag: DICOMTag, of item: DICOMItem, by rule: DICOMGrid.Rule) throws(DICOMFailure) {
        switch rule {
        case .unchanged, .position, .size, .ultrasound, .removed: return
        case .refused: throw .unsupported("a tile of a whole slide image, which changes size only with all the others")
        default: break
        }
        // What has no number says nothing.
        guard let numbers = item.numbers(tag) else { return }
        let values = { (scales: [Double]) in numbers.enumerated().map { $1 * scales[$0 % scales.count] } }
        switch rule {
        case .spacing where numbers.count == 2: try item.set(tag, values([1 / rows, 1 / columns]))
        case .columnSpacing: try item.set(tag, values([1 / columns]))
        case .columnOffset, .radius: try set(tag, of: item, whole: values([columns]))
        case .magnification: try item.set(tag, values([1 / (columns * rows).squareRoot()]))
        case .aspectRatio where numbers.count == 2 && columns != rows: try setAspectRatio(tag, of: item, numbers)
        case .column: try set(tag, of: item, whole: numbers.map { moved($0, columns) })
        case .row: try set(tag, of: item, whole: numbers.map { moved($0, rows) })
        case .rowColumnPairs:
            try set(tag, of: item, whole: numbers.enumerated().map { moved($1, $0 % 2 == 0 ? rows : columns) })
        case .shift: try item.set(tag, values([rows, columns]))
        case .columnRowPoints: try item.set(tag, values([columns, rows]))
        case .columnPoint: try item.set(tag, values([columns]))
        case .rowPoint: try item.set(tag, values([rows]))
        case .photographedArea: try set(tag, of: item, whole: values([columns, rows]))
        case .graphic(let units):
            guard item.string(units) ?? "PIXEL" == "PIXEL" else { return }
            try item.set(tag, values([columns, rows]))
        case .displayedCorner(isFirst: true):
            let scales = [columns, rows]
            try set(tag, of: item, whole: numbers.enumerated().map { ($1 - 1) * scales[$0 % 2] + 1 })
        case .displayedCorner(isFirst: false): try set(tag, of: item, whole: values([columns, rows]))
        default: break
        }
    }

    /// Where the centre of a pixel counted from one comes to lie.
    private func moved(_ position: Double, _ scale: Double) -> Double { (position - 0.5) * scale + 0.5 }

    private func set(_ tag: DICOMTag, of item: DICOMItem, whole numbers: [Double]) throws(DICOMFailure) {
        let range: ClosedRange<Double> =
            switch item.valueRepresentation(of: tag) {
            case "US": 0...Double(UInt16.max)
            case "SS": Double(Int16.min)...Double(Int16.max)
            case "UL": 0...Double(UInt32.max)
            default: Double(Int32.min)...Double(Int32.max)
            }
        let values = numbers.map { String(Int(min(max($0.rounded(), range.lowerBound), range.upperBound))) }
        try item.set(tag, values.joined(separator: "\\"))
    }

    /// Sizes are whole, so that the two axes may differ a little; the ratio stays in the least whole numbers.
    private func setAspectRatio(_ tag: DICOMTag, of item: DICOMItem, _ ratio: [Double]) throws(DICOMFailure) {
        let height = ratio[0] * covered.rows * (columns * covered.columns).rounded()
        let width = ratio[1] * covered.columns * (rows * covered.rows).rounded()
        var (divisor, rest) = (height, width)
        while rest != 0 { (divisor, rest) = (rest, divisor.truncatingRemainder(dividingBy: rest)) }
        // An integer string holds 32 bits; beyond them the ratio is as near as they allow.
        let shrink = max(divisor, max(height, width) / Double(Int32.max))
        try set(tag, of: item, whole: [height / shrink, width / shrink])
    }

    // MARK: Ultrasound

    /// Regions are rectangles of whole pixels counted from zero, their reference pixel a whole one counted from the
    /// region's corner: where the grid moves it between pixels, its physical value moves along.
    private func scaleUltrasoundRegion(_ region: DICOMItem) throws(DICOMFailure) {
        let axes = [
            (
                scale: columns, count: covered.columns, first: DICOMTag.regionLocationMinX0,
                last: DICOMTag.regionLocationMaxX1,
                reference: DICOMTag.referencePixelX0, value: DICOMTag.referencePixelPhysicalValueX,
                delta: DICOMTag.physicalDeltaX
            ),
            (
                scale: rows, count: covered.rows, first: DICOMTag.regionLocationMinY0,
                last: DICOMTag.regionLocationMaxY1,
                reference: DICOMTag.referencePixelY0, value: DICOMTag.referencePixelPhysicalValueY,
                delta: DICOMTag.physicalDeltaY
            ),
        ]
        for axis in axes {
            let end = axis.count.rounded(.up)
            if let first = region.number(axis.first) {
                try set(axis.first, of: region, whole: [min(first, end - 1) * axis.scale])
            }
            if let last = region.number(axis.last) {
                try set(axis.last, of: region, whole: [min(last + 1, end) * axis.scale - 1])
            }
            let delta = region.number(axis.delta)
            if let reference = region.number(axis.reference) {
                let exact = (reference + 0.5) * axis.scale - 0.5
                try set(axis.reference, of: region, whole: [exact])
                if let delta {
                    let value = region.number(axis.value) ?? 0
                    try region.set(axis.value, "\(value + (exact.rounded() - exact) * delta / axis.scale)")
                }
            }
            if let delta { try region.set(axis.delta, "\(delta / axis.scale)") }
        }
        // Doppler sample volume and TM line, each first as the standard had it once: x, then y, positions in the region.
        for (index, tag) in DICOMTag.ultrasoundPositions.enumerated() {
            guard let position = region.number(tag) else { continue }
            let scale = index / 2 % 2 == 0 ? columns : rows
            try set(tag, of: region, whole: [(position + 0.5) * scale - 0.5])
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
