import CJPEG

extension Degradation {
    /// `jpeg:80`: compressed by libjpeg at `quality` 1…100, to 8 bits of the value range; see
    /// ``Pixels/withJPEGArtifacts(quality:valueRange:)``.
    public struct JPEGArtifacts: DegradationStep {
        public var quality: Parameter

        public var name: String { "jpeg" }
        public var usage: String { "jpeg:QUALITY from 1 to 100, such as jpeg:80" }
        public static let parameters: [StepParameter<Self>] = [
            StepParameter(\.quality, .within(1...100, "a quality of 1 to 100"))
        ]

        public var withoutNoise: (any DegradationStep)? { nil }

        /// What libjpeg rounds at this quality, in gray levels of 8 bits.
        var quantization: JPEGQuantization {
            let trip = JPEGRoundTrip(width: 8, height: 8, channels: 1, quality: Int(quality.value.rounded()))
            var bytes = [UInt8](repeating: 0, count: 64)
            let quantization = trip(&bytes)
            precondition(quantization != nil, "libjpeg writes its tables")
            return quantization!
        }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.withJPEGArtifacts(quality: Int(quality.value.rounded()), valueRange: valueRange)
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/JPEGArtifacts``
    public static func jpeg(quality: Degradation.Parameter) -> Self {
        Self(Degradation.JPEGArtifacts(quality: quality))
    }
}

extension Pixels {
    /// Each slice as it comes back from a JPEG file: rounded to 8 bits of `valueRange`, colour at half the resolution
    /// along both axes (4:2:0) as cameras write it. Numbers of channels that JPEG has not are taken one by one as gray.
    ///
    /// - Parameters:
    ///   - quality: libjpeg's, 1 to 100.
    ///   - valueRange: what becomes 0…255; values outside are clipped.
    public func withJPEGArtifacts(quality: Int, valueRange: ClosedRange<Float>) -> Pixels {
        let together = channels == 3 ? 3 : 1
        let black = valueRange.lowerBound
        let gain = 255 / (valueRange.upperBound - black)
        var result = self
        for first in stride(from: 0, to: channels * slices, by: together) {
            var bytes = [UInt8](repeating: 0, count: planeCount * together)
            for channel in 0..<together {
                let plane = (first + channel) * planeCount
                for index in 0..<planeCount {
                    let value = ((samples[plane + index] - black) * gain).rounded()
                    bytes[index * together + channel] = UInt8(min(max(value, 0), 255))
                }
            }
            JPEGRoundTrip(width: width, height: height, channels: together, quality: quality)(&bytes)
            for channel in 0..<together {
                let plane = (first + channel) * planeCount
                for index in 0..<planeCount {
                    result.samples[plane + index] = Float(bytes[index * together + channel]) / gain + black
                }
            }
        }
        return result
    }
}

/// Compresses in memory and decompresses again.
private struct JPEGRoundTrip {
    let width: Int
    let height: Int
    let channels: Int
    let quality: Int

    /// - Returns: what was rounded.
    @discardableResult func callAsFunction(_ bytes: inout [UInt8]) -> JPEGQuantization? {
        guard let encoder = tjInitCompress() else { preconditionFailure("libjpeg cannot start: memory is short") }
        guard let decoder = tjInitDecompress() else { preconditionFailure("libjpeg cannot start: memory is short") }
        defer {
            tjDestroy(encoder)
            tjDestroy(decoder)
        }
        let format = (channels == 3 ? TJPF_RGB : TJPF_GRAY).rawValue
        let subsampling = (channels == 3 ? TJSAMP_420 : TJSAMP_GRAY).rawValue
        var compressed: UnsafeMutablePointer<UInt8>?
        var size: UInt = 0
        defer { tjFree(compressed) }
        let written = tjCompress2(
            encoder, bytes, Int32(width), 0, Int32(height), format, &compressed, &size, Int32(subsampling),
            Int32(quality), TJFLAG_ACCURATEDCT)
        precondition(written == 0, "libjpeg compresses any picture of up to 65,500 pixels a side")
        let read = tjDecompress2(
            decoder, compressed, size, &bytes, Int32(width), 0, Int32(height), format, TJFLAG_ACCURATEDCT)
        precondition(read == 0, "libjpeg reads what it wrote")
        return JPEGSegments(UnsafeRawBufferPointer(start: compressed, count: Int(size))).quantization
    }
}
