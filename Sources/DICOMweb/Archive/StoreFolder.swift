import Foundation
import Imaging

/// A folder that takes what is stored (STOW-RS, PS3.18 10.5), a file each: `STUDY/SERIES/INSTANCE.dcm`. Nothing that is there is
/// replaced, and nothing is there by halves.
public struct StoreFolder: Sendable {
    private let folder: URL

    /// - Parameter folder: made when it is first needed.
    public init(_ folder: URL) { self.folder = folder }

    /// Stores the objects of a message.
    ///
    /// - Parameters:
    ///   - parts: a DICOM file each.
    ///   - study: to which all must belong; `nil` for any.
    /// - Returns: what became of each, for the response.
    public func store(_ parts: [MultipartMessage.Part], in study: DICOMUID?) -> ArchiveAnswer {
        var outcome = StoreOutcome()
        for part in parts { store(part.body, study, &outcome) }
        let response = (try? JSONEncoder.dicom.encode(outcome.response)) ?? Data("{}".utf8)
        return .json(response, status: outcome.status)
    }

    private func store(_ bytes: Data, _ study: DICOMUID?, _ outcome: inout StoreOutcome) {
        var instance = StoreOutcome.Instance(sopClass: "", instance: "")
        do {
            let object = try DICOMObject(bytes, named: "the object")
            func uid(_ tag: DICOMTag) -> DICOMUID? { object[tag].flatMap(DICOMUID.init(rawValue:)) }
            instance = .init(
                sopClass: uid(.sopClassUID)?.rawValue ?? "", instance: uid(.sopInstanceUID)?.rawValue ?? "")
            guard let own = uid(.studyInstanceUID), let series = uid(.seriesInstanceUID),
                let name = uid(.sopInstanceUID),
                uid(.sopClassUID) != nil
            else { throw Refusal(reason: .notUnderstood) }
            guard study == nil || study == own else { throw Refusal(reason: .mismatch) }
            try place(bytes, folder.appendingPathComponent("\(own)/\(series)/\(name).dcm"))
            outcome.stored.append(instance)
        } catch {
            let reason = (error as? Refusal)?.reason ?? (error is ImageFileError ? .notUnderstood : .outOfResources)
            outcome.failed.append((instance, reason.rawValue))
        }
    }

    private struct Refusal: Error { var reason: StoreOutcome.Reason }

    /// Beside its place first; a link puts it there, which never replaces.
    private func place(_ bytes: Data, _ url: URL) throws {
        let files = FileManager.default
        let parent = url.deletingLastPathComponent()
        try files.createDirectory(at: parent, withIntermediateDirectories: true)
        let part = parent.appendingPathComponent(".\(UUID().uuidString).part")
        defer { try? files.removeItem(at: part) }
        try bytes.write(to: part, options: .withoutOverwriting)
        do {
            try files.linkItem(at: part, to: url)
        } catch {
            // Sent again, it is stored.
            guard let present = try? Data(contentsOf: url, options: .alwaysMapped) else { throw error }
            guard present == bytes else { throw Refusal(reason: .duplicate) }
        }
    }
}
