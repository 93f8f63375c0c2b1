/// Transfer syntaxes (PS3.5, PS3.6 annex A) by their UIDs.
enum TransferSyntaxes {
    /// Explicit and implicit little endian, which results are sent in.
    static let sent = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"]

    /// In which objects are taken, as they come, the first best where a sender leaves the choice.
    static let received =
        sent + [
            // JPEG-LS, JPEG 2000, JPEG and RLE without loss; then with loss; then what is rare.
            "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.57",
            "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81",
            "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
        ]
}

/// Calls `body` with texts as C has them.
func withCStrings<Result>(_ texts: [String], _ body: ([UnsafePointer<CChar>]) throws -> Result) rethrows -> Result {
    func collect(_ pointers: [UnsafePointer<CChar>]) throws -> Result {
        guard pointers.count < texts.count else { return try body(pointers) }
        return try texts[pointers.count].withCString { try collect(pointers + [$0]) }
    }
    return try collect([])
}
