import Foundation
import Imaging
import ONNX
import Upscaling

/// What the files of one DICOM series have in common, so that the series is chosen for and shown to networks as one.
///
/// It does not depend on the order of the files.
public struct SeriesSurvey: Sendable {
    private struct Series {
        var members: [(number: Int, instance: String, url: URL)] = []
        var samples = SeriesSamples()
        var digest = ""
    }

    private var series: [String: Series] = [:]
    /// The series of each file.
    private var uids: [URL: String] = [:]

    /// Knows of no series.
    public init() {}

    /// Reads the DICOM files among `files`, where there are several; those that cannot be read are left to whoever needs
    /// them.
    ///
    /// - Parameters:
    ///   - files: of any kind, in any order.
    ///   - progress: told how many are read.
    public init(_ files: [URL], progress: (Int) -> Void = { _ in }) {
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
            uids[file] = uid
        }
        series = series.filter { $0.value.members.count > 1 }
        for (uid, found) in series { series[uid]!.digest = Self.digest(of: found) }
    }

    /// A hash of all that the series' other files change in the result of one: the range, and who stands for all.
    private static func digest(of series: Series) -> String {
        var hash = SHA256()
        let values = series.samples.values
        hash.update(Array("\(values?.shareTerms ?? true)\n\(middle(of: series).instance)\n".utf8))
        for value in values?.sorted ?? [] {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { hash.update(Data($0)) }
        }
        return hash.hexadecimal
    }

    private static func middle(of series: Series) -> (number: Int, instance: String, url: URL) {
        let members = series.members.sorted { ($0.number, $0.instance) < ($1.number, $1.instance) }
        return members[members.count / 2]
    }

    /// The series of several files that an image belongs to; `nil` where it is alone.
    ///
    /// - Parameter image: as it was read.
    public func uid(of image: Image) -> String? {
        guard case .dicom(let source) = image.header.source, let uid = source.seriesInstanceUID, series[uid] != nil
        else { return nil }
        return uid
    }

    /// What the files of a file's series make of it together, as a hash that changes when they do; `nil` where it is alone.
    ///
    /// - Parameter file: one of those that were looked at.
    func digest(of file: URL) -> String? { uids[file].flatMap { series[$0]?.digest } }

    /// The image as a part of its series: its range is that of all.
    ///
    /// - Parameter image: as it was read.
    public func joined(_ image: Image) -> Image {
        guard let uid = uid(of: image), image.header.arrangement?.rescales == nil else { return image }
        var image = image
        image.header.series = series[uid]!.samples.values
        return image
    }

    /// The image in the middle of a series, which stands for it where a model is chosen.
    ///
    /// - Parameter uid: a series' that ``uid(of:)`` gave.
    /// - Throws: `ImageFileError` where the file is no longer to be read.
    /// - Precondition: `uid` is known here.
    public func representative(of uid: String) throws -> Image {
        try ImageFile.read(Self.middle(of: series[uid]!).url)
    }
}
