/// What becomes of the attributes that speak of pixels, or of millimetres a pixel, when an image is carried over to a finer
/// or coarser grid over the same field of view. They are the same at the top level and inside functional groups.
package enum DICOMGrid {
    package enum Rule: Hashable, Sendable {
        /// Distance of rows, distance of columns.
        case spacing
        /// Distance of columns alone.
        case columnSpacing
        /// A number of columns.
        case columnOffset
        /// Height to width of a pixel, in whole numbers.
        case aspectRatio
        /// Shown pixels for one of the image.
        case magnification
        /// A whole pixel counted from one.
        case column, row
        /// Whole pixels counted from one, row before column.
        case rowColumnPairs
        /// Pixels along a row.
        case radius
        /// A distance in pixels, down and then right.
        case shift
        /// Places counted from the corner of the first pixel, column before row (PS3.3 figure C.10.5-1).
        case columnRowPoints
        case columnPoint, rowPoint
        /// As `columnRowPoints`, then a diameter, or width and height, all in whole pixels.
        case photographedArea
        /// As `columnRowPoints`, where the attribute that says so says PIXEL.
        case graphic(units: DICOMTag)
        /// Column and row, counted from one, of the first or last pixel shown.
        case displayedCorner(isFirst: Bool)
        /// Where the first pixel lies: moves with its centre.
        case position
        /// Of a calibrated region, all together.
        case ultrasound
        /// Written anew with the pixels.
        case size
        /// Holds of the source's pixels alone.
        case removed
        /// Of a slide, which changes size only with all its tiles.
        case refused
        case unchanged
    }

    /// Each attribute of PS3.6 whose name speaks of pixels, rows, columns, edges, spacing, coordinates or the like; a test
    /// walks the dictionary and fails for one that is not here.
    package static let rules: [DICOMTag: Rule] = {
        var rules: [DICOMTag: Rule] = [:]
        for (rule, tags) in changed + unchanged.map({ (.unchanged, $0) }) {
            for tag in tags { rules[DICOMTag(tag)] = rule }
        }
        return rules
    }()

    private static let changed: [(Rule, [UInt32])] = [
        (
            .photographedArea,
            [
                0x0016_002A,  // Subject Area
                0x0016_0037,  // Subject Location
            ]
        ),
        (
            .spacing,
            [
                0x0018_1164,  // Imager Pixel Spacing
                0x0018_2010,  // Nominal Scanned Pixel Spacing
                0x0018_9322,  // Reconstruction Pixel Spacing
                0x0018_9404,  // Object Pixel Spacing In Center Of Beam
                0x0028_0030,  // Pixel Spacing
                0x0070_0101,  // Presentation Pixel Spacing
                0x3002_0011,  // Image Plane Pixel Spacing
            ]
        ),
        (
            .removed,
            [
                0x0018_1240,  // Upper Lower Pixel Values
                0x0018_1623,  // Shutter Overlay Group
                0x0018_6070,  // Active Image Area Overlay Group
                0x0020_0030,  // Image Position
                0x0022_1518,  // Two Dimensional To Three Dimensional Map Sequence
                0x0028_0106,  // Smallest Image Pixel Value
                0x0028_0107,  // Largest Image Pixel Value
                0x0028_0108,  // Smallest Pixel Value In Series
                0x0028_0109,  // Largest Pixel Value In Series
                0x0028_0110,  // Smallest Image Pixel Value In Plane
                0x0028_0111,  // Largest Image Pixel Value In Plane
                0x0028_9099,  // Largest Monochrome Pixel Value
                0x0070_0209,  // Compound Graphic Sequence
                0x0088_0200,  // Icon Image Sequence
            ]
        ),
        (
            .column,
            [
                0x0018_1602,  // Shutter Left Vertical Edge
                0x0018_1604,  // Shutter Right Vertical Edge
                0x0018_1702,  // Collimator Left Vertical Edge
                0x0018_1704,  // Collimator Right Vertical Edge
                0x0018_9436,  // Exposure Control Sensing Region Left Vertical Edge
                0x0018_9437,  // Exposure Control Sensing Region Right Vertical Edge
            ]
        ),
        (
            .row,
            [
                0x0018_1606,  // Shutter Upper Horizontal Edge
                0x0018_1608,  // Shutter Lower Horizontal Edge
                0x0018_1706,  // Collimator Upper Horizontal Edge
                0x0018_1708,  // Collimator Lower Horizontal Edge
                0x0018_9438,  // Exposure Control Sensing Region Upper Horizontal Edge
                0x0018_9439,  // Exposure Control Sensing Region Lower Horizontal Edge
            ]
        ),
        (
            .rowColumnPairs,
            [
                0x0018_1610,  // Center Of Circular Shutter
                0x0018_1620,  // Vertices Of The Polygonal Shutter
                0x0018_1710,  // Center Of Circular Collimator
                0x0018_1720,  // Vertices Of The Polygonal Collimator
                0x0018_9440,  // Center Of Circular Exposure Control Sensing Region
                0x0018_9442,  // Vertices Of The Polygonal Exposure Control Sensing Region
                0x0028_9503,  // Vertices Of The Region
                0x0046_0208,  // Vertices Of The Outline Of Pupil
            ]
        ),
        (
            .radius,
            [
                0x0018_1612,  // Radius Of Circular Shutter
                0x0018_1712,  // Radius Of Circular Collimator
                0x0018_9441,  // Radius Of Circular Exposure Control Sensing Region
            ]
        ),
        (
            .columnRowPoints,
            [
                0x0018_2043,  // Localizing Cursor Position
                0x0022_1463,  // Anatomic Structure Reference Point
                0x0046_0202,  // Corneal Vertex Location
            ]
        ),
        (
            .ultrasound,
            [
                0x0018_6018,  // Region Location Min X0
                0x0018_601A,  // Region Location Min Y0
                0x0018_601C,  // Region Location Max X1
                0x0018_601E,  // Region Location Max Y1
                0x0018_6020,  // Reference Pixel X0
                0x0018_6022,  // Reference Pixel Y0
                0x0018_6028,  // Reference Pixel Physical Value X
                0x0018_602A,  // Reference Pixel Physical Value Y
                0x0018_602C,  // Physical Delta X
                0x0018_602E,  // Physical Delta Y
                0x0018_6038,  // Doppler Sample Volume X Position Retired
                0x0018_6039,  // Doppler Sample Volume X Position
                0x0018_603A,  // Doppler Sample Volume Y Position Retired
                0x0018_603B,  // Doppler Sample Volume Y Position
                0x0018_603C,  // TM Line Position X0 Retired
                0x0018_603D,  // TM Line Position X0
                0x0018_603E,  // TM Line Position Y0 Retired
                0x0018_603F,  // TM Line Position Y0
                0x0018_6040,  // TM Line Position X1 Retired
                0x0018_6041,  // TM Line Position X1
                0x0018_6042,  // TM Line Position Y1 Retired
                0x0018_6043,  // TM Line Position Y1
            ]
        ),
        (
            .position,
            [
                0x0020_0032,  // Image Position Patient
                0x0020_9301,  // Image Position Volume
                0x3002_0012,  // RT Image Position
            ]
        ),
        (
            .columnPoint,
            [
                0x0022_1624  // Ophthalmic Anatomic Reference Point X Coordinate
            ]
        ),
        (
            .rowPoint,
            [
                0x0022_1626  // Ophthalmic Anatomic Reference Point Y Coordinate
            ]
        ),
        (
            .size,
            [
                0x0028_0010,  // Rows
                0x0028_0011,  // Columns
            ]
        ),
        (
            .aspectRatio,
            [
                0x0028_0034,  // Pixel Aspect Ratio
                0x0070_0102,  // Presentation Pixel Aspect Ratio
            ]
        ),
        (
            .shift,
            [
                0x0028_6114  // Mask Sub Pixel Shift
            ]
        ),
        (
            .refused,
            [
                0x0048_0006,  // Total Pixel Matrix Columns
                0x0048_0007,  // Total Pixel Matrix Rows
                0x0048_021E,  // Column Position In Total Image Pixel Matrix
                0x0048_021F,  // Row Position In Total Image Pixel Matrix
            ]
        ),
        (
            .columnSpacing,
            [
                0x0052_0014  // A Line Pixel Spacing
            ]
        ),
        (
            .columnOffset,
            [
                0x0052_0030  // OCTZ Offset Correction
            ]
        ),
        (
            .graphic(units: .boundingBoxUnits),
            [
                0x0070_0010,  // Bounding Box Top Left Hand Corner
                0x0070_0011,  // Bounding Box Bottom Right Hand Corner
            ]
        ),
        (
            .graphic(units: .anchorPointUnits),
            [
                0x0070_0014  // Anchor Point
            ]
        ),
        (
            .graphic(units: .graphicUnits),
            [
                0x0070_0022  // Graphic Data
            ]
        ),
        (
            .displayedCorner(isFirst: true),
            [
                0x0070_0050,  // Displayed Area Top Left Hand Corner Trial
                0x0070_0052,  // Displayed Area Top Left Hand Corner
            ]
        ),
        (
            .displayedCorner(isFirst: false),
            [
                0x0070_0051,  // Displayed Area Bottom Right Hand Corner Trial
                0x0070_0053,  // Displayed Area Bottom Right Hand Corner
            ]
        ),
        (
            .magnification,
            [
                0x0070_0103  // Presentation Pixel Magnification Ratio
            ]
        ),
    ]

    private static let unchanged: [[UInt32]] = [
        // Of how the image was taken: detector elements, raw data, what can be resolved, the field of view, which stays.
        [
            0x0016_0006,  // OECF Rows
            0x0016_0007,  // OECF Columns
            0x0016_000A,  // Spatial Frequency Response Rows
            0x0016_000B,  // Spatial Frequency Response Columns
            0x0016_000E,  // Color Filter Array Pattern Rows
            0x0016_000F,  // Color Filter Array Pattern Columns
            0x0016_0021,  // Shutter Speed Value
            0x0018_0088,  // Spacing Between Slices
            0x0018_0094,  // Percent Phase Field Of View
            0x0018_0095,  // Pixel Bandwidth
            0x0018_1050,  // Spatial Resolution
            0x0018_1149,  // Field Of View Dimensions
            0x0018_1310,  // Acquisition Matrix
            0x0018_7014,  // Detector Active Time
            0x0018_7020,  // Detector Element Physical Size
            0x0018_7022,  // Detector Element Spacing
            0x0018_7026,  // Detector Active Dimensions
            0x0018_7028,  // Detector Active Origin
            0x0018_7030,  // Field Of View Origin
            0x0018_7032,  // Field Of View Rotation
            0x0018_7036,  // Pixel Data Area Origin Relative To FOV
            0x0018_7038,  // Pixel Data Area Rotation Angle Relative To FOV
            0x0018_7046,  // Grid Aspect Ratio
            0x0018_9030,  // Tag Spacing First Dimension
            0x0018_9095,  // Spectroscopy Acquisition Phase Rows
            0x0018_9127,  // Spectroscopy Acquisition Data Columns
            0x0018_9218,  // Tag Spacing Second Dimension
            0x0018_9234,  // Spectroscopy Acquisition Phase Columns
            0x0018_9317,  // Reconstruction Field Of View
            0x0018_9461,  // Field Of View Dimensions In Float
            0x0018_9557,  // Detector Active Area TLHC Position
            0x0018_9558,  // Detector Active Area Orientation
            0x0020_0110,  // Temporal Resolution
            0x0022_000C,  // Horizontal Field Of View
            0x0022_0035,  // Depth Spatial Resolution
            0x0022_0037,  // Along Scan Spatial Resolution
            0x0022_0048,  // Across Scan Spatial Resolution
            0x0022_1528,  // X Coordinates Center Pixel View Angle
            0x0022_1529,  // Y Coordinates Center Pixel View Angle
            0x0028_9001,  // Data Point Rows
            0x0028_9002,  // Data Point Columns
            0x0052_0008,  // Axial Resolution
            0x0054_1203,  // Detector Element Size
        ],
        // Of values, colours and counts, not of places.
        [
            0x0018_1622,  // Shutter Presentation Value
            0x0018_1624,  // Shutter Presentation Color CIE Lab Value
            0x0018_1637,  // Number Of Polygonal Vertices
            0x0018_6044,  // Pixel Component Organization
            0x0018_6046,  // Pixel Component Mask
            0x0018_6048,  // Pixel Component Range Start
            0x0018_604A,  // Pixel Component Range Stop
            0x0018_604C,  // Pixel Component Physical Units
            0x0018_604E,  // Pixel Component Data Type
            0x0018_6058,  // Table Of Pixel Values
            0x0018_9810,  // Zero Velocity Pixel Value
            0x0022_1452,  // Mapped Pixel Value
            0x0028_0002,  // Samples Per Pixel
            0x0028_0003,  // Samples Per Pixel Used
            0x0028_0080,  // Predictor Rows
            0x0028_0081,  // Predictor Columns
            0x0028_0091,  // Block Rows
            0x0028_0092,  // Block Columns
            0x0028_0103,  // Pixel Representation
            0x0028_0104,  // Smallest Valid Pixel Value
            0x0028_0105,  // Largest Valid Pixel Value
            0x0028_0120,  // Pixel Padding Value
            0x0028_0121,  // Pixel Padding Range Limit
            0x0028_0122,  // Float Pixel Padding Value
            0x0028_0123,  // Double Float Pixel Padding Value
            0x0028_0124,  // Float Pixel Padding Range Limit
            0x0028_0125,  // Double Float Pixel Padding Range Limit
            0x0028_1041,  // Pixel Intensity Relationship Sign
            0x0028_9506,  // Pixel Shift Frame Range
            0x0040_A802,  // Number Of Table Rows
            0x0040_A803,  // Number Of Table Columns
            0x0048_0015,  // Recommended Absent Pixel CIE Lab Value
            0x0048_0303,  // Total Pixel Matrix Focal Planes
        ],
        // In millimetres from a point that the grid does not move: the isocentre, the vertex of the cornea, the image's centre.
        [
            0x0018_1631,  // Outline Left Vertical Edge
            0x0018_1632,  // Outline Right Vertical Edge
            0x0018_1633,  // Outline Upper Horizontal Edge
            0x0018_1634,  // Outline Lower Horizontal Edge
            0x0018_1638,  // Vertices Of The Polygonal Outline
            0x0018_5210,  // Image Transformation Matrix
            0x0020_9309,  // Volume To Transducer Mapping Matrix
            0x0020_930A,  // Volume To Table Mapping Matrix
            0x0028_9520,  // Image To Equipment Mapping Matrix
            0x0040_072A,  // X Offset In Slide Coordinate System
            0x0040_073A,  // Y Offset In Slide Coordinate System
            0x0040_074A,  // Z Offset In Slide Coordinate System
            0x0046_0075,  // Radius Of Curvature
            0x0046_0203,  // Pupil Centroid X Coordinate
            0x0046_0204,  // Pupil Centroid Y Coordinate
            0x0046_0205,  // Equivalent Pupil Radius
            0x006A_0010,  // Common Z Coordinate Value
            0x0070_030B,  // Frame Of Reference To Displayed Coordinate System Transformation Matrix
            0x0070_0312,  // Contour Uncertainty Radius
            0x0070_1505,  // MPR Top Left Hand Corner
            0x0070_1606,  // Render Field Of View
            0x3002_010F,  // Device Position To Equipment Mapping Matrix
            0x3006_00C6,  // Frame Of Reference Transformation Matrix
        ],
        // In pixels of another image, to which this one refers.
        [
            0x0022_0012,  // Stereo Horizontal Pixel Offset
            0x0022_0013,  // Stereo Vertical Pixel Offset
            0x0022_0032,  // Reference Coordinates
            0x0022_1467,  // Registered Localizer Top Left Hand Corner
            0x0022_1468,  // Registered Localizer Bottom Right Hand Corner
            0x0022_1658,  // Surface Mesh Z Pixel Offset
            0x0040_A29A,  // Pixel Coordinates Set Trial
            0x0048_0201,  // Top Left Hand Corner Of Localizer Area
            0x0048_0202,  // Bottom Right Hand Corner Of Localizer Area
        ],
    ]

    /// Sequences of what other images or the source of this one are like.
    static let ofOtherImages: Set<DICOMTag> = Set(
        [
            0x0008_1110, 0x0008_1111, 0x0008_1115, 0x0008_1140, 0x0008_114A, 0x0008_1199, 0x0008_2112, 0x0008_9092,
            0x0008_9121, 0x0008_9124, 0x0008_9154, 0x0008_9237, 0x0018_A001, 0x0022_0031, 0x0022_1465, 0x0040_A730,
            0x0400_0550, 0x0400_0561,
        ].map { DICOMTag($0) })

    /// Repeating groups drawn on the source's grid.
    static func isOverlayOrCurve(_ tag: DICOMTag) -> Bool {
        (0x6000...0x60FF).contains(tag.group) || (0x5000...0x50FF).contains(tag.group)
    }

    /// What an object derived from this one cannot keep, each by its name, once.
    static func losses(of item: DICOMItem) -> [String] {
        var names: [String] = []
        visit(item) { item, tag in
            let name =
                if isOverlayOrCurve(tag) { tag.group < 0x6000 ? "curves" : "overlays" } else {
                    rules[tag] == .removed ? removedNames[tag] : nil
                }
            if let name, !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Takes out what holds of the source's pixels alone.
    static func removeLosses(from item: DICOMItem) throws(DICOMFailure) {
        var isShutterDrawn = false
        for tag in item.tags {
            if rules[tag] == .removed || isOverlayOrCurve(tag) {
                item.remove(tag)
                isShutterDrawn = isShutterDrawn || tag == .shutterOverlayGroup
            } else if leadsIntoImage(tag) {
                for nested in item.items(tag) { try removeLosses(from: nested) }
            }
        }
        guard isShutterDrawn else { return }
        let shapes = item.strings(.shutterShape).filter { $0 != "BITMAP" }
        if shapes.isEmpty {
            item.remove(.shutterShape)
        } else {
            try item.set(.shutterShape, shapes.joined(separator: "\\"))
        }
    }

    /// Every element that may speak of this image's grid, with the item it is in.
    private static func visit(_ item: DICOMItem, _ body: (DICOMItem, DICOMTag) -> Void) {
        for tag in item.tags {
            body(item, tag)
            if rules[tag] == nil, leadsIntoImage(tag) {
                for nested in item.items(tag) { visit(nested, body) }
            }
        }
    }

    /// Whether items of this sequence are about the image itself; what private ones mean is unknown.
    static func leadsIntoImage(_ tag: DICOMTag) -> Bool { tag.group % 2 == 0 && !ofOtherImages.contains(tag) }

    private static let removedNames: [DICOMTag: String] = [
        DICOMTag(0x0018_1240): "Upper Lower Pixel Values",
        DICOMTag(0x0018_1623): "Shutter Overlay Group",
        DICOMTag(0x0018_6070): "Active Image Area Overlay Group",
        DICOMTag(0x0020_0030): "Image Position",
        DICOMTag(0x0022_1518): "Two Dimensional to Three Dimensional Map Sequence",
        DICOMTag(0x0028_0106): "Smallest Image Pixel Value",
        DICOMTag(0x0028_0107): "Largest Image Pixel Value",
        DICOMTag(0x0028_0108): "Smallest Pixel Value In Series",
        DICOMTag(0x0028_0109): "Largest Pixel Value In Series",
        DICOMTag(0x0028_0110): "Smallest Image Pixel Value In Plane",
        DICOMTag(0x0028_0111): "Largest Image Pixel Value In Plane",
        DICOMTag(0x0028_9099): "Largest Monochrome Pixel Value",
        DICOMTag(0x0070_0209): "Compound Graphic Sequence",
        DICOMTag(0x0088_0200): "Icon Image Sequence",
    ]
}

extension DICOMTag {
    static let totalPixelMatrixColumns = DICOMTag(0x0048_0006)
    static let shutterShape = DICOMTag(0x0018_1600)
    static let shutterOverlayGroup = DICOMTag(0x0018_1623)
    static let boundingBoxUnits = DICOMTag(0x0070_0003)
    static let anchorPointUnits = DICOMTag(0x0070_0004)
    static let graphicUnits = DICOMTag(0x0070_0005)
}
