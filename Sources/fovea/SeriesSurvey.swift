import Foundation
import Imaging
import Upscaling

/// What the files of one DICOM series have in common, so that the series is chosen for and shown to networks as one.
///
/// It does not depend on the order of the files.
struct SeriesSurvey {
    private struct Series {
        var members: [(number: Int, instance: String, url: URL)] = []
        var samples = SeriesSamples()
    }

    private var series: [String: Series] = [:]

    /// Knows of no series.
    init() {}

    /// Reads the DICOM files among `files`, where there are several; those that cannot be read are left to whoever needs
    /// them.
    ///
    /// - Parameter progress: told how many are read.
    init(_ files: [URL], progress: (Int) -> Void = { _ in }) {
        let files = files.filter { (try? ImageFile.format(of: $0)) == .dicom }
        guard files.count > 1 else { return }
        for (index, file) in files.enumerated() {
            progress(index)
            guard let image = try? ImageFile.read(file), case .dicom(let source) = image.header.source,
                let uid = source.seriesInstanceUID,
                // Slices that mean their values each in its own way are put on common terms by who needs them.
                image.header.arrangement?.rescales == nil
            else { continue }
            let number = source[.instanceNumber].flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } ?? 0
            series[uid, default: Series()].members.append((number, source.sopInstanceUID ?? "", file))
            series[uid]!.samples.add(image)
        }
        series = series.filter { $0.value.members.count > 1 }
    }

    /// The series of several files that an image belongs to.
    func uid(of image: Image) -> String? {
        guard case .dicom(let source) = image.header.source, let uid = source.seriesInstanceUID, series[uid] != nil
        else { return nil }
        return uid
    }

    /// The image as a part of its series: its range is that of all.
    func joined(_ image: Image) -> Image {
        guard let uid = uid(of: image), image.header.arrangement?.rescales == nil else { return image }
        var image = image
        image.header.series = series[uid]!.samples.values
        return image
    }

    /// The image in the middle of a series, which stands for it where a model is chosen.
    ///
    /// - Precondition: `uid` is a series' that ``uid(of:)`` gave.
    func representative(of uid: String) throws -> Image {
        let members = series[uid]!.members.sorted { ($0.number, $0.instance) < ($1.number, $1.instance) }
        return try ImageFile.read(members[members.count / 2].url)
    }
}

extension DICOMTag {
    fileprivate static let instanceNumber = DICOMTag(rawValue: 0x0020_0013)
}
