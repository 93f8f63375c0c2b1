import Foundation

/// A few attributes of a DICOM file, read without its pixels, so that a folder of thousands can be listed.
public struct DICOMAttributes: Sendable, Equatable {
    private let values: [DICOMTag: String]

    /// - Parameters:
    ///   - url: of the file.
    ///   - tags: the top-level attributes to be read.
    /// - Throws: ``ImageFileError``, where the file is missing, damaged or not DICOM.
    public init(of url: URL, _ tags: [DICOMTag]) throws(ImageFileError) {
        let source = try ByteSource(url)
        guard try source.format() == .dicom else { throw .unknownFormat(path: url.path) }
        do {
            let dataSet = try DICOMDataSet(reading: source)
            dataSet.convertToUTF8()
            let root = dataSet.root
            values = Dictionary(
                tags.compactMap { tag in root.string(tag).map { (tag, $0) } }, uniquingKeysWith: { first, _ in first })
        } catch {
            throw error.at(url.path)
        }
    }

    /// An attribute's value as UTF-8 text, several values separated by backslashes; `nil` where it is absent or empty, or
    /// was not asked for.
    public subscript(tag: DICOMTag) -> String? { values[tag] }

    /// An attribute's values, where all are finite numbers.
    public func numbers(_ tag: DICOMTag) -> [Double]? {
        guard let text = values[tag] else { return nil }
        let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
        return numbers.count == parts.count && numbers.allSatisfy(\.isFinite) ? numbers : nil
    }
}
