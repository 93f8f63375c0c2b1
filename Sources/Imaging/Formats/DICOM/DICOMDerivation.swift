import Foundation

/// Makes the data set of a source that of an object derived from it (PS3.3 C.7.6.1.1.3 and C.12.4.3): class, patient,
/// study and frame of reference stay, the object gets an identity of its own, says where it comes from, and loses what
/// no longer holds.
struct DICOMDerivation {
    let derivation: Derivation
    let source: DICOMSource
    let now: Date

    func apply(to root: DICOMItem) throws(DICOMFailure) {
        try removeWhatNoLongerHolds(root)
        try describe(root)
        try reference(root)
        try identify(root)
        try describeSeries(root)
        try contribute(root)
        if let window = derivation.differenceWindow { try showDifferences(root, in: window) }
    }

    private func showDifferences(_ root: DICOMItem, in window: Window) throws(DICOMFailure) {
        if root.contains(.rescaleIntercept) { try root.set(.rescaleIntercept, [0]) }
        for group in root.items(.sharedFunctionalGroups) + root.items(.perFrameFunctionalGroups) {
            for tag in group.tags {
                for item in group.items(tag) {
                    if item.contains(.rescaleIntercept) { try item.set(.rescaleIntercept, [0]) }
                    if item.contains(.windowCenter) { try Self.set(window, in: item) }
                }
            }
        }
        if !root.contains(.sharedFunctionalGroups) { try Self.set(window, in: root) }
    }

    /// In the place of all windows, their names and tables that the source is shown by.
    private static func set(_ window: Window, in item: DICOMItem) throws(DICOMFailure) {
        try item.set(.windowCenter, [window.center])
        try item.set(.windowWidth, [window.width])
        for tag in [DICOMTag.windowCenterWidthExplanation, .voiLUTSequence, .voiLUTFunction] { item.remove(tag) }
    }

    // MARK: Identity

    private func identify(_ root: DICOMItem) throws(DICOMFailure) {
        try root.set(.sopInstanceUID, derivation.sopInstanceUID ?? DICOMSource.newUID())
        try root.set(.seriesInstanceUID, derivation.seriesInstanceUID ?? DICOMSource.newUID())
        if let number = Self.derivedSeriesNumber(root.string(.seriesNumber), scale: derivation.scale) {
            try root.set(.seriesNumber, number)
        }
        let moment = DICOMMoment(now, offset: root.string(.timezoneOffsetFromUTC))
        try root.set(.instanceCreationDate, moment.date)
        try root.set(.instanceCreationTime, moment.time)
        try root.set(.contentDate, moment.date)
        try root.set(.contentTime, moment.time)
    }

    /// Lists of series go by their number (PS3.3 C.7.3.1), in which the source's would stand as one with what was derived
    /// from it. As scanners number what they derive: a hundred times the source's, and the magnification, or of a
    /// reduction 50 and more.
    ///
    /// - Returns: `nil` where the source has no number, or none of which a hundredfold is an integer string (PS3.5 6.2).
    private static func derivedSeriesNumber(_ text: String?, scale: Double) -> String? {
        guard let text, let number = Int32(text.trimmingCharacters(in: .whitespaces)), number > 0 else { return nil }
        let added = scale >= 1 ? min(scale.rounded(), 49) : 50 + min((1 / scale).rounded(), 49)
        let derived = Int(number) * 100 + Int(added)
        return derived <= Int(Int32.max) ? String(derived) : nil
    }

    /// Says in the list of series which one this is, if there is room.
    private func describeSeries(_ root: DICOMItem) throws(DICOMFailure) {
        let suffix = Self.ascii(" (Fovea x\(Self.text(derivation.scale)) \(derivation.model))").prefix(64)
        var description = root.contains(.seriesDescription) ? try root.bytes(.seriesDescription) : []
        while description.last == 0x20 || description.last == 0 { description.removeLast() }
        if description.allSatisfy({ $0 < 0x80 && $0 != 0x1B }) {
            description = Array(description.prefix(64 - suffix.utf8.count))
        }
        guard description.count + suffix.utf8.count <= 64 else { return }
        let text = description + Array(suffix.utf8)
        try root.set(.seriesDescription, text: text[0] == 0x20 ? Array(text.dropFirst()) : text)
    }

    // MARK: What was done

    private func describe(_ root: DICOMItem) throws(DICOMFailure) {
        try markDerived(root, .imageType)
        let groups = root.items(.sharedFunctionalGroups) + root.items(.perFrameFunctionalGroups)
        for group in groups {
            // The macro that holds the frame's type is named differently in each class.
            for tag in group.tags {
                for item in group.items(tag) where item.contains(.frameType) {
                    try markDerived(item, .frameType)
                }
            }
        }

        var description = Self.ascii(derivation.description)
        description += "; model \(Self.ascii(derivation.model))"
        if let hash = derivation.modelHash { description += ", SHA-256 \(hash)" }
        var text = Array(description.prefix(1024).utf8)
        if root.contains(.derivationDescription) {
            let earlier = Array("; before: ".utf8) + (try root.bytes(.derivationDescription))
            if earlier.count > 10, text.count + earlier.count <= 1024 { text += earlier }
        }
        try root.set(.derivationDescription, text: text)
        if derivation.scale != 1, !root.items(.derivationCodeSequence).contains(where: Self.isResampling) {
            try root.append(.spatialResampling, to: .derivationCodeSequence)
        }
    }

    /// The first value becomes DERIVED and the second, except in the enhanced classes, which have no secondary images,
    /// SECONDARY; what follows stays.
    private func markDerived(_ item: DICOMItem, _ tag: DICOMTag) throws(DICOMFailure) {
        var values = item.strings(tag)
        while values.count < 2 { values.append("") }
        values[0] = "DERIVED"
        let isEnhanced = item.contains(.frameType) || item.contains(.sharedFunctionalGroups)
        if !isEnhanced { values[1] = "SECONDARY" } else if values[1].isEmpty { values[1] = "PRIMARY" }
        try item.set(tag, values.joined(separator: "\\"))
    }

    // MARK: Where it comes from

    private func reference(_ root: DICOMItem) throws(DICOMFailure) {
        guard let sopClass = root.string(.sopClassUID), let instance = root.string(.sopInstanceUID) else { return }
        root.remove(.sourceImageSequence)
        try appendSource(to: root, sopClass, instance)
        guard root.contains(.sharedFunctionalGroups) || root.contains(.perFrameFunctionalGroups) else { return }

        // The enhanced classes say it in functional groups, and list what they refer to.
        let frames = root.items(.perFrameFunctionalGroups)
        var groups = frames.filter { $0.contains(.derivationImageSequence) }
        if groups.isEmpty {
            if let shared = root.items(.sharedFunctionalGroups).first {
                groups = [shared]
            } else {
                groups = [try root.appendItem(.sharedFunctionalGroups)]
            }
        }
        for group in groups {
            let image = try group.appendItem(.derivationImageSequence)
            try image.set(.derivationDescription, Self.ascii(derivation.description))
            try image.append(.spatialResampling, to: .derivationCodeSequence)
            try appendSource(to: image, sopClass, instance)
        }
        guard let study = root.string(.studyInstanceUID), let series = root.string(.seriesInstanceUID) else { return }
        let evidence = try root.appendItem(.sourceImageEvidenceSequence)
        try evidence.set(.studyInstanceUID, study)
        let referenced = try evidence.appendItem(.referencedSeriesSequence)
        try referenced.set(.seriesInstanceUID, series)
        try refer(try referenced.appendItem(.referencedSOPSequence), sopClass, instance)
    }

    private func appendSource(
        to item: DICOMItem, _ sopClass: String, _ instance: String
    ) throws(DICOMFailure) {
        let image = try item.appendItem(.sourceImageSequence)
        try refer(image, sopClass, instance)
        try image.append(.sourceImage, to: .purposeOfReferenceCodeSequence)
    }

    private func refer(_ item: DICOMItem, _ sopClass: String, _ instance: String) throws(DICOMFailure) {
        try item.set(.referencedSOPClassUID, sopClass)
        try item.set(.referencedSOPInstanceUID, instance)
    }

    private static func isResampling(_ item: DICOMItem) -> Bool {
        item.string(.codeValue) == DICOMCode.spatialResampling.value && item.string(.codingSchemeDesignator) == "DCM"
    }

    /// Names the software among the equipment that made this object.
    private func contribute(_ root: DICOMItem) throws(DICOMFailure) {
        let moment = DICOMMoment(now, offset: root.string(.timezoneOffsetFromUTC))
        let equipment = try root.appendItem(.contributingEquipmentSequence)
        try equipment.set(.manufacturer, "Fovea")
        try equipment.set(.manufacturerModelName, "Fovea")
        let version = Self.ascii(
            derivation.modelHash.map { "\(derivation.model) \($0.prefix(12))" } ?? derivation.model)
        try equipment.set(.softwareVersions, String(version.prefix(64)))
        try equipment.set(.contributionDateTime, moment.date + moment.time)
        try equipment.set(.contributionDescription, Self.ascii(derivation.description))
        try equipment.append(.processingEquipment, to: .purposeOfReferenceCodeSequence)
    }

    // MARK: What no longer holds

    private func removeWhatNoLongerHolds(_ root: DICOMItem) throws(DICOMFailure) {
        try DICOMGrid.removeLosses(from: root)
        let gone: [DICOMTag] = [
            // Who made the source, other encodings of it, and its standing in an archive.
            .instanceCreatorUID, .alternateRepresentationSequence, .pixelDataProviderURL, .sopInstanceStatus,
            .sopAuthorizationDateTime, .sopAuthorizationComment, .authorizationEquipmentCertificationNumber,
            // The concatenation the source is a part of.
            .sopInstanceUIDOfConcatenationSource, .concatenationUID, .inConcatenationNumber,
            .inConcatenationTotalNumber,
            .concatenationFrameOffsetNumber,
        ]
        for tag in gone { root.remove(tag) }
    }

    // MARK: Text

    /// Text that every character set has: DICOM's default repertoire.
    static func ascii(_ text: String) -> String {
        let spellings: [Character: String] = ["×": "x", "–": "-", "—": "-", "−": "-", "…": "...", "’": "'", "µ": "u"]
        return String(
            text.map { spellings[$0] ?? ($0.isASCII && $0 >= " " && $0 != "\\" ? String($0) : "?") }.joined())
    }

    private static func text(_ scale: Double) -> String {
        scale == scale.rounded() && abs(scale) < 1e9 ? String(Int(scale)) : String(format: "%.3g", scale)
    }
}

/// A date and a time as DICOM writes them, in the zone a data set keeps its times in.
struct DICOMMoment {
    let date: String
    let time: String

    /// - Parameter offset: the value of Timezone Offset From UTC, as "+0100"; the machine's zone where it is missing.
    init(_ moment: Date, offset: String?) {
        var calendar = Calendar(identifier: .gregorian)
        if let offset, offset.utf8.count == 5, let number = Int(offset),
            let zone = TimeZone(secondsFromGMT: (number / 100 * 60 + number % 100) * 60)
        {
            calendar.timeZone = zone
        }
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment)
        date = String(format: "%04d%02d%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
        time = String(format: "%02d%02d%02d", parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
    }
}
