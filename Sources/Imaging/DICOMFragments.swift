/// The fragments of encapsulated pixel data put together to frames (PS3.5 A.4).
struct DICOMFragments {
    let frames: [[UInt8]]

    /// - Parameter fragments: the offset table, which may be empty, and what follows it.
    init(_ fragments: [[UInt8]], frames count: Int) throws(DICOMFailure) {
        let data = Array(fragments.dropFirst())
        guard !data.isEmpty else { throw .truncated("the pixel data has no fragments") }
        guard data.count >= count else {
            throw .truncated("the pixel data has \(data.count) fragments for \(count) frames")
        }
        if count == 1 {
            frames = [Array(data.joined())]
        } else if data.count == count {
            frames = data
        } else if let starts = Self.starts(fragments[0], data, count) ?? Self.startsOfCodestreams(data, count) {
            frames = starts.indices.map { index in
                let end = index + 1 < starts.count ? starts[index + 1] : data.count
                return Array(data[starts[index]..<end].joined())
            }
        } else {
            throw .damaged("\(data.count) fragments cannot be assigned to \(count) frames")
        }
    }

    /// The first fragment of each frame by the offset table, if that has one entry a frame that fits.
    private static func starts(_ table: [UInt8], _ data: [[UInt8]], _ count: Int) -> [Int]? {
        guard table.count == 4 * count else { return nil }
        var fragmentAt = [Int: Int]()
        var offset = 0
        for (index, fragment) in data.enumerated() {
            fragmentAt[offset] = index
            // Each has a tag and a length before it.
            offset += 8 + fragment.count
        }
        let starts = (0..<count).compactMap { entry in
            fragmentAt[(0..<4).reduce(0) { $0 | Int(table[4 * entry + $1]) << (8 * $1) }]
        }
        return starts.count == count && starts[0] == 0 && zip(starts, starts.dropFirst()).allSatisfy(<) ? starts : nil
    }

    /// The fragments that begin as a JPEG, JPEG-LS or JPEG 2000 image does, if there is one for each frame.
    private static func startsOfCodestreams(_ data: [[UInt8]], _ count: Int) -> [Int]? {
        let signatures: [[UInt8]] = [[0xFF, 0xD8, 0xFF], [0xFF, 0x4F, 0xFF, 0x51], [0, 0, 0, 12, 0x6A, 0x50]]
        let starts = data.indices.filter { index in signatures.contains { data[index].starts(with: $0) } }
        return starts.count == count && starts[0] == 0 ? starts : nil
    }
}
