import Foundation
import Imaging
import Upscaling

/// Networks and values made by Tools/golden/upscaling.py.
enum Golden {
    static func url(_ name: String) -> URL {
        Bundle.module.bundleURL.appendingPathComponent("Golden/\(name)")
    }

    static func model(_ name: String) throws -> ModelFile {
        try ModelFile(contentsOf: url("\(name).onnx"))
    }

    static func floats(_ name: String) throws -> [Float] {
        let data = try Data(contentsOf: url("\(name).f32"))
        return data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        }
    }
}

/// Numbers that are the same in every run (Numerical Recipes' linear congruential generator).
struct Noise {
    private var state: UInt32 = 1

    mutating func next(_ range: ClosedRange<Float>) -> Float {
        state = state &* 1_664_525 &+ 1_013_904_223
        return range.lowerBound + (range.upperBound - range.lowerBound) * Float(state >> 8) / Float(1 << 24)
    }
}

extension Image {
    /// An image of noise in stored units.
    static func noise(
        _ width: Int, _ height: Int, _ colorModel: ColorModel = .gray, slices: Int = 1,
        intensity: Intensity = Intensity(sampleType: .uint8), in range: ClosedRange<Float> = 0...255
    ) -> Image {
        var noise = Noise()
        let count = width * height * colorModel.channels * slices
        let samples = (0..<count).map { _ in
            intensity.sampleType.isFloatingPoint ? noise.next(range) : noise.next(range).rounded()
        }
        return Image(
            header: ImageHeader(
                width: width, height: height, slices: slices, colorModel: colorModel,
                geometry: Geometry(spacing: PixelSpacing(column: 0.5, row: 0.25)), intensity: intensity),
            pixels: Pixels(
                width: width, height: height, channels: colorModel.channels, slices: slices, samples: samples))
    }

    /// The same image with every sample changed.
    func mapped(_ intensity: Intensity? = nil, _ change: (Float) -> Float) -> Image {
        var result = self
        result.pixels.samples = pixels.samples.map(change)
        if let intensity { result.header.intensity = intensity }
        return result
    }
}
