import Foundation
import Imaging

/// A DICOM file that is answered for: where it lies, and what searches look at, its pixels unread.
public struct ArchivedInstance: Sendable {
    public let url: URL
    public let study: DICOMUID
    public let series: DICOMUID
    public let instance: DICOMUID
    public let transferSyntax: DICOMTransferSyntax
    /// Those that searches tell or look at, as PS3.18 tables 10.6.3-3 to 10.6.3-5 list them.
    public let attributes: DICOMJSON

    /// - Parameter url: of the file.
    /// - Throws: `ImageFileError`, where it is no DICOM file, or has not the UIDs by which one asks for it.
    public init(of url: URL) throws(ImageFileError) {
        let object = try DICOMObject(of: url)
        let all = try Self.attributes(of: object, path: url.path)
        guard let study = all.uid(.studyInstanceUID), let series = all.uid(.seriesInstanceUID),
            let instance = all.uid(.sopInstanceUID)
        else { throw .damaged(path: url.path, detail: "has not the UIDs of study, series and instance") }
        self.url = url
        (self.study, self.series, self.instance) = (study, series, instance)
        transferSyntax = object.transferSyntax
        attributes = all.keeping(ReturnedAttributes.known)
    }

    /// All attributes but pixels, read anew.
    func allAttributes() throws(ImageFileError) -> DICOMJSON {
        try Self.attributes(of: DICOMObject(of: url), path: url.path)
    }

    private static func attributes(of object: DICOMObject, path: String) throws(ImageFileError) -> DICOMJSON {
        let json = try object.json()
        do {
            return try JSONDecoder().decode(DICOMJSON.self, from: Data(json))
        } catch {
            throw .damaged(path: path, detail: "its attributes are none that JSON can say")
        }
    }

    var scope: Scope { Scope(study: study, series: series, instance: instance) }

    func lies(in scope: Scope) -> Bool {
        (scope.study == nil || scope.study == study) && (scope.series == nil || scope.series == series)
            && (scope.instance == nil || scope.instance == instance)
    }
}
