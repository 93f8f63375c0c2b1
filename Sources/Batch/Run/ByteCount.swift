import Foundation

/// A number of bytes as people write it: `4GB`, `500 MB`.
public struct ByteCount: Sendable, Equatable, CustomStringConvertible {
    /// How many.
    public let bytes: Int

    /// - Parameter bytes: how many.
    public init(_ bytes: Int) { self.bytes = bytes }

    private static let units: [(name: String, bytes: Double)] = [
        ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3),
        ("TiB", 1_099_511_627_776), ("GiB", 1_073_741_824), ("MiB", 1_048_576), ("KiB", 1024),
    ]

    /// Reads a number with its unit: KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB or TiB (of 1024).
    ///
    /// - Parameter text: such as `4GB`; `nil` comes of anything else.
    public init?(_ text: String) {
        let word = text.filter { $0 != " " }
        guard let unit = Self.units.first(where: { word.lowercased().hasSuffix($0.name.lowercased()) }),
            let number = Double(word.dropLast(unit.name.count)), number > 0, number * unit.bytes < 1e18
        else { return nil }
        bytes = Int(number * unit.bytes)
    }

    public var description: String {
        // 999.9 MB is 1 GB in three digits.
        let unit = Self.units.prefix(4).first { Double(bytes) >= 0.9995 * $0.bytes } ?? ("bytes", 1)
        return String(format: "%.3g %@", Double(bytes) / unit.bytes, unit.name)
    }
}
