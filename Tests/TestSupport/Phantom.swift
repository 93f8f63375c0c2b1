import Foundation
import Imaging

/// Made-up images, by the formula of Tools/golden/evaluation.py.
public enum Phantom {
    public static func samples(width: Int, height: Int, shift: Int = 0) -> [Float] {
        (0..<height).flatMap { y in
            (0..<width).map { column in
                let x = column + shift
                return Float((x * 7 + y * 3) % 64 + (x / 8 + y / 8) % 2 * 120 + x * y % 17)
            }
        }
    }

    public static func gray(width: Int = 67, height: Int = 53, shift: Int = 0) -> Image {
        Image(
            header: ImageHeader(width: width, height: height, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: width, height: height, samples: samples(width: width, height: height, shift: shift)))
    }

    public static func color() -> Image {
        Image(
            header: ImageHeader(
                width: 61, height: 66, colorModel: .rgb, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(
                width: 61, height: 66, channels: 3,
                samples: [0, 5, 23].flatMap { samples(width: 61, height: 66, shift: $0) }))
    }

    /// Three slices, the middle one empty.
    public static func volume() -> Image {
        let first = samples(width: 64, height: 60, shift: 3).map { $0 * 150 }
        let third = samples(width: 64, height: 60, shift: 11).map { $0 * 90 + 37 }
        return Image(
            header: ImageHeader(width: 64, height: 60, slices: 3, intensity: Intensity(sampleType: .uint16)),
            pixels: Pixels(
                width: 64, height: 60, slices: 3,
                samples: first + [Float](repeating: 0, count: 64 * 60) + third))
    }
}
