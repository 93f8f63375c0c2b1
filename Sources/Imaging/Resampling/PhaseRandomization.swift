import Foundation

extension Pixels {
    /// An image with this one's amplitude spectrum and the phases of white noise: as grainy, and without any structure
    /// (the surrogate of Theiler et al., "Testing for nonlinearity in time series", 1992, in two dimensions).
    ///
    /// - Parameter seed: of the white noise.
    /// - Precondition: one plane.
    package func phaseRandomized(seed: UInt64) -> Pixels {
        precondition(channels == 1 && slices == 1, "one plane")
        let noise = Pixels(width: width, height: height).withGaussianNoise(sigma: 1, seed: seed)
        var spectrum = Spectrum(self)
        let phases = Spectrum(noise)
        for index in spectrum.values.indices {
            let phase = phases.values[index]
            let amplitude = (spectrum.values[index] * spectrum.values[index]).sum().squareRoot()
            let length = (phase * phase).sum().squareRoot()
            spectrum.values[index] = length > 0 ? phase * (amplitude / length) : .init(amplitude, 0)
        }
        return spectrum.image
    }
}

/// The two-dimensional discrete Fourier transform of a plane.
private struct Spectrum {
    let width: Int
    let height: Int
    /// Rows by vertical frequency.
    var values: [FourierTransform.Complex]

    init(_ plane: Pixels) {
        width = plane.width
        height = plane.height
        values = plane.samples.map { FourierTransform.Complex(Double($0), 0) }
        transform(inverse: false)
    }

    /// The real part of the transform back.
    var image: Pixels {
        var copy = self
        copy.transform(inverse: true)
        let scale = 1 / Double(width * height)
        return Pixels(width: width, height: height, samples: copy.values.map { Float($0.x * scale) })
    }

    private mutating func transform(inverse: Bool) {
        let (width, height) = (width, height)
        let (alongRows, alongColumns) = (
            FourierTransform(count: width, inverse: inverse), FourierTransform(count: height, inverse: inverse)
        )
        values.withUnsafeMutableBufferPointer { values in
            let values = values
            concurrently(height) { row in
                let line = Array(values[row * width..<(row + 1) * width])
                alongRows(line, into: values.baseAddress! + row * width)
            }
            concurrently(width) { column in
                let line = (0..<height).map { values[$0 * width + column] }
                withUnsafeTemporaryAllocation(of: FourierTransform.Complex.self, capacity: height) { result in
                    alongColumns(line, into: result.baseAddress!)
                    for row in 0..<height { values[row * width + column] = result[row] }
                }
            }
        }
    }
}
