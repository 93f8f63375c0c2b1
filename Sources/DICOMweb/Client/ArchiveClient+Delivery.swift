import Foundation
import Imaging

extension ArchiveClient {
    /// The SOP Instance UIDs of a study or series that the archive has; none where it knows no such study or series.
    ///
    /// - Parameter scope: a study or series.
    /// - Throws: ``ArchiveError``
    public func present(_ scope: Scope) async throws(ArchiveError) -> Set<String> {
        do {
            return Set(try await instances(of: scope).compactMap { $0.text(.sopInstanceUID) })
        } catch .unknown {
            return []
        } catch {
            throw error
        }
    }

    /// Stores an object, and makes sure that it is there: Orthanc 1.10 with a full disk says that all is well, and lists nothing.
    ///
    /// - Parameters:
    ///   - file: the bytes of a DICOM file.
    ///   - scope: its study, series and instance.
    /// - Throws: ``ArchiveError``, also ``ArchiveError/notStored(host:reason:)`` and ``ArchiveError/lost(host:)``.
    public func deliver(_ file: Data, as scope: Scope) async throws(ArchiveError) {
        guard let study = scope.study, let instance = scope.instance else { preconditionFailure("names an instance") }
        let outcome = try await store(file, in: study)
        if let failure = outcome.failed.first {
            throw .notStored(host: host, reason: StoreOutcome.words(for: failure.reason))
        }
        guard !outcome.stored.contains(where: { $0.instance == instance.rawValue }) else { return }
        do {
            _ = try await object(scope)
        } catch .refused, .notUnderstood {
            throw .lost(host: host)
        } catch {
            throw error
        }
    }
}
