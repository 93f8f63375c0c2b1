import Foundation

/// Turns the data set of an image into that of a map of it, without pixels: what says whose and of which study stays, what
/// speaks of the image goes, and the map's own modules come in its place.
struct DICOMMapDataSet {
    let map: DICOMMap
    let samples: Pixels

    private static let parametricMap = "1.2.840.10008.5.1.4.1.1.30"

    func become(_ root: DICOMItem) throws(DICOMFailure) {
        let image = DICOMMapReference(root, map)
        let places = DICOMMapPlaces(root, map.image)
        try sayLaterality(root)
        for tag in root.tags where !Self.isKept(tag) { root.remove(tag) }
        try identify(root)
        try describeGrid(root)
        switch map.content {
        case .quantity(let name, let unit): try describeQuantity(root, name, unit)
        case .segment(let label): try describeSegment(root, label)
        }
        try image.refer(root)
        try places.write(root, frames: map.image.slices)
        try describeFrames(root, image)
    }

    // MARK: What stays

    /// The Patient, Clinical Trial, Study and Frame of Reference modules, and by what the object was made.
    private static func isKept(_ tag: DICOMTag) -> Bool {
        [0x0010, 0x0012].contains(tag.group) || kept.contains(tag)
    }

    private static let kept: Set<DICOMTag> = [
        .specificCharacterSet, .timezoneOffsetFromUTC, .studyDate, .studyTime, .accessionNumber,
        .issuerOfAccessionNumberSequence, .referringPhysicianName, .referringPhysicianIdentificationSequence,
        .consultingPhysicianName, .studyDescription,
        .procedureCodeSequence, .physiciansOfRecord, .physiciansOfRecordIdentificationSequence,
        .nameOfPhysiciansReadingStudy, .studyInstanceUID,
        .studyID, .frameOfReferenceUID, .positionReferenceIndicator, .derivationDescription,
        .derivationCodeSequence, .contributingEquipmentSequence, .instanceCreationDate, .instanceCreationTime,
        .contentDate, .contentTime, .seriesNumber, .modality, .bodyPartExamined, .laterality,
    ]

    /// Laterality (PS3.3 C.7.3.1), which a map's series needs of what may be one of a pair: the image's own where it says it by
    /// Image Laterality, else unknown.
    private func sayLaterality(_ root: DICOMItem) throws(DICOMFailure) {
        guard !root.contains(.laterality) else { return }
        if let side = root.string(.imageLaterality), ["L", "R"].contains(side) {
            try root.set(.laterality, side)
            return
        }
        let part = root.string(.bodyPartExamined)
        if part.map(Self.pairedParts.contains) ?? true { try root.setEmpty(.laterality) }
    }

    /// Of PS3.16 Table L-1.
    private static let pairedParts: Set<String> = [
        "ANKLE", "ARM", "BREAST", "CALCANEUS", "CLAVICLE", "EAR", "ELBOW", "EXTREMITY", "EYE", "FEMUR", "FINGER",
        "FOOT",
        "FOREARM", "HAND", "HIP", "HUMERUS", "KIDNEY", "KNEE", "LEG", "LOWERLEG", "ORBIT", "PATELLA", "RADIUS",
        "SCAPULA",
        "SHOULDER", "THIGH", "THUMB", "TIBIA", "TOE", "ULNA", "UPPERARM", "WRIST", "ZYGOMA",
    ]

    // MARK: What it is

    private func identify(_ root: DICOMItem) throws(DICOMFailure) {
        let (sopClass, series): (String, Int) =
            switch map.content {
            case .quantity: (Self.parametricMap, 50)
            case .segment: (DICOMClass.segmentation.rawValue, 60)
            }
        try root.set(.sopClassUID, sopClass)
        try root.set(.sopInstanceUID, map.sopInstanceUID)
        try root.set(.seriesInstanceUID, map.seriesInstanceUID)
        // Behind the image's own in a list of series, of which the last two digits are the magnification.
        if let number = root.integer(.seriesNumber), number > 0, number + series <= Int(Int32.max) {
            try root.set(.seriesNumber, String(number + series))
        } else {
            try root.set(.seriesNumber, String(series))
        }
        try root.set(.instanceNumber, "1")
        try root.set(.seriesDescription, Self.short(map.title))
        try root.set(.derivationDescription, String(DICOMDerivation.ascii(map.statement).prefix(1024)))
        // Enhanced General Equipment (PS3.3 C.7.5.2).
        try root.set(.manufacturer, "Fovea")
        try root.set(.manufacturerModelName, "Fovea")
        try root.set(.deviceSerialNumber, "none")
        try root.set(.softwareVersions, Self.short(map.image.derivation?.model ?? "Fovea"))
        // Content Identification (PS3.3 Table 10-12).
        try root.set(.contentLabel, "FOVEA")
        try root.set(.contentDescription, Self.short(map.title))
        try root.setEmpty(.contentCreatorName)
        try root.set(.imageType, "DERIVED\\PRIMARY")
        try root.set(.lossyImageCompression, map.isOfLossyImage ? "01" : "00")
    }

    private static func short(_ text: String) -> String { String(DICOMDerivation.ascii(text).prefix(64)) }

    private func describeGrid(_ root: DICOMItem) throws(DICOMFailure) {
        try root.set(.samplesPerPixel, "1")
        try root.set(.photometricInterpretation, "MONOCHROME2")
        try root.set(.rows, String(map.image.height))
        try root.set(.columns, String(map.image.width))
        try root.set(.numberOfFrames, String(map.image.slices))
    }

    /// Flavour and contrast as C.8.16.1 has them.
    private static let frameType = "DERIVED\\PRIMARY\\VOLUME\\QUANTITY"

    private func describeQuantity(_ root: DICOMItem, _ name: String, _ unit: DICOMMap.Unit) throws(DICOMFailure) {
        try root.set(.bitsAllocated, "32")
        try root.set(.imageType, Self.frameType)
        try root.set(.contentQualification, "RESEARCH")
        try root.set(.burnedInAnnotation, "NO")
        try root.set(.recognizableVisualFeatures, "NO")
        try root.set(.presentationLUTShape, "IDENTITY")
        try root.setEmpty(.acquisitionContextSequence)
        let shared = try root.appendItem(.sharedFunctionalGroups)
        try shared.appendItem(.parametricMapFrameTypeSequence).set(.frameType, Self.frameType)
        let values = try shared.appendItem(.realWorldValueMappingSequence)
        try values.set(.realWorldValueIntercept, "0")
        try values.set(.realWorldValueSlope, "1")
        try values.set(.doubleFloatRealWorldValueFirstValueMapped, "0")
        let largest = Double(samples.samples.max() ?? 0)
        try values.set(.doubleFloatRealWorldValueLastValueMapped, "\(max(largest, 1))")
        try values.set(.lutExplanation, Self.short(name))
        try values.set(.lutLabel, "FOVEA")
        try values.append(
            DICOMCode(value: unit.code, scheme: "UCUM", meaning: unit.name), to: .measurementUnitsCodeSequence)
        let quantity = try values.appendItem(.quantityDefinitionSequence)
        try quantity.set(.valueType, "CODE")
        try quantity.append(.quantity, to: .conceptNameCodeSequence)
        try quantity.append(map.term, to: .conceptCodeSequence)
        let identity = try shared.appendItem(.pixelValueTransformationSequence)
        try identity.set(.rescaleIntercept, "0")
        try identity.set(.rescaleSlope, "1")
        try identity.set(.rescaleType, "US")
        let window = try shared.appendItem(.frameVOILUTSequence)
        try window.set(.windowCenter, [largest / 2])
        try window.set(.windowWidth, [max(largest, 1e-3)])
    }

    private func describeSegment(_ root: DICOMItem, _ label: String) throws(DICOMFailure) {
        try root.set(.modality, "SEG")
        // The segments' own to say, if anyone's.
        root.remove(.laterality)
        for (tag, value) in [
            (DICOMTag.bitsAllocated, "1"), (.bitsStored, "1"), (.highBit, "0"), (.pixelRepresentation, "0"),
            (.segmentationType, "BINARY"), (.segmentsOverlap, "NO"),
        ] {
            try root.set(tag, value)
        }
        let segment = try root.appendItem(.segmentSequence)
        try segment.set(.segmentNumber, "1")
        try segment.set(.segmentLabel, Self.short(label))
        try segment.set(.segmentAlgorithmType, "AUTOMATIC")
        try segment.set(.segmentAlgorithmName, Self.short(map.image.derivation?.model ?? "Fovea"))
        try segment.append(.spatialConcept, to: .segmentedPropertyCategoryCodeSequence)
        try segment.append(map.term, to: .segmentedPropertyTypeCodeSequence)
        let shared = try root.appendItem(.sharedFunctionalGroups)
        try shared.appendItem(.segmentIdentificationSequence).set(.referencedSegmentNumber, "1")
    }

    // MARK: Frames

    private func describeFrames(_ root: DICOMItem, _ image: DICOMMapReference) throws(DICOMFailure) {
        let organization = map.sopInstanceUID + ".1"
        try root.appendItem(.dimensionOrganizationSequence).set(.dimensionOrganizationUID, organization)
        let index = try root.appendItem(.dimensionIndexSequence)
        try index.set(.dimensionOrganizationUID, organization)
        try index.set(.dimensionIndexPointer, "(0020,9057)")
        try index.set(.functionalGroupPointer, "(0020,9111)")
        try index.set(.dimensionDescriptionLabel, "In-Stack Position Number")
        let groups = root.items(.perFrameFunctionalGroups)
        for (frame, group) in groups.enumerated() {
            let content = try group.appendItem(.frameContentSequence)
            try content.set(.stackID, "1")
            try content.set(.inStackPositionNumber, String(frame + 1))
            try content.set(.dimensionIndexValues, String(frame + 1))
        }
        guard let shared = root.items(.sharedFunctionalGroups).first else { return }
        try image.derive(shared)
    }
}

extension DICOMMap {
    /// What lists of series call it.
    var title: String {
        switch content {
        case .quantity(let name, _): name
        case .segment(let label): label
        }
    }

    /// No terminology that is published has one for it.
    fileprivate var term: DICOMCode {
        switch content {
        case .quantity(let name, _): DICOMCode(value: "bound", scheme: "99FOVEA", meaning: String(name.prefix(64)))
        case .segment(let label): DICOMCode(value: "within", scheme: "99FOVEA", meaning: String(label.prefix(64)))
        }
    }

    fileprivate var isOfLossyImage: Bool {
        if case .dicom(let source) = image.source { source.isLossy } else { false }
    }
}
