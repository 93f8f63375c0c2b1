import Batch
import DICOMweb
import Foundation
import Imaging

/// The objects of a study or series, fetched into a folder that nobody else reads.
struct ArchiveFetch {
    /// Closed to other users; whoever fetched removes it.
    let folder: URL
    /// In the order of the archive's answer: series by series.
    private(set) var files: [URL] = []
    /// How many objects hold no pixels, by modality.
    private(set) var withoutPixels: [String: Int] = [:]
    /// Series that Fovea made, which are not enlarged again unless they are named.
    private(set) var derivedSeries: [String] = []

    /// An empty folder.
    init() throws {
        folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("fovea-archive-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure("\(folder.path): cannot make this folder: \(systemReason(error))")
        }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// Fetches what an archive lists.
    ///
    /// - Parameters:
    ///   - instances: as the archive listed them.
    ///   - address: what was asked for.
    ///   - client: speaks to the archive.
    ///   - progress: told how many there are already.
    mutating func fetch(
        _ instances: [DICOMJSON], of address: ArchiveAddress, by client: ArchiveClient, progress: (Int) -> Void
    ) throws {
        let isWholeStudy = address.scope.series == nil
        var order: [String] = []
        var bySeries: [String: [Scope]] = [:]
        for instance in instances {
            guard let series = instance.uid(.seriesInstanceUID) ?? address.scope.series,
                let uid = instance.uid(.sopInstanceUID)
            else {
                throw ArchiveError.notUnderstood(
                    what: "the search", host: client.host, detail: "an instance is listed without its UIDs")
            }
            if bySeries[series.rawValue] == nil { order.append(series.rawValue) }
            bySeries[series.rawValue, default: []].append(
                Scope(study: address.scope.study, series: series, instance: uid))
        }
        var count = 0
        for series in order {
            let folder = folder.appendingPathComponent(series)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for scope in bySeries[series] ?? [] {
                progress(count)
                count += 1
                let bytes = try waiting { try await client.object(scope) }
                let object = try DICOMObject(bytes, named: "instances/\(scope.instance!)")
                if isWholeStudy, object.isMadeByFovea {
                    derivedSeries.append(series)
                    break
                }
                guard object.pixels != nil else {
                    withoutPixels[object[.modality] ?? "object", default: 0] += 1
                    continue
                }
                let file = folder.appendingPathComponent("\(scope.instance!).dcm")
                do {
                    try bytes.write(to: file, options: .withoutOverwriting)
                } catch {
                    throw CommandFailure(
                        "\(folder.path): cannot keep what is fetched: \(systemReason(error)); name another temporary folder by TMPDIR"
                    )
                }
                files.append(file)
            }
        }
    }
}
