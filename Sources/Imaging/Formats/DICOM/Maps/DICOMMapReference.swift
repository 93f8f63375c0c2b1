/// Which objects a map speaks of: the image on whose grid it lies, and the one that this was made from.
struct DICOMMapReference {
    private struct Object {
        let sopClass: String
        let instance: String
        let series: String
    }

    private let objects: [Object]
    private let statement: String

    /// - Parameter root: the image's data set, as it will be written.
    init(_ root: DICOMItem, _ map: DICOMMap) {
        statement = String(DICOMDerivation.ascii(map.statement).prefix(1024))
        guard let sopClass = root.string(.sopClassUID), let instance = root.string(.sopInstanceUID),
            let series = root.string(.seriesInstanceUID)
        else {
            objects = []
            return
        }
        var objects = [Object(sopClass: sopClass, instance: instance, series: series)]
        if case .dicom(let source) = map.image.source, let instance = source.sopInstanceUID,
            let series = source.seriesInstanceUID
        {
            objects.append(Object(sopClass: sopClass, instance: instance, series: series))
        }
        self.objects = objects
    }

    /// Common Instance Reference (PS3.3 C.12.2).
    func refer(_ root: DICOMItem) throws(DICOMFailure) {
        for object in objects {
            let series = try root.appendItem(.referencedSeriesSequence)
            try series.set(.seriesInstanceUID, object.series)
            try name(object, in: try series.appendItem(.referencedInstanceSequence))
        }
    }

    /// The Derivation Image macro (PS3.3 C.7.6.16.2.6).
    func derive(_ group: DICOMItem) throws(DICOMFailure) {
        guard !objects.isEmpty else { return }
        let derivation = try group.appendItem(.derivationImageSequence)
        try derivation.set(.derivationDescription, statement)
        try derivation.append(
            DICOMCode(value: "113094", meaning: "Computed value"), to: .derivationCodeSequence)
        for object in objects {
            let source = try derivation.appendItem(.sourceImageSequence)
            try name(object, in: source)
            try source.append(.sourceImage, to: .purposeOfReferenceCodeSequence)
        }
    }

    private func name(_ object: Object, in item: DICOMItem) throws(DICOMFailure) {
        try item.set(.referencedSOPClassUID, object.sopClass)
        try item.set(.referencedSOPInstanceUID, object.instance)
    }
}
