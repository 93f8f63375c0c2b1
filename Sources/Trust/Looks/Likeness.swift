import Foundation

/// What the patients of a calibration look like, and what they don't: the centres of their signatures and of other kinds',
/// and how signatures lie around their own centres, which all kinds share (Fisher, "The Use of Multiple Measurements in
/// Taxonomic Problems", 1936).
struct Likeness: Sendable, Equatable, Codable {
    /// The centre of the patients.
    var patients: [Double]
    /// The centres of other kinds of images, by their names.
    var others: [String: [Double]]
    var spread: SharedSpread
    /// Each patient's distance from the others' centre; ascending.
    var distances: [Double]
    /// How much farther each patient is from the other patients' centre than from the nearest other kind's; ascending.
    var preferences: [Double]
    /// SHA-256 of the network that looked; signatures of another compare with none of these.
    var lookedBy: String

    /// - Parameters:
    ///   - signatures: of the patients, three at least.
    ///   - others: of other kinds of images, each two at least.
    ///   - lookedBy: SHA-256 of the network that looked.
    init(_ signatures: [[Double]], others: [String: [[Double]]], lookedBy: String) {
        self.lookedBy = lookedBy
        let scatter = Scatter(of: others.values.map { $0 })
        let centres = others.mapValues(mean)
        let rarities = signatures.indices.map { index in
            var rest = signatures
            rest.remove(at: index)
            return Self.rarity(
                of: signatures[index], from: mean(rest), centres, by: SharedSpread(scatter.adding(rest)))
        }
        patients = mean(signatures)
        self.others = centres
        spread = SharedSpread(scatter.adding(signatures))
        distances = rarities.map(\.distance).sorted()
        preferences = rarities.compactMap(\.preference).sorted()
    }

    private static func rarity(
        of signature: [Double], from patients: [Double], _ others: [String: [Double]], by spread: SharedSpread
    ) -> (distance: Double, preference: Double?, kind: String?) {
        let own = spread.distance(from: patients, to: signature)
        let other = others.map { ($0.key, spread.distance(from: $0.value, to: signature)) }.min { $0.1 < $1.1 }
        return (own, other.map { own - $0.1 }, other?.0)
    }

    /// The share of patients that are as far from the others, and as near to another kind, with that kind's name.
    func chances(of signature: [Double]) -> (unlike: Double, other: Double, kind: String?) {
        let rarity = Self.rarity(of: signature, from: patients, others, by: spread)
        return (
            TrustCalibration.chance(of: rarity.distance, among: distances),
            rarity.preference.map { TrustCalibration.chance(of: $0, among: preferences) } ?? 1, rarity.kind
        )
    }
}

/// How signatures lie around the centre of their kind: the covariance within kinds, by its Cholesky factor.
struct SharedSpread: Sendable, Equatable, Codable {
    /// The lower triangle, row by row.
    private let factor: [Float]

    fileprivate init(_ scatter: Scatter) {
        let size = scatter.size
        // As far as images are too few to tell how numbers vary together, each varies by itself.
        let own = Double(scatter.count) / Double(scatter.count + size)
        let freedom = Double(max(scatter.count - scatter.kinds, 1))
        var factor: [Double] = []
        factor.reserveCapacity(size * (size + 1) / 2)
        func start(_ row: Int) -> Int { row * (row + 1) / 2 }
        for row in 0..<size {
            for column in 0...row {
                var sum = scatter.sums[row * size + column] / freedom
                // What is alike in all images at hand still differs a little in others.
                sum = row == column ? sum + 1e-6 : own * sum
                for k in 0..<column { sum -= factor[start(row) + k] * factor[start(column) + k] }
                factor.append(row == column ? max(sum, 1e-12).squareRoot() : sum / factor[start(column) + column])
            }
        }
        self.factor = factor.map(Float.init)
    }

    // Thousands of numbers: in text they would take up most of a calibration.

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let bytes = try container.decode(Data.self)
        guard bytes.count == ImageSignature.count * (ImageSignature.count + 1) / 2 * 4 else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a covariance of \(ImageSignature.count) numbers")
        }
        factor = stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[bytes.startIndex + start + $1]) << (8 * $1) })
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            Data(factor.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }))
    }

    /// Mahalanobis's distance, squared.
    func distance(from centre: [Double], to signature: [Double]) -> Double {
        var y = [Double](repeating: 0, count: centre.count)
        var (sum, index) = (0.0, 0)
        for row in centre.indices {
            var rest = signature[row] - centre[row]
            for k in 0..<row { rest -= Double(factor[index + k]) * y[k] }
            y[row] = rest / Double(factor[index + row])
            sum += y[row] * y[row]
            index += row + 1
        }
        return sum
    }
}

/// Sums of products of signatures' differences from the centre of their kind.
private struct Scatter {
    let size = ImageSignature.count
    /// Row by row.
    private(set) var sums: [Double]
    private(set) var count = 0
    private(set) var kinds = 0

    init(of kinds: [[[Double]]]) {
        sums = [Double](repeating: 0, count: size * size)
        for kind in kinds { add(kind) }
    }

    func adding(_ kind: [[Double]]) -> Scatter {
        var result = self
        result.add(kind)
        return result
    }

    private mutating func add(_ signatures: [[Double]]) {
        let centre = mean(signatures)
        for signature in signatures {
            let differences = zip(signature, centre).map { $0 - $1 }
            for row in 0..<size {
                for column in 0...row { sums[row * size + column] += differences[row] * differences[column] }
            }
        }
        count += signatures.count
        kinds += 1
    }
}

/// The mean of signatures, number by number; there is at least one.
func mean(_ signatures: [[Double]]) -> [Double] {
    signatures[0].indices.map { index in signatures.reduce(0) { $0 + $1[index] } / Double(signatures.count) }
}
