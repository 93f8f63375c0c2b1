/// What a sample of a decoded codestream is in the data set's terms.
///
/// A lossy codestream may hold more bits than are stored, and its error carries samples beyond them: those are the
/// nearest stored value there is, since a bit cut off would make white black. A lossless one holds what was there before
/// coding, overlays in unused bits among it: those are cut off, as they are of uncompressed pixels (PS3.5 8.1.1).
struct DICOMStoredValue {
    /// Bits of a sample in the codestream.
    let precision: Int
    let isCodedSigned: Bool
    let isLossy: Bool
    /// Where an unsigned codestream holds signed values: how many of its bits these are in.
    var signedBits: Int
    let bitsStored: Int
    let shift: Int
    let isSigned: Bool

    init(precision: Int, isCodedSigned: Bool, isLossy: Bool, _ format: DICOMPixelFormat) {
        self.precision = precision
        self.isCodedSigned = isCodedSigned
        self.isLossy = isLossy
        signedBits = precision
        bitsStored = format.bitsStored
        isSigned = format.isSigned
        // A codestream that reaches up to the high bit holds whole words; others begin at the lowest stored bit.
        let above = format.highBit + 1 - format.bitsStored
        shift = !isLossy && precision > format.highBit ? above : 0
    }

    /// Whether every sample of the codestream is already what is stored.
    var isIdentity: Bool { precision <= bitsStored && shift == 0 && !isCodedSigned && !isSigned }

    func callAsFunction(_ sample: Int) -> Int {
        // A signed codestream with bits to spare has room for every unsigned value as it is.
        let isAsCoded = isCodedSigned == isSigned || isCodedSigned && precision > bitsStored
        let value = isAsCoded ? sample : Self.low(isSigned ? signedBits : precision, of: sample, isSigned: isSigned)
        guard isLossy else { return Self.low(bitsStored, of: value >> shift, isSigned: isSigned) }
        let range = isSigned ? -(1 << (bitsStored - 1))...(1 << (bitsStored - 1)) - 1 : 0...(1 << bitsStored) - 1
        return min(max(value, range.lowerBound), range.upperBound)
    }

    private static func low(_ bits: Int, of value: Int, isSigned: Bool) -> Int {
        let unused = Int.bitWidth - bits
        return isSigned ? (value << unused) >> unused : Int(bitPattern: (UInt(bitPattern: value) << unused) >> unused)
    }
}
