/// The discrete Fourier transform of one plane of samples, zero frequency first.
struct PlaneSpectrum {
    typealias Complex = FourierTransform.Complex

    let width: Int
    let height: Int
    /// Row after row of frequencies.
    private(set) var values: [Complex]

    /// - Parameter samples: row after row.
    init(_ samples: [Complex], width: Int, height: Int, inverse: Bool = false) {
        precondition(samples.count == width * height, "sample count disagrees with the shape")
        self.width = width
        self.height = height
        let rows = FourierTransform(count: width, inverse: inverse)
        let columns = FourierTransform(count: height, inverse: inverse)
        values = [Complex](repeating: .zero, count: width * height)
        samples.withUnsafeBufferPointer { samples in
            values.withUnsafeMutableBufferPointer { values in
                let values = values
                concurrently(height) { row in
                    rows(samples.baseAddress! + row * width, into: values.baseAddress! + row * width)
                }
                concurrently(width) { column in
                    withUnsafeTemporaryAllocation(of: Complex.self, capacity: 2 * height) { scratch in
                        let (line, result) = (scratch.baseAddress!, scratch.baseAddress! + height)
                        for row in 0..<height { line[row] = values[row * width + column] }
                        columns(line, into: result)
                        for row in 0..<height { values[row * width + column] = result[row] }
                    }
                }
            }
        }
    }
}
