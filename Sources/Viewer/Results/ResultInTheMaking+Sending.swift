import DICOMweb
import Foundation
import Imaging

extension ResultInTheMaking {
    /// Begins to send what came of it to an archive, unless that is under way.
    ///
    /// - Throws: ``ViewerError`` where there is nothing that an archive takes.
    func send(to archive: ArchiveClient) throws {
        let objects = files.filter { ImageFormat(pathExtensionOf: $0) == .dicom }
        guard status.stage.isOver else {
            throw ViewerError(.cannotBeDone, "this result is still being made; send it when it is done")
        }
        guard !objects.isEmpty else {
            throw ViewerError(.cannotBeDone, "no DICOM object came of it, and archives take no other files")
        }
        var begins = false
        change { state in
            begins = state.status.sending?.stage != .sending
            if begins { state.status.sending = ResultStatus.Sending(count: objects.count) }
        }
        guard begins else { return }
        Task { await deliver(objects, to: archive) }
    }

    private func deliver(_ objects: [URL], to archive: ArchiveClient) async {
        do {
            var known: [String: Set<String>] = [:]
            for url in objects {
                let scope = try scope(of: url)
                let (series, instance) = ("\(scope.series!)", "\(scope.instance!)")
                if known[series] == nil {
                    known[series] = try await archive.present(Scope(study: scope.study, series: scope.series))
                }
                if known[series]?.contains(instance) == true {
                    change { $0.status.sending?.present += 1 }
                } else {
                    try await archive.deliver(Data(contentsOf: url, options: .alwaysMapped), as: scope)
                    change { $0.status.sending?.taken += 1 }
                }
            }
            change { $0.status.sending?.stage = .sent }
        } catch {
            change { state in
                state.status.sending?.stage = .failed
                state.status.sending?.error = "\(error)"
            }
        }
    }

    /// Which object a file holds.
    private func scope(of url: URL) throws -> Scope {
        let attributes = try DICOMAttributes(of: url, [.studyInstanceUID, .seriesInstanceUID, .sopInstanceUID])
        func identifier(_ tag: DICOMTag) -> DICOMUID? { attributes[tag].flatMap(DICOMUID.init) }
        guard let study = identifier(.studyInstanceUID), let series = identifier(.seriesInstanceUID),
            let instance = identifier(.sopInstanceUID)
        else {
            throw ViewerError(
                .cannotBeDone,
                "\(url.lastPathComponent): names no study, series and instance, without which no archive takes it")
        }
        return Scope(study: study, series: series, instance: instance)
    }
}
