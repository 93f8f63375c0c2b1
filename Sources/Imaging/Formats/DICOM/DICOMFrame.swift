/// The samples of one frame as a codec or the file gives them, before they are made planar floats.
struct DICOMFrame {
    enum Layout {
        case interleaved
        case planar
        /// Two luminances, then the blue and red differences both pixels share (PS3.3 C.7.6.3.1.2).
        case subsampled
    }

    enum Words {
        case uint8([UInt8])
        case uint16([UInt16])
        case uint32([UInt32])
        case float32([Float])
        case float64([Double])
    }

    var words: Words
    var layout: Layout
    /// Where in a word the stored bits lie; ignored for floating point.
    var bitsStored: Int
    var shift: Int
    var isSigned: Bool
    /// Samples of different colours mean this.
    var photometric: DICOMPixelFormat.Photometric

    /// The stored values, planar: colour by colour, each row by row. Colours are not converted.
    ///
    /// - Parameters:
    ///   - destination: room for `pixels` times the samples a pixel has.
    ///   - rounding: whether values of more than 24 significant bits may become the nearest Float32.
    func unpack(
        pixels: Int, into destination: UnsafeMutableBufferPointer<Float>, rounding: Bool = false
    ) throws(DICOMFailure) {
        switch words {
        case .uint8(let words): unpack(words, pixels, destination)
        case .uint16(let words): unpack(words, pixels, destination)
        case .uint32(let words):
            if !rounding, let word = words.first(where: { !isExact($0) }) {
                throw .unsupported("a stored value of \(word) has more than the 24 significant bits kept")
            }
            unpack(words, pixels, destination)
        case .float32(let words): arrange(pixels, destination) { words[$0] }
        case .float64(let words): arrange(pixels, destination) { Float(words[$0]) }
        }
    }

    private func unpack<Word: FixedWidthInteger & UnsignedInteger>(
        _ words: [Word], _ pixels: Int, _ destination: UnsafeMutableBufferPointer<Float>
    ) {
        // Left-justified in 32 bits, so that shifting back down drops what is no stored bit (overlays of old files)
        // and extends the sign.
        let up = UInt32(32 - bitsStored - shift)
        let down = UInt32(32 - bitsStored)
        words.withUnsafeBufferPointer { words in
            if isSigned {
                arrange(pixels, destination) { index in
                    Float((Int32(truncatingIfNeeded: words[index]) &<< Int32(up)) &>> Int32(down))
                }
            } else if bitsStored == 32 {
                arrange(pixels, destination) { Float(words[$0]) }
            } else {
                arrange(pixels, destination) { index in
                    Float(Int32(bitPattern: (UInt32(words[index]) &<< up) &>> down))
                }
            }
        }
    }

    private func isExact(_ word: UInt32) -> Bool {
        let magnitude = isSigned ? Int32(bitPattern: word).magnitude : word
        return Float(exactly: magnitude) != nil
    }

    @inline(__always)
    private func arrange(
        _ pixels: Int, _ destination: UnsafeMutableBufferPointer<Float>, _ sample: (Int) -> Float
    ) {
        let channels = destination.count / pixels
        switch layout {
        case .subsampled:
            for pair in 0..<pixels / 2 {
                let first = 4 * pair
                destination[2 * pair] = sample(first)
                destination[2 * pair + 1] = sample(first + 1)
                for channel in 1...2 {
                    let difference = sample(first + 1 + channel)
                    destination[channel * pixels + 2 * pair] = difference
                    destination[channel * pixels + 2 * pair + 1] = difference
                }
            }
        case .interleaved where channels > 1:
            for channel in 0..<channels {
                let start = channel * pixels
                for pixel in 0..<pixels { destination[start + pixel] = sample(pixel * channels + channel) }
            }
        case .interleaved, .planar:
            for index in 0..<destination.count { destination[index] = sample(index) }
        }
    }
}
