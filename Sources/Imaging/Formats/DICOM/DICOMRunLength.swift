/// DICOM's run-length coding (PS3.5 annex G): a header of up to 15 segment offsets, one PackBits segment for each byte
/// of a sample, the highest first. DCMTK's decoder trusts those offsets; this one does not.
enum DICOMRunLength {
    static func decode(_ data: [UInt8], _ format: DICOMPixelFormat) throws(DICOMFailure) -> DICOMFrame {
        guard format.bitsAllocated >= 8 else { throw .unsupported("run-length coding of \(format.bitsAllocated) bit") }
        guard data.count >= 64 else { throw .truncated("the run-length header") }
        func number(_ index: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(data[4 * index + $1]) << (8 * $1) }
        }
        let bytesPerSample = format.bitsAllocated / 8
        let segments = format.samplesPerPixel * bytesPerSample
        guard number(0) == segments else {
            throw .damaged("\(number(0)) run-length segments where \(segments) are needed")
        }
        let pixels = format.columns * format.rows
        var bytes = [UInt8](repeating: 0, count: pixels * segments)
        for segment in 0..<segments {
            let start = number(segment + 1)
            let end = segment + 1 < segments ? number(segment + 2) : data.count
            guard 64 <= start, start <= end, end <= data.count else {
                throw .damaged("run-length segment \(segment + 1) lies outside its frame")
            }
            let (sample, byte) = segment.quotientAndRemainder(dividingBy: bytesPerSample)
            // Planar, little endian.
            let first = sample * pixels * bytesPerSample + bytesPerSample - 1 - byte
            let count = unpack(data[start..<end], pixels: pixels) { bytes[first + $0 * bytesPerSample] = $1 }
            guard count == pixels else { throw .truncated("run-length segment \(segment + 1)") }
        }
        return DICOMFrame(
            words: .init(littleEndian: bytes[...], bitsAllocated: format.bitsAllocated), layout: .planar,
            bitsStored: format.bitsStored, shift: format.highBit + 1 - format.bitsStored, isSigned: format.isSigned,
            photometric: format.photometric == .ybrFull422 ? .ybrFull : format.photometric)
    }

    /// How many of `pixels` bytes there were.
    @inline(__always)
    private static func unpack(_ segment: ArraySlice<UInt8>, pixels: Int, store: (Int, UInt8) -> Void) -> Int {
        var position = segment.startIndex
        var count = 0
        while count < pixels, position < segment.endIndex {
            let control = Int(Int8(bitPattern: segment[position]))
            position += 1
            if control >= 0 {
                let literals = min(control + 1, segment.endIndex - position, pixels - count)
                for index in 0..<literals { store(count + index, segment[position + index]) }
                position += control + 1
                count += literals
            } else if control > -128 {
                guard position < segment.endIndex else { break }
                let repeats = min(1 - control, pixels - count)
                for index in 0..<repeats { store(count + index, segment[position]) }
                position += 1
                count += repeats
            }
        }
        return count
    }
}
