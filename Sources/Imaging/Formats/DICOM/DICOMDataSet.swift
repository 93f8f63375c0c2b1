import CDICOM
import Foundation

/// What went wrong below, before it is known which file it concerns.
struct DICOMFailure: Error {
    enum Kind { case damaged, truncated, unsupported }
    var kind: Kind
    var message: String

    static func damaged(_ message: String) -> DICOMFailure { DICOMFailure(kind: .damaged, message: message) }
    static func truncated(_ message: String) -> DICOMFailure { DICOMFailure(kind: .truncated, message: message) }
    static func unsupported(_ message: String) -> DICOMFailure { DICOMFailure(kind: .unsupported, message: message) }

    /// The error of the last call into the shim on this thread.
    static var last: DICOMFailure {
        let kind: Kind =
            switch cdicom_error_kind() {
            case CDICOMTruncated: .truncated
            case CDICOMUnsupported: .unsupported
            default: .damaged
            }
        return DICOMFailure(kind: kind, message: String(cString: cdicom_error()))
    }

    func at(_ path: String) -> ImageFileError {
        switch kind {
        case .damaged: .damaged(path: path, detail: message)
        case .truncated: .truncated(path: path, detail: message)
        case .unsupported: .unsupported(path: path, feature: message)
        }
    }
}

/// A data set in memory, read from a file or from bytes, and what can be done to it. Belongs to one task.
final class DICOMDataSet {
    let handle: OpaquePointer
    /// What the handle goes on reading from; `nil` where it holds all there is.
    private let source: ByteSource?

    /// Large values stay in the source until they are asked for.
    init(reading source: ByteSource) throws(DICOMFailure) {
        let bytes = CDICOMBytes(
            user: Unmanaged.passUnretained(source).toOpaque(),
            read: { user, offset, bytes, count in
                guard let user else { return 0 }
                return Unmanaged<ByteSource>.fromOpaque(user).takeUnretainedValue()
                    .read(at: offset, into: bytes, count: count)
            }, count: source.count)
        guard let handle = cdicom_read(bytes) else { throw .last }
        self.handle = handle
        self.source = source
    }

    /// From what ``encoded()`` gave.
    init(decoding bytes: [UInt8]) throws(DICOMFailure) {
        guard let handle = bytes.withUnsafeBufferPointer({ cdicom_decode($0.baseAddress, $0.count) })
        else { throw .last }
        self.handle = handle
        source = nil
    }

    private init(owning handle: OpaquePointer) {
        self.handle = handle
        source = nil
    }

    deinit { cdicom_free(handle) }

    var root: DICOMItem { DICOMItem(owner: self, handle: cdicom_root(handle)) }
    var transferSyntax: DICOMTransferSyntax {
        DICOMTransferSyntax(rawValue: String(cString: cdicom_transfer_syntax(handle)))
    }
    /// Whether the pixel data is in fragments, whatever the transfer syntax says.
    var hasFragments: Bool { cdicom_fragment_count(handle) >= 0 }
    /// Whether the file ends behind its pixels as it must not.
    var hasDamagedEnd: Bool { cdicom_has_damaged_end(handle) }

    /// Explicit little endian, without a meta header.
    func encoded() throws(DICOMFailure) -> [UInt8] {
        var count = 0
        guard let bytes = cdicom_encode(handle, &count) else { throw .last }
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// A whole file with a new meta header.
    ///
    /// - Parameter transferSyntax: one whose elements are explicit little endian.
    func encodedFile(in transferSyntax: DICOMTransferSyntax) throws(DICOMFailure) -> [UInt8] {
        var count = 0
        guard let bytes = cdicom_encode_file(handle, transferSyntax.rawValue, &count) else { throw .last }
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// Takes the elements behind `tag` out into a data set of their own.
    func split(after tag: DICOMTag) throws(DICOMFailure) -> DICOMDataSet {
        guard let rest = cdicom_split(handle, tag.rawValue) else { throw .last }
        return DICOMDataSet(owning: rest)
    }

    /// Takes compressed pictures out of all sequences; whether there were any.
    func removeEncapsulatedPictures() -> Bool { cdicom_remove_encapsulated(root.handle) }

    /// Makes all text UTF-8; text in a character set that cannot be converted stays as it is.
    func convertToUTF8() { _ = cdicom_convert_to_utf8(handle) }

    /// The fragments of encapsulated pixel data; the first is the offset table.
    func fragments() throws(DICOMFailure) -> [[UInt8]] {
        let count = cdicom_fragment_count(handle)
        guard count >= 0 else { throw .last }
        var result = [[UInt8]]()
        result.reserveCapacity(Int(count))
        for index in 0..<count {
            let length = cdicom_fragment_length(handle, index)
            guard length >= 0 else { throw .last }
            var succeeded = true
            result.append(
                [UInt8](unsafeUninitializedCapacity: Int(length)) { bytes, initialized in
                    if length > 0 { succeeded = cdicom_fragment_copy(handle, index, bytes.baseAddress!, Int(length)) }
                    initialized = succeeded ? Int(length) : 0
                })
            guard succeeded else { throw .last }
        }
        return result
    }
}

/// The data set itself or an item of one of its sequences.
struct DICOMItem {
    let owner: DICOMDataSet
    let handle: OpaquePointer

    var tags: [DICOMTag] {
        (0..<cdicom_element_count(handle)).map { DICOMTag(cdicom_element_tag(handle, $0)) }
    }

    func contains(_ tag: DICOMTag) -> Bool { length(of: tag) != nil }

    /// The value's length in bytes; `nil` where there is no such element.
    func length(of tag: DICOMTag) -> Int? {
        let length = cdicom_length(handle, tag.rawValue)
        return length < 0 ? nil : Int(length)
    }

    func valueRepresentation(of tag: DICOMTag) -> String? {
        cdicom_value_representation(handle, tag.rawValue).map { String(cString: $0) }
    }

    /// The whole value as text without padding; `nil` where there is none or it is empty.
    func string(_ tag: DICOMTag) -> String? {
        guard let text = cdicom_string(handle, tag.rawValue) else { return nil }
        defer { free(text) }
        let bytes = Data(bytes: text, count: strlen(text))
        // Japanese, which DCMTK's converter does not know, announces itself by escape sequences.
        let japanese = bytes.contains(0x1B) ? String(data: bytes, encoding: .iso2022JP) : nil
        let string = (japanese ?? String(decoding: bytes, as: UTF8.self)).filter { !Self.isControl($0) }
        let trimmed = string.trimmingCharacters(in: .whitespacesAndNewlines)
        return trimmed.isEmpty ? nil : trimmed
    }

    /// Whatever a terminal might take for a command; a text of several lines keeps its breaks.
    private static func isControl(_ character: Character) -> Bool {
        character.unicodeScalars.contains { $0.properties.generalCategory == .control }
            && !["\n", "\r\n", "\r", "\t"].contains(character)
    }

    func strings(_ tag: DICOMTag) -> [String] {
        guard let text = string(tag) else { return [] }
        return text.split(separator: "\\", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The values that are finite numbers, if all are.
    func numbers(_ tag: DICOMTag) -> [Double]? {
        let numbers = strings(tag).compactMap(Double.init)
        guard !numbers.isEmpty, numbers.count == strings(tag).count, numbers.allSatisfy(\.isFinite) else { return nil }
        return numbers
    }

    func number(_ tag: DICOMTag) -> Double? {
        guard let first = strings(tag).first, let number = Double(first), number.isFinite else { return nil }
        return number
    }

    func integer(_ tag: DICOMTag) -> Int? { number(tag).flatMap { Int(exactly: $0) } }

    /// A part of the value as it lies in a file of this byte order.
    func bytes(
        _ tag: DICOMTag, offset: Int = 0, count: Int? = nil, bigEndian: Bool = false
    ) throws(DICOMFailure) -> [UInt8] {
        guard let length = length(of: tag) else { throw .damaged("\(tag) is missing") }
        let count = count ?? length - offset
        guard offset + count <= length else { throw .truncated("\(tag) has \(length) bytes of \(offset + count)") }
        guard count > 0 else { return [] }
        var succeeded = true
        let result = [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            succeeded = cdicom_copy(handle, tag.rawValue, offset, bytes.baseAddress!, count, bigEndian)
            initialized = succeeded ? count : 0
        }
        guard succeeded else { throw .last }
        return result
    }

    func set(_ tag: DICOMTag, _ value: String) throws(DICOMFailure) {
        guard cdicom_set_string(handle, tag.rawValue, value) else { throw .last }
    }

    /// Sets text that is already in the data set's character set.
    func set(_ tag: DICOMTag, text: [UInt8]) throws(DICOMFailure) {
        let succeeded = (text + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cdicom_set_string(handle, tag.rawValue, $0.baseAddress!) }
        }
        guard succeeded else { throw .last }
    }

    /// An element without a value, or a sequence without items, where one must be but has nothing to say.
    func setEmpty(_ tag: DICOMTag) throws(DICOMFailure) {
        guard cdicom_set_empty(handle, tag.rawValue) else { throw .last }
    }

    func remove(_ tag: DICOMTag) { _ = cdicom_remove(handle, tag.rawValue) }

    func items(_ tag: DICOMTag) -> [DICOMItem] {
        let count = cdicom_item_count(handle, tag.rawValue)
        guard count > 0 else { return [] }
        return (0..<count).compactMap { cdicom_item(handle, tag.rawValue, $0) }
            .map { DICOMItem(owner: owner, handle: $0) }
    }

    func appendItem(_ tag: DICOMTag) throws(DICOMFailure) -> DICOMItem {
        guard let item = cdicom_append_item(handle, tag.rawValue) else { throw .last }
        return DICOMItem(owner: owner, handle: item)
    }
}
