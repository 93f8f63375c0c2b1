import Imaging

extension Pixels {
    /// Sample by sample, `a` of this plus `b` of `other`.
    ///
    /// - Precondition: both have one shape.
    func combined(_ a: Double, _ other: Pixels, _ b: Double) -> Pixels {
        precondition(samples.count == other.samples.count, "images of different shapes")
        let (a, b) = (Float(a), Float(b))
        return with { result in
            samples.withUnsafeBufferPointer { first in
                other.samples.withUnsafeBufferPointer { second in
                    for index in 0..<result.count { result[index] = a * first[index] + b * second[index] }
                }
            }
        }
    }

    /// Standard normal samples, drawn in the order of ``samples``.
    public static func noise(
        width: Int, height: Int, channels: Int = 1, slices: Int = 1, using generator: inout SeededGenerator
    ) -> Pixels {
        let count = width * height * channels * slices
        let samples = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count { buffer[index] = Float(generator.normal()) }
            initialized = count
        }
        return Pixels(width: width, height: height, channels: channels, slices: slices, samples: samples)
    }

    /// Standard normal samples in this image's shape.
    func noise(using generator: inout SeededGenerator) -> Pixels {
        .noise(width: width, height: height, channels: channels, slices: slices, using: &generator)
    }

    /// This shape with other samples.
    func with(_ fill: (UnsafeMutableBufferPointer<Float>) -> Void) -> Pixels {
        let samples = [Float](unsafeUninitializedCapacity: self.samples.count) { buffer, initialized in
            fill(buffer)
            initialized = self.samples.count
        }
        return Pixels(width: width, height: height, channels: channels, slices: slices, samples: samples)
    }

    /// This shape with each sample replaced.
    func mapped(_ transform: (Float) -> Float) -> Pixels {
        with { result in
            samples.withUnsafeBufferPointer { samples in
                for index in 0..<result.count { result[index] = transform(samples[index]) }
            }
        }
    }
}
