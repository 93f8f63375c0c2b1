/// The fragments of encapsulated pixel data put together to frames (PS3.5 A.4).
struct DICOMFragments {
    let frames: [[UInt8]]

    /// How many more codestreams there are than frames.
    let excess: Int

    /// - Parameter fragments: the offset table, which may be empty, and what follows it.
    init(_ fragments: [[UInt8]], frames count: Int) throws(DICOMFailure) {
        // Some writers leave the table out.
        let hasTable =
            fragments.count > 0 && !Self.isCodestream(fragments[0])
            && (fragments.count != count || fragments[0].count == 4 * count)
        let all = Array(fragments.dropFirst(hasTable ? 1 : 0))
        let data = all.filter { !$0.isEmpty }
        guard !data.isEmpty else { throw .truncated("the pixel data has no fragments") }
        guard data.count >= count else {
            throw .truncated("the pixel data has \(data.count) fragments for \(count) frames")
        }
        let codestreams = data.indices.filter { Self.isCodestream(data[$0]) }
        excess = codestreams.first == 0 ? max(codestreams.count - count, 0) : 0
        func frames(_ data: [[UInt8]], from starts: [Int]) -> [[UInt8]] {
            starts.indices.map { index in
                let end = index + 1 < starts.count ? starts[index + 1] : data.count
                return Array(data[starts[index]..<end].joined())
            }
        }
        if excess > 0 {
            self.frames = Array(frames(data, from: codestreams).prefix(count))
        } else if count == 1 {
            self.frames = [Array(data.joined())]
        } else if data.count == count {
            self.frames = data
        } else if hasTable, let starts = Self.starts(fragments[0], all, count) {
            self.frames = frames(all, from: starts)
        } else if codestreams.count == count, codestreams[0] == 0 {
            self.frames = frames(data, from: codestreams)
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

    /// Whether a fragment begins as a JPEG, JPEG-LS or JPEG 2000 image does.
    private static func isCodestream(_ fragment: [UInt8]) -> Bool {
        let signatures: [[UInt8]] = [[0xFF, 0xD8, 0xFF], [0xFF, 0x4F, 0xFF, 0x51], [0, 0, 0, 12, 0x6A, 0x50]]
        return signatures.contains { fragment.starts(with: $0) }
    }
}
