import Foundation

/// Where the fields of a message of protocol buffers lie in its bytes, those in them not looked at; see "Encoding" in the
/// documentation of Protocol Buffers.
struct TopLevelFields {
    /// Each field's number, and its bytes with its tag.
    private(set) var ranges: [(number: Int, range: Range<Data.Index>)] = []

    /// `nil` where the bytes are no message.
    init?(of data: Data) {
        var place = data.startIndex
        func integer() -> UInt64? {
            var (value, shift): (UInt64, UInt64) = (0, 0)
            while place < data.endIndex, shift < 64 {
                let byte = data[place]
                place += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
        while place < data.endIndex {
            let start = place
            guard let tag = integer() else { return nil }
            let length: UInt64
            switch tag & 7 {
            case 0:
                guard integer() != nil else { return nil }
                length = 0
            case 1: length = 8
            case 2:
                guard let bytes = integer() else { return nil }
                length = bytes
            case 5: length = 4
            default: return nil
            }
            guard length <= UInt64(data.endIndex - place) else { return nil }
            place += Int(length)
            ranges.append((Int(tag >> 3), start..<place))
        }
    }
}
