import Foundation
import Imaging

/// A slice as it travels to the page: the length of the header in four bytes, the header as JSON, filled up with spaces so that
/// samples begin at a multiple of eight, and the samples; all little-endian.
struct SliceMessage {
    let bytes: [UInt8]

    /// - Parameters:
    ///   - header: of the slice.
    ///   - pixels: one slice of this shape.
    init(_ header: SliceHeader, _ pixels: Pixels) throws {
        var json = Array(try JSONEncoder.viewer.encode(header))
        json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - (json.count + 4) % 8) % 8)
        var message = withUnsafeBytes(of: UInt32(json.count).littleEndian, Array.init)
        message += json
        message += Self.bytes(of: pixels, as: header.samples)
        bytes = message
    }

    private static func bytes(of pixels: Pixels, as coding: SliceHeader.SampleCoding) -> [UInt8] {
        switch coding {
        case .uint8: encoded(pixels) { UInt8($0) }
        case .int8: encoded(pixels) { UInt8(bitPattern: Int8($0)) }
        case .uint16: encoded(pixels) { UInt16($0).littleEndian }
        case .int16: encoded(pixels) { Int16($0).littleEndian }
        case .float32: encoded(pixels) { $0.bitPattern.littleEndian }
        }
    }

    private static func encoded<Coded: FixedWidthInteger>(_ pixels: Pixels, _ code: (Float) -> Coded) -> [UInt8] {
        let (channels, count) = (pixels.channels, pixels.planeCount)
        let size = MemoryLayout<Coded>.size
        return [UInt8](unsafeUninitializedCapacity: count * channels * size) { bytes, initialized in
            let coded = UnsafeMutableRawBufferPointer(bytes).bindMemory(to: Coded.self)
            pixels.samples.withUnsafeBufferPointer { samples in
                for channel in 0..<channels {
                    for index in 0..<count {
                        coded[index * channels + channel] = code(samples[channel * count + index])
                    }
                }
            }
            initialized = count * channels * size
        }
    }
}
