/// The attributes that readers and writers of DICOM speak of beside those in `DICOMTag.swift`, each written once: keywords as
/// in PS3.6, first letter lower-case, in the order of their tags.
extension DICOMTag {
    // Group 0004
    static let directoryRecordSequence = DICOMTag(0x0004_1220)

    // Group 0008
    static let instanceCreatorUID = DICOMTag(0x0008_0014)
    static let studyTime = DICOMTag(0x0008_0030)
    static let accessionNumber = DICOMTag(0x0008_0050)
    static let issuerOfAccessionNumberSequence = DICOMTag(0x0008_0051)
    static let referringPhysicianName = DICOMTag(0x0008_0090)
    static let referringPhysicianIdentificationSequence = DICOMTag(0x0008_0096)
    static let consultingPhysicianName = DICOMTag(0x0008_009C)
    static let codeValue = DICOMTag(0x0008_0100)
    static let codingSchemeDesignator = DICOMTag(0x0008_0102)
    static let codeMeaning = DICOMTag(0x0008_0104)
    static let timezoneOffsetFromUTC = DICOMTag(0x0008_0201)
    static let procedureCodeSequence = DICOMTag(0x0008_1032)
    static let physiciansOfRecord = DICOMTag(0x0008_1048)
    static let physiciansOfRecordIdentificationSequence = DICOMTag(0x0008_1049)
    static let nameOfPhysiciansReadingStudy = DICOMTag(0x0008_1060)
    static let referencedStudySequence = DICOMTag(0x0008_1110)
    static let referencedPerformedProcedureStepSequence = DICOMTag(0x0008_1111)
    static let referencedSeriesSequence = DICOMTag(0x0008_1115)
    static let referencedImageSequence = DICOMTag(0x0008_1140)
    static let referencedInstanceSequence = DICOMTag(0x0008_114A)
    static let referencedSOPClassUID = DICOMTag(0x0008_1150)
    static let referencedSOPInstanceUID = DICOMTag(0x0008_1155)
    static let referencedSOPSequence = DICOMTag(0x0008_1199)
    static let sourceImageSequence = DICOMTag(0x0008_2112)
    static let alternateRepresentationSequence = DICOMTag(0x0008_3001)
    static let frameType = DICOMTag(0x0008_9007)
    static let referencedImageEvidenceSequence = DICOMTag(0x0008_9092)
    static let referencedRawDataSequence = DICOMTag(0x0008_9121)
    static let derivationImageSequence = DICOMTag(0x0008_9124)
    static let sourceImageEvidenceSequence = DICOMTag(0x0008_9154)
    static let pixelPresentation = DICOMTag(0x0008_9205)
    static let complexImageComponent = DICOMTag(0x0008_9208)
    static let derivationCodeSequence = DICOMTag(0x0008_9215)
    static let referencedPresentationStateSequence = DICOMTag(0x0008_9237)

    // Group 0016
    static let oecfRows = DICOMTag(0x0016_0006)
    static let oecfColumns = DICOMTag(0x0016_0007)
    static let spatialFrequencyResponseRows = DICOMTag(0x0016_000A)
    static let spatialFrequencyResponseColumns = DICOMTag(0x0016_000B)
    static let colorFilterArrayPatternRows = DICOMTag(0x0016_000E)
    static let colorFilterArrayPatternColumns = DICOMTag(0x0016_000F)
    static let shutterSpeedValue = DICOMTag(0x0016_0021)
    static let subjectArea = DICOMTag(0x0016_002A)
    static let subjectLocation = DICOMTag(0x0016_0037)

    // Group 0018
    static let kvp = DICOMTag(0x0018_0060)
    static let percentSampling = DICOMTag(0x0018_0093)
    static let percentPhaseFieldOfView = DICOMTag(0x0018_0094)
    static let pixelBandwidth = DICOMTag(0x0018_0095)
    static let deviceSerialNumber = DICOMTag(0x0018_1000)
    static let spatialResolution = DICOMTag(0x0018_1050)
    static let frameTime = DICOMTag(0x0018_1063)
    static let fieldOfViewDimensions = DICOMTag(0x0018_1149)
    static let imagerPixelSpacing = DICOMTag(0x0018_1164)
    static let convolutionKernel = DICOMTag(0x0018_1210)
    static let upperLowerPixelValues = DICOMTag(0x0018_1240)
    static let acquisitionMatrix = DICOMTag(0x0018_1310)
    static let inPlanePhaseEncodingDirection = DICOMTag(0x0018_1312)
    static let shutterShape = DICOMTag(0x0018_1600)
    static let shutterLeftVerticalEdge = DICOMTag(0x0018_1602)
    static let shutterRightVerticalEdge = DICOMTag(0x0018_1604)
    static let shutterUpperHorizontalEdge = DICOMTag(0x0018_1606)
    static let shutterLowerHorizontalEdge = DICOMTag(0x0018_1608)
    static let centerOfCircularShutter = DICOMTag(0x0018_1610)
    static let radiusOfCircularShutter = DICOMTag(0x0018_1612)
    static let verticesOfThePolygonalShutter = DICOMTag(0x0018_1620)
    static let shutterPresentationValue = DICOMTag(0x0018_1622)
    static let shutterOverlayGroup = DICOMTag(0x0018_1623)
    static let shutterPresentationColorCIELabValue = DICOMTag(0x0018_1624)
    static let outlineLeftVerticalEdge = DICOMTag(0x0018_1631)
    static let outlineRightVerticalEdge = DICOMTag(0x0018_1632)
    static let outlineUpperHorizontalEdge = DICOMTag(0x0018_1633)
    static let outlineLowerHorizontalEdge = DICOMTag(0x0018_1634)
    static let numberOfPolygonalVertices = DICOMTag(0x0018_1637)
    static let verticesOfThePolygonalOutline = DICOMTag(0x0018_1638)
    static let collimatorLeftVerticalEdge = DICOMTag(0x0018_1702)
    static let collimatorRightVerticalEdge = DICOMTag(0x0018_1704)
    static let collimatorUpperHorizontalEdge = DICOMTag(0x0018_1706)
    static let collimatorLowerHorizontalEdge = DICOMTag(0x0018_1708)
    static let centerOfCircularCollimator = DICOMTag(0x0018_1710)
    static let radiusOfCircularCollimator = DICOMTag(0x0018_1712)
    static let verticesOfThePolygonalCollimator = DICOMTag(0x0018_1720)
    static let nominalScannedPixelSpacing = DICOMTag(0x0018_2010)
    static let localizingCursorPosition = DICOMTag(0x0018_2043)
    static let imageTransformationMatrix = DICOMTag(0x0018_5210)
    static let sequenceOfUltrasoundRegions = DICOMTag(0x0018_6011)
    static let regionLocationMinX0 = DICOMTag(0x0018_6018)
    static let regionLocationMinY0 = DICOMTag(0x0018_601A)
    static let regionLocationMaxX1 = DICOMTag(0x0018_601C)
    static let regionLocationMaxY1 = DICOMTag(0x0018_601E)
    static let referencePixelX0 = DICOMTag(0x0018_6020)
    static let referencePixelY0 = DICOMTag(0x0018_6022)
    static let physicalUnitsXDirection = DICOMTag(0x0018_6024)
    static let physicalUnitsYDirection = DICOMTag(0x0018_6026)
    static let referencePixelPhysicalValueX = DICOMTag(0x0018_6028)
    static let referencePixelPhysicalValueY = DICOMTag(0x0018_602A)
    static let physicalDeltaX = DICOMTag(0x0018_602C)
    static let physicalDeltaY = DICOMTag(0x0018_602E)
    static let dopplerSampleVolumeXPositionRetired = DICOMTag(0x0018_6038)
    static let dopplerSampleVolumeXPosition = DICOMTag(0x0018_6039)
    static let dopplerSampleVolumeYPositionRetired = DICOMTag(0x0018_603A)
    static let dopplerSampleVolumeYPosition = DICOMTag(0x0018_603B)
    static let tmLinePositionX0Retired = DICOMTag(0x0018_603C)
    static let tmLinePositionX0 = DICOMTag(0x0018_603D)
    static let tmLinePositionY0Retired = DICOMTag(0x0018_603E)
    static let tmLinePositionY0 = DICOMTag(0x0018_603F)
    static let tmLinePositionX1Retired = DICOMTag(0x0018_6040)
    static let tmLinePositionX1 = DICOMTag(0x0018_6041)
    static let tmLinePositionY1Retired = DICOMTag(0x0018_6042)
    static let tmLinePositionY1 = DICOMTag(0x0018_6043)
    static let pixelComponentOrganization = DICOMTag(0x0018_6044)
    static let pixelComponentMask = DICOMTag(0x0018_6046)
    static let pixelComponentRangeStart = DICOMTag(0x0018_6048)
    static let pixelComponentRangeStop = DICOMTag(0x0018_604A)
    static let pixelComponentPhysicalUnits = DICOMTag(0x0018_604C)
    static let pixelComponentDataType = DICOMTag(0x0018_604E)
    static let tableOfPixelValues = DICOMTag(0x0018_6058)
    static let activeImageAreaOverlayGroup = DICOMTag(0x0018_6070)
    static let detectorActiveTime = DICOMTag(0x0018_7014)
    static let detectorElementPhysicalSize = DICOMTag(0x0018_7020)
    static let detectorElementSpacing = DICOMTag(0x0018_7022)
    static let detectorActiveDimensions = DICOMTag(0x0018_7026)
    static let detectorActiveOrigin = DICOMTag(0x0018_7028)
    static let fieldOfViewOrigin = DICOMTag(0x0018_7030)
    static let fieldOfViewRotation = DICOMTag(0x0018_7032)
    static let pixelDataAreaOriginRelativeToFOV = DICOMTag(0x0018_7036)
    static let pixelDataAreaRotationAngleRelativeToFOV = DICOMTag(0x0018_7038)
    static let gridAspectRatio = DICOMTag(0x0018_7046)
    static let contentQualification = DICOMTag(0x0018_9004)
    static let tagSpacingFirstDimension = DICOMTag(0x0018_9030)
    static let diffusionGradientDirectionSequence = DICOMTag(0x0018_9076)
    static let inversionTimes = DICOMTag(0x0018_9079)
    static let effectiveEchoTime = DICOMTag(0x0018_9082)
    static let diffusionBValue = DICOMTag(0x0018_9087)
    static let diffusionGradientOrientation = DICOMTag(0x0018_9089)
    static let spectroscopyAcquisitionPhaseRows = DICOMTag(0x0018_9095)
    static let mrEchoSequence = DICOMTag(0x0018_9114)
    static let mrModifierSequence = DICOMTag(0x0018_9115)
    static let mrDiffusionSequence = DICOMTag(0x0018_9117)
    static let cardiacSynchronizationSequence = DICOMTag(0x0018_9118)
    static let spectroscopyAcquisitionDataColumns = DICOMTag(0x0018_9127)
    static let tagSpacingSecondDimension = DICOMTag(0x0018_9218)
    static let mrImageFrameTypeSequence = DICOMTag(0x0018_9226)
    static let spectroscopyAcquisitionPhaseColumns = DICOMTag(0x0018_9234)
    static let ctReconstructionSequence = DICOMTag(0x0018_9314)
    static let reconstructionFieldOfView = DICOMTag(0x0018_9317)
    static let reconstructionPixelSpacing = DICOMTag(0x0018_9322)
    static let ctXRayDetailsSequence = DICOMTag(0x0018_9325)
    static let ctImageFrameTypeSequence = DICOMTag(0x0018_9329)
    static let objectPixelSpacingInCenterOfBeam = DICOMTag(0x0018_9404)
    static let exposureControlSensingRegionLeftVerticalEdge = DICOMTag(0x0018_9436)
    static let exposureControlSensingRegionRightVerticalEdge = DICOMTag(0x0018_9437)
    static let exposureControlSensingRegionUpperHorizontalEdge = DICOMTag(0x0018_9438)
    static let exposureControlSensingRegionLowerHorizontalEdge = DICOMTag(0x0018_9439)
    static let centerOfCircularExposureControlSensingRegion = DICOMTag(0x0018_9440)
    static let radiusOfCircularExposureControlSensingRegion = DICOMTag(0x0018_9441)
    static let verticesOfThePolygonalExposureControlSensingRegion = DICOMTag(0x0018_9442)
    static let fieldOfViewDimensionsInFloat = DICOMTag(0x0018_9461)
    static let detectorActiveAreaTLHCPosition = DICOMTag(0x0018_9557)
    static let detectorActiveAreaOrientation = DICOMTag(0x0018_9558)
    static let petFrameTypeSequence = DICOMTag(0x0018_9751)
    static let zeroVelocityPixelValue = DICOMTag(0x0018_9810)
    static let contributingEquipmentSequence = DICOMTag(0x0018_A001)
    static let contributionDateTime = DICOMTag(0x0018_A002)
    static let contributionDescription = DICOMTag(0x0018_A003)

    // Group 0019
    static let siemensMRHeaderCreator = DICOMTag(0x0019_0010)
    static let siemensNumberOfImagesInMosaic = DICOMTag(0x0019_100A)

    // Group 0020
    static let studyID = DICOMTag(0x0020_0010)
    static let imagePosition = DICOMTag(0x0020_0030)
    static let temporalResolution = DICOMTag(0x0020_0110)
    static let sopInstanceUIDOfConcatenationSource = DICOMTag(0x0020_0242)
    static let positionReferenceIndicator = DICOMTag(0x0020_1040)
    static let stackID = DICOMTag(0x0020_9056)
    static let inStackPositionNumber = DICOMTag(0x0020_9057)
    static let frameContentSequence = DICOMTag(0x0020_9111)
    static let planePositionSequence = DICOMTag(0x0020_9113)
    static let planeOrientationSequence = DICOMTag(0x0020_9116)
    static let temporalPositionIndex = DICOMTag(0x0020_9128)
    static let nominalCardiacTriggerDelayTime = DICOMTag(0x0020_9153)
    static let dimensionIndexValues = DICOMTag(0x0020_9157)
    static let concatenationUID = DICOMTag(0x0020_9161)
    static let inConcatenationNumber = DICOMTag(0x0020_9162)
    static let inConcatenationTotalNumber = DICOMTag(0x0020_9163)
    static let dimensionOrganizationUID = DICOMTag(0x0020_9164)
    static let dimensionIndexPointer = DICOMTag(0x0020_9165)
    static let functionalGroupPointer = DICOMTag(0x0020_9167)
    static let dimensionOrganizationSequence = DICOMTag(0x0020_9221)
    static let dimensionIndexSequence = DICOMTag(0x0020_9222)
    static let concatenationFrameOffsetNumber = DICOMTag(0x0020_9228)
    static let imagePositionVolume = DICOMTag(0x0020_9301)
    static let imageOrientationVolume = DICOMTag(0x0020_9302)
    static let volumeToTransducerMappingMatrix = DICOMTag(0x0020_9309)
    static let volumeToTableMappingMatrix = DICOMTag(0x0020_930A)
    static let temporalPositionTimeOffset = DICOMTag(0x0020_930D)
    static let planePositionVolumeSequence = DICOMTag(0x0020_930E)
    static let planeOrientationVolumeSequence = DICOMTag(0x0020_930F)
    static let temporalPositionSequence = DICOMTag(0x0020_9310)
    static let dimensionDescriptionLabel = DICOMTag(0x0020_9421)

    // Group 0022
    static let horizontalFieldOfView = DICOMTag(0x0022_000C)
    static let stereoHorizontalPixelOffset = DICOMTag(0x0022_0012)
    static let stereoVerticalPixelOffset = DICOMTag(0x0022_0013)
    static let ophthalmicFrameLocationSequence = DICOMTag(0x0022_0031)
    static let referenceCoordinates = DICOMTag(0x0022_0032)
    static let depthSpatialResolution = DICOMTag(0x0022_0035)
    static let alongScanSpatialResolution = DICOMTag(0x0022_0037)
    static let acrossScanSpatialResolution = DICOMTag(0x0022_0048)
    static let mappedPixelValue = DICOMTag(0x0022_1452)
    static let anatomicStructureReferencePoint = DICOMTag(0x0022_1463)
    static let registrationToLocalizerSequence = DICOMTag(0x0022_1465)
    static let registeredLocalizerTopLeftHandCorner = DICOMTag(0x0022_1467)
    static let registeredLocalizerBottomRightHandCorner = DICOMTag(0x0022_1468)
    static let twoDimensionalToThreeDimensionalMapSequence = DICOMTag(0x0022_1518)
    static let xCoordinatesCenterPixelViewAngle = DICOMTag(0x0022_1528)
    static let yCoordinatesCenterPixelViewAngle = DICOMTag(0x0022_1529)
    static let ophthalmicAnatomicReferencePointXCoordinate = DICOMTag(0x0022_1624)
    static let ophthalmicAnatomicReferencePointYCoordinate = DICOMTag(0x0022_1626)
    static let surfaceMeshZPixelOffset = DICOMTag(0x0022_1658)

    // Group 0028
    static let samplesPerPixelUsed = DICOMTag(0x0028_0003)
    static let frameIncrementPointer = DICOMTag(0x0028_0009)
    static let pixelAspectRatio = DICOMTag(0x0028_0034)
    static let predictorRows = DICOMTag(0x0028_0080)
    static let predictorColumns = DICOMTag(0x0028_0081)
    static let blockRows = DICOMTag(0x0028_0091)
    static let blockColumns = DICOMTag(0x0028_0092)
    static let smallestValidPixelValue = DICOMTag(0x0028_0104)
    static let largestValidPixelValue = DICOMTag(0x0028_0105)
    static let smallestImagePixelValue = DICOMTag(0x0028_0106)
    static let largestImagePixelValue = DICOMTag(0x0028_0107)
    static let smallestPixelValueInSeries = DICOMTag(0x0028_0108)
    static let largestPixelValueInSeries = DICOMTag(0x0028_0109)
    static let smallestImagePixelValueInPlane = DICOMTag(0x0028_0110)
    static let largestImagePixelValueInPlane = DICOMTag(0x0028_0111)
    static let pixelPaddingValue = DICOMTag(0x0028_0120)
    static let pixelPaddingRangeLimit = DICOMTag(0x0028_0121)
    static let floatPadding = DICOMTag(0x0028_0122)
    static let doubleFloatPadding = DICOMTag(0x0028_0123)
    static let floatPaddingLimit = DICOMTag(0x0028_0124)
    static let doubleFloatPaddingLimit = DICOMTag(0x0028_0125)
    static let burnedInAnnotation = DICOMTag(0x0028_0301)
    static let recognizableVisualFeatures = DICOMTag(0x0028_0302)
    static let pixelIntensityRelationshipSign = DICOMTag(0x0028_1041)
    static let windowCenterWidthExplanation = DICOMTag(0x0028_1055)
    static let voiLUTFunction = DICOMTag(0x0028_1056)
    static let redPaletteColorLookupTableDescriptor = DICOMTag(0x0028_1101)
    static let greenPaletteColorLookupTableDescriptor = DICOMTag(0x0028_1102)
    static let bluePaletteColorLookupTableDescriptor = DICOMTag(0x0028_1103)
    static let paletteColorLookupTableUID = DICOMTag(0x0028_1199)
    static let redPaletteColorLookupTableData = DICOMTag(0x0028_1201)
    static let greenPaletteColorLookupTableData = DICOMTag(0x0028_1202)
    static let bluePaletteColorLookupTableData = DICOMTag(0x0028_1203)
    static let segmentedRedPaletteColorLookupTableData = DICOMTag(0x0028_1221)
    static let segmentedGreenPaletteColorLookupTableData = DICOMTag(0x0028_1222)
    static let segmentedBluePaletteColorLookupTableData = DICOMTag(0x0028_1223)
    static let lutExplanation = DICOMTag(0x0028_3003)
    static let voiLUTSequence = DICOMTag(0x0028_3010)
    static let maskSubPixelShift = DICOMTag(0x0028_6114)
    static let pixelDataProviderURL = DICOMTag(0x0028_7FE0)
    static let dataPointRows = DICOMTag(0x0028_9001)
    static let dataPointColumns = DICOMTag(0x0028_9002)
    static let largestMonochromePixelValue = DICOMTag(0x0028_9099)
    static let pixelMeasuresSequence = DICOMTag(0x0028_9110)
    static let frameVOILUTSequence = DICOMTag(0x0028_9132)
    static let pixelValueTransformationSequence = DICOMTag(0x0028_9145)
    static let verticesOfTheRegion = DICOMTag(0x0028_9503)
    static let pixelShiftFrameRange = DICOMTag(0x0028_9506)
    static let imageToEquipmentMappingMatrix = DICOMTag(0x0028_9520)

    // Group 0040
    static let acquisitionContextSequence = DICOMTag(0x0040_0555)
    static let xOffsetInSlideCoordinateSystem = DICOMTag(0x0040_072A)
    static let yOffsetInSlideCoordinateSystem = DICOMTag(0x0040_073A)
    static let zOffsetInSlideCoordinateSystem = DICOMTag(0x0040_074A)
    static let measurementUnitsCodeSequence = DICOMTag(0x0040_08EA)
    static let parametricMapFrameTypeSequence = DICOMTag(0x0040_9092)
    static let realWorldValueMappingSequence = DICOMTag(0x0040_9096)
    static let lutLabel = DICOMTag(0x0040_9210)
    static let doubleFloatRealWorldValueLastValueMapped = DICOMTag(0x0040_9213)
    static let doubleFloatRealWorldValueFirstValueMapped = DICOMTag(0x0040_9214)
    static let quantityDefinitionSequence = DICOMTag(0x0040_9220)
    static let realWorldValueIntercept = DICOMTag(0x0040_9224)
    static let realWorldValueSlope = DICOMTag(0x0040_9225)
    static let valueType = DICOMTag(0x0040_A040)
    static let conceptNameCodeSequence = DICOMTag(0x0040_A043)
    static let conceptCodeSequence = DICOMTag(0x0040_A168)
    static let purposeOfReferenceCodeSequence = DICOMTag(0x0040_A170)
    static let pixelCoordinatesSetTrial = DICOMTag(0x0040_A29A)
    static let contentSequence = DICOMTag(0x0040_A730)
    static let numberOfTableRows = DICOMTag(0x0040_A802)
    static let numberOfTableColumns = DICOMTag(0x0040_A803)

    // Group 0046
    static let radiusOfCurvature = DICOMTag(0x0046_0075)
    static let cornealVertexLocation = DICOMTag(0x0046_0202)
    static let pupilCentroidXCoordinate = DICOMTag(0x0046_0203)
    static let pupilCentroidYCoordinate = DICOMTag(0x0046_0204)
    static let equivalentPupilRadius = DICOMTag(0x0046_0205)
    static let verticesOfTheOutlineOfPupil = DICOMTag(0x0046_0208)

    // Group 0048
    static let totalPixelMatrixColumns = DICOMTag(0x0048_0006)
    static let totalPixelMatrixRows = DICOMTag(0x0048_0007)
    static let recommendedAbsentPixelCIELabValue = DICOMTag(0x0048_0015)
    static let topLeftHandCornerOfLocalizerArea = DICOMTag(0x0048_0201)
    static let bottomRightHandCornerOfLocalizerArea = DICOMTag(0x0048_0202)
    static let columnPositionInTotalImagePixelMatrix = DICOMTag(0x0048_021E)
    static let rowPositionInTotalImagePixelMatrix = DICOMTag(0x0048_021F)
    static let totalPixelMatrixFocalPlanes = DICOMTag(0x0048_0303)

    // Group 0052
    static let axialResolution = DICOMTag(0x0052_0008)
    static let aLinePixelSpacing = DICOMTag(0x0052_0014)
    static let octzOffsetCorrection = DICOMTag(0x0052_0030)

    // Group 0054
    static let energyWindowVector = DICOMTag(0x0054_0010)
    static let detectorVector = DICOMTag(0x0054_0020)
    static let detectorInformationSequence = DICOMTag(0x0054_0022)
    static let phaseVector = DICOMTag(0x0054_0030)
    static let rotationVector = DICOMTag(0x0054_0050)
    static let rrIntervalVector = DICOMTag(0x0054_0060)
    static let timeSlotVector = DICOMTag(0x0054_0070)
    static let sliceVector = DICOMTag(0x0054_0080)
    static let numberOfSlices = DICOMTag(0x0054_0081)
    static let angularViewVector = DICOMTag(0x0054_0090)
    static let timeSliceVector = DICOMTag(0x0054_0100)
    static let detectorElementSize = DICOMTag(0x0054_1203)

    // Group 0062
    static let segmentationType = DICOMTag(0x0062_0001)
    static let segmentSequence = DICOMTag(0x0062_0002)
    static let segmentedPropertyCategoryCodeSequence = DICOMTag(0x0062_0003)
    static let segmentNumber = DICOMTag(0x0062_0004)
    static let segmentLabel = DICOMTag(0x0062_0005)
    static let segmentAlgorithmType = DICOMTag(0x0062_0008)
    static let segmentAlgorithmName = DICOMTag(0x0062_0009)
    static let segmentIdentificationSequence = DICOMTag(0x0062_000A)
    static let referencedSegmentNumber = DICOMTag(0x0062_000B)
    static let segmentedPropertyTypeCodeSequence = DICOMTag(0x0062_000F)
    static let segmentsOverlap = DICOMTag(0x0062_0013)

    // Group 006A
    static let commonZCoordinateValue = DICOMTag(0x006A_0010)

    // Group 0070
    static let boundingBoxUnits = DICOMTag(0x0070_0003)
    static let anchorPointUnits = DICOMTag(0x0070_0004)
    static let graphicUnits = DICOMTag(0x0070_0005)
    static let boundingBoxTopLeftHandCorner = DICOMTag(0x0070_0010)
    static let boundingBoxBottomRightHandCorner = DICOMTag(0x0070_0011)
    static let anchorPoint = DICOMTag(0x0070_0014)
    static let graphicData = DICOMTag(0x0070_0022)
    static let displayedAreaTopLeftHandCornerTrial = DICOMTag(0x0070_0050)
    static let displayedAreaBottomRightHandCornerTrial = DICOMTag(0x0070_0051)
    static let displayedAreaTopLeftHandCorner = DICOMTag(0x0070_0052)
    static let displayedAreaBottomRightHandCorner = DICOMTag(0x0070_0053)
    static let contentLabel = DICOMTag(0x0070_0080)
    static let contentDescription = DICOMTag(0x0070_0081)
    static let contentCreatorName = DICOMTag(0x0070_0084)
    static let presentationPixelSpacing = DICOMTag(0x0070_0101)
    static let presentationPixelAspectRatio = DICOMTag(0x0070_0102)
    static let presentationPixelMagnificationRatio = DICOMTag(0x0070_0103)
    static let compoundGraphicSequence = DICOMTag(0x0070_0209)
    static let frameOfReferenceToDisplayedCoordinateSystemTransformationMatrix = DICOMTag(0x0070_030B)
    static let contourUncertaintyRadius = DICOMTag(0x0070_0312)
    static let mprTopLeftHandCorner = DICOMTag(0x0070_1505)
    static let renderFieldOfView = DICOMTag(0x0070_1606)

    // Group 0088
    static let iconImageSequence = DICOMTag(0x0088_0200)

    // Group 0100
    static let sopInstanceStatus = DICOMTag(0x0100_0410)
    static let sopAuthorizationDateTime = DICOMTag(0x0100_0420)
    static let sopAuthorizationComment = DICOMTag(0x0100_0424)
    static let authorizationEquipmentCertificationNumber = DICOMTag(0x0100_0426)

    // Group 0400
    static let modifiedAttributesSequence = DICOMTag(0x0400_0550)
    static let originalAttributesSequence = DICOMTag(0x0400_0561)

    // Group 2050
    static let presentationLUTShape = DICOMTag(0x2050_0020)

    // Group 3002
    static let rtImageOrientation = DICOMTag(0x3002_0010)
    static let imagePlanePixelSpacing = DICOMTag(0x3002_0011)
    static let rtImagePosition = DICOMTag(0x3002_0012)
    static let devicePositionToEquipmentMappingMatrix = DICOMTag(0x3002_010F)

    // Group 3004
    static let gridFrameOffsetVector = DICOMTag(0x3004_000C)
    static let doseGridScaling = DICOMTag(0x3004_000E)

    // Group 3006
    static let frameOfReferenceTransformationMatrix = DICOMTag(0x3006_00C6)

    // Group 4FFE
    static let macParametersSequence = DICOMTag(0x4FFE_0001)

    // Group 5200
    static let sharedFunctionalGroups = DICOMTag(0x5200_9229)
    static let perFrameFunctionalGroups = DICOMTag(0x5200_9230)

    // Group 7FE0
    static let extendedOffsetTable = DICOMTag(0x7FE0_0001)
    static let extendedOffsetTableLengths = DICOMTag(0x7FE0_0002)
    static let floatPixelData = DICOMTag(0x7FE0_0008)
    static let doubleFloatPixelData = DICOMTag(0x7FE0_0009)
    static let pixelData = DICOMTag(0x7FE0_0010)

    // Group FFFA
    static let digitalSignaturesSequence = DICOMTag(0xFFFA_FFFA)

    // Group FFFC
    static let dataSetTrailingPadding = DICOMTag(0xFFFC_FFFC)

    // Group FFFE
    static let item = DICOMTag(0xFFFE_E000)
    static let sequenceDelimitation = DICOMTag(0xFFFE_E0DD)
}

extension DICOMTag {
    /// The descriptors of a palette's red, green and blue tables.
    static let paletteDescriptors: [DICOMTag] = [
        .redPaletteColorLookupTableDescriptor, .greenPaletteColorLookupTableDescriptor,
        .bluePaletteColorLookupTableDescriptor,
    ]
    /// The tables.
    static let paletteTables: [DICOMTag] = [
        .redPaletteColorLookupTableData, .greenPaletteColorLookupTableData, .bluePaletteColorLookupTableData,
    ]
    /// The tables that name runs rather than entries.
    static let segmentedPaletteTables: [DICOMTag] = [
        .segmentedRedPaletteColorLookupTableData, .segmentedGreenPaletteColorLookupTableData,
        .segmentedBluePaletteColorLookupTableData,
    ]
    /// All that belongs to a palette.
    static let palette = paletteDescriptors + [.paletteColorLookupTableUID] + paletteTables + segmentedPaletteTables

    /// Doppler sample volume and TM line of an ultrasound region, each first as the standard had it once: x, then y.
    static let ultrasoundPositions: [DICOMTag] = [
        .dopplerSampleVolumeXPositionRetired,
        .dopplerSampleVolumeXPosition,
        .dopplerSampleVolumeYPositionRetired,
        .dopplerSampleVolumeYPosition,
        .tmLinePositionX0Retired,
        .tmLinePositionX0,
        .tmLinePositionY0Retired,
        .tmLinePositionY0,
        .tmLinePositionX1Retired,
        .tmLinePositionX1,
        .tmLinePositionY1Retired,
        .tmLinePositionY1,
    ]

    /// Overlay Data (60xx,3000) of a repeating group (PS3.5 7.6).
    static func overlayData(group: UInt16) -> DICOMTag { DICOMTag(UInt32(group) << 16 | 0x3000) }
}
