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
            for tag in tags { rules[tag] = rule }
        }
        return rules
    }()

    private static let changed: [(Rule, [DICOMTag])] = [
        (
            .photographedArea,
            [
                .subjectArea,
                .subjectLocation,
            ]
        ),
        (
            .spacing,
            [
                .imagerPixelSpacing,
                .nominalScannedPixelSpacing,
                .reconstructionPixelSpacing,
                .objectPixelSpacingInCenterOfBeam,
                .pixelSpacing,
                .presentationPixelSpacing,
                .imagePlanePixelSpacing,
            ]
        ),
        (
            .removed,
            [
                .upperLowerPixelValues,
                .shutterOverlayGroup,
                .activeImageAreaOverlayGroup,
                .imagePosition,
                .twoDimensionalToThreeDimensionalMapSequence,
                .smallestImagePixelValue,
                .largestImagePixelValue,
                .smallestPixelValueInSeries,
                .largestPixelValueInSeries,
                .smallestImagePixelValueInPlane,
                .largestImagePixelValueInPlane,
                .largestMonochromePixelValue,
                .compoundGraphicSequence,
                .iconImageSequence,
            ]
        ),
        (
            .column,
            [
                .shutterLeftVerticalEdge,
                .shutterRightVerticalEdge,
                .collimatorLeftVerticalEdge,
                .collimatorRightVerticalEdge,
                .exposureControlSensingRegionLeftVerticalEdge,
                .exposureControlSensingRegionRightVerticalEdge,
            ]
        ),
        (
            .row,
            [
                .shutterUpperHorizontalEdge,
                .shutterLowerHorizontalEdge,
                .collimatorUpperHorizontalEdge,
                .collimatorLowerHorizontalEdge,
                .exposureControlSensingRegionUpperHorizontalEdge,
                .exposureControlSensingRegionLowerHorizontalEdge,
            ]
        ),
        (
            .rowColumnPairs,
            [
                .centerOfCircularShutter,
                .verticesOfThePolygonalShutter,
                .centerOfCircularCollimator,
                .verticesOfThePolygonalCollimator,
                .centerOfCircularExposureControlSensingRegion,
                .verticesOfThePolygonalExposureControlSensingRegion,
                .verticesOfTheRegion,
                .verticesOfTheOutlineOfPupil,
            ]
        ),
        (
            .radius,
            [
                .radiusOfCircularShutter,
                .radiusOfCircularCollimator,
                .radiusOfCircularExposureControlSensingRegion,
            ]
        ),
        (
            .columnRowPoints,
            [
                .localizingCursorPosition,
                .anatomicStructureReferencePoint,
                .cornealVertexLocation,
            ]
        ),
        (
            .ultrasound,
            [
                .regionLocationMinX0,
                .regionLocationMinY0,
                .regionLocationMaxX1,
                .regionLocationMaxY1,
                .referencePixelX0,
                .referencePixelY0,
                .referencePixelPhysicalValueX,
                .referencePixelPhysicalValueY,
                .physicalDeltaX,
                .physicalDeltaY,
            ] + DICOMTag.ultrasoundPositions
        ),
        (
            .position,
            [
                .imagePositionPatient,
                .imagePositionVolume,
                .rtImagePosition,
            ]
        ),
        (
            .columnPoint,
            [
                .ophthalmicAnatomicReferencePointXCoordinate
            ]
        ),
        (
            .rowPoint,
            [
                .ophthalmicAnatomicReferencePointYCoordinate
            ]
        ),
        (
            .size,
            [
                .rows,
                .columns,
            ]
        ),
        (
            .aspectRatio,
            [
                .pixelAspectRatio,
                .presentationPixelAspectRatio,
            ]
        ),
        (
            .shift,
            [
                .maskSubPixelShift
            ]
        ),
        (
            .refused,
            [
                .totalPixelMatrixColumns,
                .totalPixelMatrixRows,
                .columnPositionInTotalImagePixelMatrix,
                .rowPositionInTotalImagePixelMatrix,
            ]
        ),
        (
            .columnSpacing,
            [
                .aLinePixelSpacing
            ]
        ),
        (
            .columnOffset,
            [
                .octzOffsetCorrection
            ]
        ),
        (
            .graphic(units: .boundingBoxUnits),
            [
                .boundingBoxTopLeftHandCorner,
                .boundingBoxBottomRightHandCorner,
            ]
        ),
        (
            .graphic(units: .anchorPointUnits),
            [
                .anchorPoint
            ]
        ),
        (
            .graphic(units: .graphicUnits),
            [
                .graphicData
            ]
        ),
        (
            .displayedCorner(isFirst: true),
            [
                .displayedAreaTopLeftHandCornerTrial,
                .displayedAreaTopLeftHandCorner,
            ]
        ),
        (
            .displayedCorner(isFirst: false),
            [
                .displayedAreaBottomRightHandCornerTrial,
                .displayedAreaBottomRightHandCorner,
            ]
        ),
        (
            .magnification,
            [
                .presentationPixelMagnificationRatio
            ]
        ),
    ]

    private static let unchanged: [[DICOMTag]] = [
        // Of how the image was taken: detector elements, raw data, what can be resolved, the field of view, which stays.
        [
            .oecfRows,
            .oecfColumns,
            .spatialFrequencyResponseRows,
            .spatialFrequencyResponseColumns,
            .colorFilterArrayPatternRows,
            .colorFilterArrayPatternColumns,
            .shutterSpeedValue,
            .spacingBetweenSlices,
            .percentPhaseFieldOfView,
            .pixelBandwidth,
            .spatialResolution,
            .fieldOfViewDimensions,
            .acquisitionMatrix,
            .detectorActiveTime,
            .detectorElementPhysicalSize,
            .detectorElementSpacing,
            .detectorActiveDimensions,
            .detectorActiveOrigin,
            .fieldOfViewOrigin,
            .fieldOfViewRotation,
            .pixelDataAreaOriginRelativeToFOV,
            .pixelDataAreaRotationAngleRelativeToFOV,
            .gridAspectRatio,
            .tagSpacingFirstDimension,
            .spectroscopyAcquisitionPhaseRows,
            .spectroscopyAcquisitionDataColumns,
            .tagSpacingSecondDimension,
            .spectroscopyAcquisitionPhaseColumns,
            .reconstructionFieldOfView,
            .fieldOfViewDimensionsInFloat,
            .detectorActiveAreaTLHCPosition,
            .detectorActiveAreaOrientation,
            .temporalResolution,
            .horizontalFieldOfView,
            .depthSpatialResolution,
            .alongScanSpatialResolution,
            .acrossScanSpatialResolution,
            .xCoordinatesCenterPixelViewAngle,
            .yCoordinatesCenterPixelViewAngle,
            .dataPointRows,
            .dataPointColumns,
            .axialResolution,
            .detectorElementSize,
        ],
        // Of values, colours and counts, not of places.
        [
            .shutterPresentationValue,
            .shutterPresentationColorCIELabValue,
            .numberOfPolygonalVertices,
            .pixelComponentOrganization,
            .pixelComponentMask,
            .pixelComponentRangeStart,
            .pixelComponentRangeStop,
            .pixelComponentPhysicalUnits,
            .pixelComponentDataType,
            .tableOfPixelValues,
            .zeroVelocityPixelValue,
            .mappedPixelValue,
            .samplesPerPixel,
            .samplesPerPixelUsed,
            .predictorRows,
            .predictorColumns,
            .blockRows,
            .blockColumns,
            .pixelRepresentation,
            .smallestValidPixelValue,
            .largestValidPixelValue,
            .pixelPaddingValue,
            .pixelPaddingRangeLimit,
            .floatPadding,
            .doubleFloatPadding,
            .floatPaddingLimit,
            .doubleFloatPaddingLimit,
            .pixelIntensityRelationshipSign,
            .pixelShiftFrameRange,
            .numberOfTableRows,
            .numberOfTableColumns,
            .recommendedAbsentPixelCIELabValue,
            .totalPixelMatrixFocalPlanes,
        ],
        // In millimetres from a point that the grid does not move: the isocentre, the vertex of the cornea, the image's centre.
        [
            .outlineLeftVerticalEdge,
            .outlineRightVerticalEdge,
            .outlineUpperHorizontalEdge,
            .outlineLowerHorizontalEdge,
            .verticesOfThePolygonalOutline,
            .imageTransformationMatrix,
            .volumeToTransducerMappingMatrix,
            .volumeToTableMappingMatrix,
            .imageToEquipmentMappingMatrix,
            .xOffsetInSlideCoordinateSystem,
            .yOffsetInSlideCoordinateSystem,
            .zOffsetInSlideCoordinateSystem,
            .radiusOfCurvature,
            .pupilCentroidXCoordinate,
            .pupilCentroidYCoordinate,
            .equivalentPupilRadius,
            .commonZCoordinateValue,
            .frameOfReferenceToDisplayedCoordinateSystemTransformationMatrix,
            .contourUncertaintyRadius,
            .mprTopLeftHandCorner,
            .renderFieldOfView,
            .devicePositionToEquipmentMappingMatrix,
            .frameOfReferenceTransformationMatrix,
        ],
        // In pixels of another image, to which this one refers.
        [
            .stereoHorizontalPixelOffset,
            .stereoVerticalPixelOffset,
            .referenceCoordinates,
            .registeredLocalizerTopLeftHandCorner,
            .registeredLocalizerBottomRightHandCorner,
            .surfaceMeshZPixelOffset,
            .pixelCoordinatesSetTrial,
            .topLeftHandCornerOfLocalizerArea,
            .bottomRightHandCornerOfLocalizerArea,
        ],
    ]

    /// Sequences of what other images or the source of this one are like.
    static let ofOtherImages: Set<DICOMTag> = [
        .referencedStudySequence,
        .referencedPerformedProcedureStepSequence,
        .referencedSeriesSequence,
        .referencedImageSequence,
        .referencedInstanceSequence,
        .referencedSOPSequence,
        .sourceImageSequence,
        .referencedImageEvidenceSequence,
        .referencedRawDataSequence,
        .derivationImageSequence,
        .sourceImageEvidenceSequence,
        .referencedPresentationStateSequence,
        .contributingEquipmentSequence,
        .ophthalmicFrameLocationSequence,
        .registrationToLocalizerSequence,
        .contentSequence,
        .modifiedAttributesSequence,
        .originalAttributesSequence,
    ]

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
        .upperLowerPixelValues: "Upper Lower Pixel Values",
        .shutterOverlayGroup: "Shutter Overlay Group",
        .activeImageAreaOverlayGroup: "Active Image Area Overlay Group",
        .imagePosition: "Image Position",
        .twoDimensionalToThreeDimensionalMapSequence: "Two Dimensional to Three Dimensional Map Sequence",
        .smallestImagePixelValue: "Smallest Image Pixel Value",
        .largestImagePixelValue: "Largest Image Pixel Value",
        .smallestPixelValueInSeries: "Smallest Pixel Value In Series",
        .largestPixelValueInSeries: "Largest Pixel Value In Series",
        .smallestImagePixelValueInPlane: "Smallest Image Pixel Value In Plane",
        .largestImagePixelValueInPlane: "Largest Image Pixel Value In Plane",
        .largestMonochromePixelValue: "Largest Monochrome Pixel Value",
        .compoundGraphicSequence: "Compound Graphic Sequence",
        .iconImageSequence: "Icon Image Sequence",
    ]
}
