import DICOMweb
import Foundation

/// The index of what DICOMweb answers for: the images of the folders, what was dropped, and the results. A file is looked into
/// once for as long as it does not change.
actor ArchiveShelf {
    private let catalogue: Catalogue
    private let desk: ResultDesk
    private let executor: ComputeExecutor
    private var known: [URL: (stamp: Stamp, instance: ArchivedInstance?)] = [:]
    private var lastScan: ContinuousClock.Instant?

    /// How long a look through the folders holds.
    private static let freshness = Duration.seconds(5)

    private struct Stamp: Equatable {
        var size: Int
        var changed: Date

        init?(_ url: URL) {
            guard let values = try? FileManager.default.attributesOfItem(atPath: url.path),
                let size = values[.size] as? Int, let changed = values[.modificationDate] as? Date
            else { return nil }
            (self.size, self.changed) = (size, changed)
        }
    }

    init(_ catalogue: Catalogue, _ desk: ResultDesk, executor: ComputeExecutor) {
        (self.catalogue, self.desk, self.executor) = (catalogue, desk, executor)
    }

    /// Makes sure that the next search finds what was stored just now.
    func forget() { lastScan = nil }

    /// - Parameter isSearch: whether what has come to the folders since must be found.
    func index(isSearch: Bool) async -> ArchiveIndex {
        let now = ContinuousClock.now
        let isOld = lastScan.map { now - $0 > Self.freshness } ?? true
        let again = isOld && (isSearch || lastScan == nil)
        if again { lastScan = now }
        let files = await catalogue.dicomFiles(again: again) + desk.files()
        let known = known
        let found = await Task(executorPreference: executor) {
            var found: [URL: (stamp: Stamp, instance: ArchivedInstance?)] = [:]
            for url in files {
                guard let stamp = Stamp(url) else { continue }
                if let before = known[url], before.stamp == stamp {
                    found[url] = before
                } else {
                    found[url] = (stamp, try? ArchivedInstance(of: url))
                }
            }
            return found
        }.value
        self.known = found
        return ArchiveIndex(files.compactMap { found[$0]?.instance })
    }
}
