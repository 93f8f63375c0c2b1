/// What the status of a C-STORE means for whoever sent (PS3.4 table B.2-1; PS3.7 annex C).
enum StorageStatus {
    static let success: UInt16 = 0x0000
    static let outOfResources: UInt16 = 0xA700
    static let doesNotMatch: UInt16 = 0xA900
    static let cannotUnderstand: UInt16 = 0xC000

    /// What is to be done about an answer.
    enum Meaning {
        /// The object is there; a warning says that something of it was changed.
        case stored
        /// It may be taken another time.
        case later
        /// It will never be taken.
        case never
    }

    static func meaning(of status: UInt16) -> Meaning {
        switch status {
        case 0x0000, 0xB000...0xBFFF, 0x0001, 0x0107, 0x0116: .stored
        // Does not match its class; cannot be understood; class not supported; invalid UID.
        case 0xA900...0xA9FF, 0xC000...0xCFFF, 0x0117, 0x0122: .never
        default: .later
        }
    }
}
