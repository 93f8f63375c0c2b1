import Foundation
import Imaging
import Upscaling

/// Twelve numbers of what an image looks like, which tell kinds of images apart: its brightness, and how strong, how
/// sparse and how directed its structure is over three octaves (Haar's wavelet).
///
/// They see the image in its range from black to white, so that units don't matter.
struct ImageSignature: Sendable, Equatable {
    static let count = 12
    let values: [Double]

    /// - Parameters:
    ///   - pixels: filled, all slices; colours count by their luminance.
    ///   - range: that networks see as black to white.
    init(_ pixels: Pixels, range: IntensityRange) {
        var gray = pixels.brightness()
        let (black, span) = (range.black, range.white - range.black)
        for index in gray.samples.indices { gray.samples[index] = (gray.samples[index] - black) / span }
        let slices = (0..<gray.slices).map { Self.signature(gray.slice($0)) }
        values = (0..<Self.count).map { index in
            slices.reduce(0) { $0 + $1[index] } / Double(slices.count)
        }
    }

    private static func signature(_ pixels: Pixels) -> [Double] {
        let floor = 1e-4
        let moments = Moments(pixels.samples)
        var bands: [Band] = []
        var low = pixels
        for _ in 0..<3 {
            let band = Band(low)
            bands.append(band)
            low = band.low
        }
        func level(_ value: Double) -> Double { log(value + floor) }
        let dark = pixels.samples.count { $0 < 0.04 }
        return [
            level(bands[0].diagonal), level(bands[1].diagonal),
            level(bands[0].edges), level(bands[1].edges), level(bands[2].edges),
            level(moments.deviation), moments.mean, moments.skewness,
            level(bands[0].diagonalRoot) - level(bands[0].diagonal),
            level(bands[1].edgesRoot) - level(bands[1].edges),
            level(bands[1].horizontal) - level(bands[1].vertical),
            (Double(dark) / Double(max(pixels.samples.count, 1))).squareRoot(),
        ]
    }

    private struct Moments {
        var (mean, deviation, skewness) = (0.0, 0.0, 0.0)

        init(_ samples: [Float]) {
            let count = Double(max(samples.count, 1))
            mean = samples.reduce(0) { $0 + Double($1) } / count
            var (squares, cubes) = (0.0, 0.0)
            for sample in samples {
                let difference = Double(sample) - mean
                squares += difference * difference
                cubes += difference * difference * difference
            }
            deviation = (squares / count).squareRoot()
            skewness = cubes / count / pow(deviation + 1e-4, 3)
        }
    }

    /// One octave of Haar's wavelet: what is left, and means of what was taken.
    private struct Band {
        var low: Pixels
        var (diagonal, diagonalRoot, edges, edgesRoot, horizontal, vertical) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

        init(_ pixels: Pixels) {
            let (width, height) = (max(1, pixels.width / 2), max(1, pixels.height / 2))
            low = Pixels(width: width, height: height)
            func at(_ row: Int, _ column: Int) -> Float {
                pixels.samples[min(row, pixels.height - 1) * pixels.width + min(column, pixels.width - 1)]
            }
            for row in 0..<height {
                for column in 0..<width {
                    let (p, q) = (at(2 * row, 2 * column), at(2 * row, 2 * column + 1))
                    let (r, s) = (at(2 * row + 1, 2 * column), at(2 * row + 1, 2 * column + 1))
                    low.samples[row * width + column] = (p + q + r + s) / 4
                    let across = Double(p - q + r - s) / 4
                    let down = Double(p + q - r - s) / 4
                    let both = Double(p - q - r + s) / 4
                    diagonal += abs(both)
                    diagonalRoot += both * both
                    edges += (across * across + down * down).squareRoot()
                    edgesRoot += across * across + down * down
                    horizontal += abs(across)
                    vertical += abs(down)
                }
            }
            let count = Double(width * height)
            diagonal /= count
            diagonalRoot = (diagonalRoot / count).squareRoot()
            edges /= count
            edgesRoot = (edgesRoot / count).squareRoot()
            horizontal /= count
            vertical /= count
        }
    }
}

/// How a group of signatures lies, and how far others are from it.
struct SignatureGroup: Sendable, Equatable, Codable {
    var mean: [Double]
    /// Row by row.
    var covariance: [Double]

    /// The off-diagonal of the covariance is shrunk by a tenth, since patients are few.
    ///
    /// - Precondition: there are two at least.
    init(_ signatures: [[Double]]) {
        let (count, size) = (Double(signatures.count), signatures[0].count)
        let mean = (0..<size).map { index in signatures.reduce(0) { $0 + $1[index] } / count }
        self.mean = mean
        covariance = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0..<size {
                let sum = signatures.reduce(0) { $0 + ($1[row] - mean[row]) * ($1[column] - mean[column]) }
                covariance[row * size + column] = sum / (count - 1) * (row == column ? 1 : 0.9)
            }
            // What is alike in all patients still differs a little in others.
            covariance[row * size + row] += 1e-6
        }
    }

    /// Mahalanobis's distance, squared: dᵀ C⁻¹ d.
    func distance(of signature: [Double]) -> Double {
        let size = mean.count
        // Cholesky's factor L, and y with L y = d.
        var factor = covariance
        var y = [Double](repeating: 0, count: size)
        for row in 0..<size {
            for column in 0...row {
                var sum = covariance[row * size + column]
                for k in 0..<column { sum -= factor[row * size + k] * factor[column * size + k] }
                factor[row * size + column] =
                    row == column ? max(sum, 1e-12).squareRoot() : sum / factor[column * size + column]
            }
            var rest = signature[row] - mean[row]
            for k in 0..<row { rest -= factor[row * size + k] * y[k] }
            y[row] = rest / factor[row * size + row]
        }
        return y.reduce(0) { $0 + $1 * $1 }
    }
}
