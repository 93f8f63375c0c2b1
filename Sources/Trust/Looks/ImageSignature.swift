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

    /// - Parameters:
    ///   - signatures: two at least.
    ///   - common: what stands in for the covariance as far as the signatures are too few to tell it.
    init(_ signatures: [[Double]], common: SignatureGroup? = nil) {
        let (count, size) = (Double(signatures.count), signatures[0].count)
        let mean = (0..<size).map { index in signatures.reduce(0) { $0 + $1[index] } / count }
        self.mean = mean
        covariance = [Double](repeating: 0, count: size * size)
        let own = common == nil ? 1 : count / (count + Double(size))
        for row in 0..<size {
            for column in 0..<size {
                let index = row * size + column
                let sum = signatures.reduce(0) { $0 + ($1[row] - mean[row]) * ($1[column] - mean[column]) }
                // Off the diagonal a tenth is taken off, since patients are few.
                let shrunk = sum / (count - 1) * (row == column ? 1 : 0.9)
                covariance[index] = own * shrunk + (1 - own) * (common?.covariance[index] ?? 0)
            }
            // What is alike in all patients still differs a little in others.
            covariance[row * size + row] += 1e-6
        }
    }

    /// How unlikely a signature is, and how far it lies from the mean: Mahalanobis's distance squared, dᵀ C⁻¹ d, to which
    /// the first adds ln det C.
    func rarity(of signature: [Double]) -> (negativeLogarithm: Double, distance: Double) {
        let size = mean.count
        // Cholesky's factor L, and y with L y = d.
        var factor = covariance
        var y = [Double](repeating: 0, count: size)
        var logarithm = 0.0
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
            logarithm += 2 * log(factor[row * size + row])
        }
        let distance = y.reduce(0) { $0 + $1 * $1 }
        return (distance + logarithm, distance)
    }
}

/// What the patients of a calibration look like, and what they don't.
struct Likeness: Sendable, Equatable, Codable {
    var patients: SignatureGroup
    /// Other kinds of images, by their names.
    var others: [String: SignatureGroup]
    /// Each patient's distance from the others; ascending.
    var distances: [Double]
    /// How much less likely each patient is among the others than as the likeliest other kind; ascending.
    var preferences: [Double]

    /// - Parameters:
    ///   - signatures: of the patients, three at least.
    ///   - others: of other kinds of images, each two at least.
    init(_ signatures: [[Double]], others: [String: [[Double]]]) {
        let all = SignatureGroup(signatures)
        let kinds = others.mapValues { SignatureGroup($0, common: all) }
        let rarities = signatures.indices.map { index in
            var rest = signatures
            rest.remove(at: index)
            return Self.rarity(of: signatures[index], among: SignatureGroup(rest), kinds)
        }
        patients = all
        self.others = kinds
        distances = rarities.map(\.distance).sorted()
        preferences = rarities.compactMap(\.preference).sorted()
    }

    private static func rarity(
        of signature: [Double], among patients: SignatureGroup, _ others: [String: SignatureGroup]
    ) -> (distance: Double, preference: Double?, kind: String?) {
        let own = patients.rarity(of: signature)
        let other = others.map { ($0.key, $0.value.rarity(of: signature).negativeLogarithm) }.min { $0.1 < $1.1 }
        return (own.distance, other.map { own.negativeLogarithm - $0.1 }, other?.0)
    }

    /// The share of patients that are as far from the others, and as near to another kind, with that kind's name.
    func chances(of signature: [Double]) -> (unlike: Double, other: Double, kind: String?) {
        let rarity = Self.rarity(of: signature, among: patients, others)
        return (
            TrustCalibration.chance(of: rarity.distance, among: distances),
            rarity.preference.map { TrustCalibration.chance(of: $0, among: preferences) } ?? 1, rarity.kind
        )
    }
}
