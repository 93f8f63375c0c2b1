/// YCbCr to RGB as DICOM defines them (PS3.3 C.7.6.3.1.2), in place on three planes.
enum DICOMColor {
    static func convertToRGB(
        _ planes: UnsafeMutableBufferPointer<Float>, pixels: Int, from photometric: DICOMPixelFormat.Photometric,
        bitsStored: Int
    ) {
        let maximum = Float((1 << bitsStored) - 1)
        let middle = Float(1 << (bitsStored - 1))
        let blacks: Float
        let gain: Float
        let colorGain: Float
        switch photometric {
        case .ybrFull, .ybrFull422: (blacks, gain, colorGain) = (0, 1, 1)
        // 16…235 and 16…240 of 8 bit, to the full range.
        case .ybrPartial422: (blacks, gain, colorGain) = (middle / 8, 255 / 219, 255 / 224)
        default: return
        }
        for index in 0..<pixels {
            let luminance = (planes[index] - blacks) * gain
            let blue = (planes[pixels + index] - middle) * colorGain
            let red = (planes[2 * pixels + index] - middle) * colorGain
            func stored(_ value: Float) -> Float { min(max(value.rounded(), 0), maximum) }
            planes[index] = stored(luminance + 1.402 * red)
            planes[pixels + index] = stored(luminance - 0.344_136 * blue - 0.714_136 * red)
            planes[2 * pixels + index] = stored(luminance + 1.772 * blue)
        }
    }
}

/// The colours of a PALETTE COLOR image (PS3.3 C.7.6.3.1.5 and, for the segmented tables, C.7.9.2).
struct DICOMPalette {
    /// One table a colour, all of the same length.
    let tables: [[Float]]
    /// The stored value of the first entry; lower ones take it, higher than the last take the last.
    let first: Int
    /// 8 or 16.
    let bits: Int

    init(_ root: DICOMItem, isSigned: Bool) throws(DICOMFailure) {
        var tables = [[Float]]()
        var first = 0
        var bits = 16
        for color in 0..<3 {
            let descriptorTag = DICOMTag.paletteDescriptors[color]
            let descriptor = (root.numbers(descriptorTag) ?? []).compactMap { Int(exactly: $0) }
            guard descriptor.count == 3 else {
                throw .damaged("the palette has no descriptor \(descriptorTag)")
            }
            // Zero stands for 65536, which does not fit; a reader of signed words sees large counts negative.
            var count = descriptor[0] & 0xFFFF
            if count == 0 { count = 65536 }
            first = isSigned ? Int(Int16(truncatingIfNeeded: descriptor[1])) : descriptor[1] & 0xFFFF
            bits = descriptor[2] == 8 ? 8 : 16

            let dataTag = DICOMTag.paletteTables[color]
            let segmentedTag = DICOMTag.segmentedPaletteTables[color]
            let entries: [UInt16]
            if root.contains(dataTag) {
                let bytes = try root.bytes(dataTag)
                // Entries of 8 bit lie packed two in a word, or one in a word each.
                entries = bits == 8 && bytes.count < 2 * count ? bytes.map(UInt16.init) : Self.words(bytes)
            } else {
                let bytes = try root.bytes(segmentedTag)
                entries = try Self.expanded(bits == 8 ? bytes.map(UInt16.init) : Self.words(bytes), count: count)
            }
            guard entries.count >= count else {
                throw .damaged("the palette has \(entries.count) of \(count) entries")
            }
            tables.append(entries.prefix(count).map { Float(bits == 8 ? $0 & 0xFF : $0) })
        }
        guard tables[0].count == tables[1].count, tables[0].count == tables[2].count else {
            throw .damaged("the palette's three tables differ in length")
        }
        // Many palettes hold 8 bit in the upper half of 16, or repeat them in the lower: those are 8 bit.
        let isUpperHalf = tables.joined().allSatisfy { Int($0) & 0xFF == 0 }
        let isRepeated = tables.joined().allSatisfy { Int($0) & 0xFF == Int($0) >> 8 }
        if bits == 16, isUpperHalf || isRepeated {
            tables = tables.map { $0.map { ($0 / 256).rounded(.down) } }
            bits = 8
        }
        self.tables = tables
        self.first = first
        self.bits = bits
    }

    /// Replaces indices in the first of three planes by colours in all three.
    func apply(_ planes: UnsafeMutableBufferPointer<Float>, pixels: Int) {
        let last = tables[0].count - 1
        for index in 0..<pixels {
            let entry = min(max(Int(planes[index]) - first, 0), last)
            planes[index] = tables[0][entry]
            planes[pixels + index] = tables[1][entry]
            planes[2 * pixels + index] = tables[2][entry]
        }
    }

    private static func words(_ bytes: [UInt8]) -> [UInt16] {
        (0..<bytes.count / 2).map { UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8 }
    }

    /// Undoes segmentation: opcode 0 lists entries, 1 goes in a line from the last entry, 2 repeats earlier segments.
    private static func expanded(_ data: [UInt16], count: Int) throws(DICOMFailure) -> [UInt16] {
        var result = [UInt16]()
        var position = 0
        let damaged = DICOMFailure.damaged("the segmented palette ends too early")

        func segment(at start: Int) throws(DICOMFailure) -> Int {
            guard start + 1 < data.count else { throw damaged }
            let length = Int(data[start + 1])
            switch data[start] {
            case 0:
                guard start + 2 + length <= data.count else { throw damaged }
                result += data[start + 2..<start + 2 + length]
                return start + 2 + length
            case 1:
                guard start + 2 < data.count, let from = result.last else { throw damaged }
                let step = (Double(data[start + 2]) - Double(from)) / Double(max(length, 1))
                for index in 0..<length { result.append(UInt16(Double(from) + step * Double(index + 1))) }
                return start + 3
            default: throw .damaged("the segmented palette has an unknown opcode \(data[start])")
            }
        }

        while position + 1 < data.count, result.count < count {
            guard data[position] == 2 else {
                position = try segment(at: position)
                continue
            }
            guard position + 3 < data.count else { throw damaged }
            // The offset counts bytes as a signed number in two words, the lesser first.
            var source = (Int(data[position + 2]) | Int(data[position + 3]) << 16) / 2
            for _ in 0..<data[position + 1] { source = try segment(at: source) }
            position += 4
        }
        return result
    }
}
