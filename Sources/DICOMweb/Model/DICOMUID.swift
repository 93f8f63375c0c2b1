/// The UID of a study, series or instance (PS3.5 section 9): up to 64 digits and dots, so that no path can be made of it.
public struct DICOMUID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    /// - Parameter rawValue: digits and single dots between them; `nil` where it is anything else.
    public init?(rawValue: String) {
        let components = rawValue.split(separator: ".", omittingEmptySubsequences: false)
        guard rawValue.utf8.count <= 64,
            components.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        self.rawValue = rawValue
    }

    public var description: String { rawValue }
}
