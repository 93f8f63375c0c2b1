import Foundation
import ONNX

/// A DICOM unique identifier that is a function of a name, so that all who know the name agree without talking.
///
/// It is a UUID of version 8 (RFC 9562, section 5.8): the first 128 bits of the SHA-256 of a name space's UUID and the
/// name, as the RFC's appendix B.2 has it, with the bits of version and variant set; and it is written as PS3.5 B.2 wants
/// UUIDs, `2.25.` and the number in decimal digits.
public struct UniqueIdentifier: Sendable, Hashable, CustomStringConvertible {
    /// The UUID's 128 bits, the first the highest.
    public let number: UInt128

    /// - Parameters:
    ///   - name: what is identified, in UTF-8.
    ///   - space: the UUID of the space that the name is of; Fovea's own by default.
    public init(named name: String, in space: UUID = Self.fovea) {
        var hash = SHA256()
        hash.update(withUnsafeBytes(of: space.uuid) { Array($0) })
        hash.update(Array(name.utf8))
        var bytes = Array(hash.digest.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        number = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// Fovea's name space, drawn once and never to be changed: every derived identifier hangs on it.
    public static let fovea = UUID(
        uuid: (
            0xB2, 0xF0, 0x5A, 0x1D, 0x6C, 0x3E, 0x4D, 0x7A, 0x9E, 0x21, 0x58, 0xC4, 0x0F, 0x97, 0x13, 0x6B
        ))

    /// As DICOM writes it: `2.25.` and up to 39 digits.
    public var description: String { "2.25.\(number)" }
}
