/// What the formats of pictures share.
extension ImageHeader {
    /// What the file it comes from says beside its pixels, if that is of the kind asked for.
    func pictureSource<Kind: PictureSource>() -> Kind? {
        if case .picture(let source) = source { source as? Kind } else { nil }
    }

    /// Bits of a sample where fewer than a byte are enough and PNG and TIFF have samples of that many.
    var bitsBelowByte: Int? {
        guard intensity.sampleType == .uint8, colorModel == .gray else { return nil }
        return switch intensity.storedRange?.upperBound {
        case 1: 1
        case 3: 2
        case 15: 4
        default: nil
        }
    }

    /// PNG and JPEG cannot say that low values are bright. The sum of a sample and its mirror image where a picture must be mirrored in its stored range to look as it
    /// should, `nil` where it need not.
    var mirrorForPicture: Float? {
        guard intensity.polarity == .brightIsLow, let range = intensity.storedRange else { return nil }
        return range.lowerBound + range.upperBound
    }
}

extension PixelSpacing {
    /// Pixels a unit as whole numbers: exact where they are whole, else in a unit of its own, as a ratio right to a
    /// thousandth.
    func wholeDensity(upTo limit: Double) -> (x: Int, y: Int)? {
        func whole(_ factor: Double) -> (x: Int, y: Int)? {
            let (x, y) = (factor / column, factor / row)
            guard min(x, y).rounded() >= 1, max(x, y).rounded() <= limit else { return nil }
            let isExact = abs(x - x.rounded()) <= 1e-3 * x && abs(y - y.rounded()) <= 1e-3 * y
            return isExact ? (Int(x.rounded()), Int(y.rounded())) : nil
        }
        return whole(1) ?? whole(1000 * max(column, row)) ?? whole(limit * min(column, row))
    }
}

extension Pixels {
    /// One row of all channels, interleaved, in the sample type of `intensity`; color mirrored, alpha not.
    func encodePictureRow(_ row: Int, intensity: Intensity, mirror: Float?, into target: UnsafeMutableRawPointer) {
        guard let mirror else {
            return samples.withUnsafeBufferPointer {
                SampleCoding.encode(
                    $0.baseAddress! + row * width, planeStride: planeCount, pixels: width, channels: channels,
                    as: intensity, into: target)
            }
        }
        var mirrored = [Float]()
        for channel in 0..<channels {
            let start = channel * planeCount + row * width
            let isAlpha = channel == channels - 1 && channels % 2 == 0
            mirrored += samples[start..<start + width].lazy.map { isAlpha ? $0 : mirror - intensity.quantized($0) }
        }
        SampleCoding.encode(
            mirrored, planeStride: width, pixels: width, channels: channels, as: intensity, into: target)
    }
}
