import CDICOM
import Foundation

/// A DICOM file as archives hand it on: its attributes as JSON and its frames as they are stored, no sample decoded. Belongs to
/// one task.
public struct DICOMObject {
    private let source: ByteSource
    private let dataSet: DICOMDataSet

    /// - Parameter url: of the file, which must not change meanwhile.
    /// - Throws: ``ImageFileError``, where the file is missing, damaged or not DICOM.
    public init(of url: URL) throws(ImageFileError) {
        try self.init(ByteSource(url))
    }

    /// - Parameters:
    ///   - bytes: of a whole file.
    ///   - name: what errors call it.
    /// - Throws: ``ImageFileError``, where they are no DICOM file, or a damaged one.
    public init(_ bytes: Data, named name: String) throws(ImageFileError) {
        try self.init(ByteSource(bytes, named: name))
    }

    private init(_ source: ByteSource) throws(ImageFileError) {
        self.source = source
        guard try source.format() == .dicom else { throw .unknownFormat(path: source.name) }
        dataSet = try Self.dataSet(source)
    }

    private static func dataSet(_ source: ByteSource) throws(ImageFileError) -> DICOMDataSet {
        do {
            return try DICOMDataSet(reading: source)
        } catch {
            throw error.at(source.name)
        }
    }

    /// How the file is encoded.
    public var transferSyntax: DICOMTransferSyntax { dataSet.transferSyntax }

    /// An attribute's value as the file's bytes say it in ASCII, which UIDs are; `nil` where it is absent or empty.
    public subscript(tag: DICOMTag) -> String? { dataSet.root.string(tag) }

    /// The element that holds the pixels, and its value representation; `nil` where there is none.
    public var pixels: (tag: DICOMTag, representation: String)? {
        DICOMPixelFormat.tags.first(where: dataSet.root.contains).map {
            ($0, dataSet.root.valueRepresentation(of: $0) ?? "OW")
        }
    }

    /// The attributes in the DICOM JSON Model (PS3.18 annex F) in UTF-8, without the element of ``pixels``; other binary values
    /// stand in it whole.
    ///
    /// - Throws: ``ImageFileError``, where a value is none of its kind, or the file is damaged.
    public func json() throws(ImageFileError) -> [UInt8] {
        // Apart from the one that frames are read of.
        let attributes = try Self.dataSet(source)
        for tag in DICOMPixelFormat.tags + [.extendedOffsetTable, .extendedOffsetTableLengths, .dataSetTrailingPadding]
        {
            attributes.root.remove(tag)
        }
        _ = attributes.removeEncapsulatedPictures()
        attributes.convertToUTF8()
        guard let text = cdicom_json(attributes.handle) else { throw DICOMFailure.last.at(source.name) }
        defer { free(text) }
        return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// Whether it says that Fovea has had a part in making it.
    public var isMadeByFovea: Bool {
        dataSet.root.items(.contributingEquipmentSequence).contains { $0.string(.manufacturerModelName) == "Fovea" }
    }

    /// How many frames the pixels are; 1 where the file does not say.
    public var frameCount: Int { max(dataSet.root.integer(.numberOfFrames) ?? 1, 1) }

    /// A frame as it is stored: a codestream where the ``transferSyntax`` has those, samples in little endian where not.
    ///
    /// - Parameter number: from 1, as DICOM counts them.
    /// - Throws: ``ImageFileError``, where there is no such frame, the pixels end before it, or it shares bytes with the next.
    public func frame(_ number: Int) throws(ImageFileError) -> [UInt8] {
        do {
            return try frameBytes(number)
        } catch {
            throw error.at(source.name)
        }
    }

    private func frameBytes(_ number: Int) throws(DICOMFailure) -> [UInt8] {
        let format = try DICOMPixelFormat(dataSet.root)
        guard (1...format.frames).contains(number) else { throw .damaged("there is no frame \(number)") }
        if dataSet.hasFragments {
            return try DICOMFragments(try dataSet.fragments(), frames: format.frames).frames[number - 1]
        }
        let (start, isSplit) = ((number - 1) * format.bitsPerFrame).quotientAndRemainder(dividingBy: 8)
        guard isSplit == 0, format.bitsPerFrame % 8 == 0 || format.frames == 1 else {
            throw .unsupported("frames of single bits that share bytes; fetch the whole object instead")
        }
        return try dataSet.root.bytes(format.tag, offset: start, count: (format.bitsPerFrame + 7) / 8)
    }

    /// The file in Explicit VR Little Endian, its samples unchanged.
    ///
    /// - Throws: ``ImageFileError``, where its pixels are compressed, or more than memory holds.
    public func inExplicitLittleEndian() throws(ImageFileError) -> [UInt8] {
        guard transferSyntax.isNative else {
            throw .unsupported(path: source.name, feature: transferSyntax.refusal)
        }
        do {
            return try dataSet.encodedFile(in: .explicitLittleEndian)
        } catch {
            throw error.at(source.name)
        }
    }
}
