import Foundation
import Imaging
import Upscaling

/// What becomes of findings of one shape, size and contrast, of either sign.
public struct PlantedResult: Sendable, Equatable, Codable {
    public var shape: PlantedFinding.Shape
    /// Full width at half maximum in pixels of the sharp image.
    public var width: Double
    /// Share of the range, without its sign.
    public var contrast: Double
    /// How many were planted.
    public var count: Int
    /// The mean share of the peak that is left.
    public var kept: Double
    /// The share of findings of which at least half of the peak is left.
    public var halfKept: Double
    /// Whether a bound warns of what became of them; `nil` where there was none.
    public var warnings: Warnings?

    /// What a bound says at findings, as shares of all.
    public struct Warnings: Sendable, Equatable, Codable {
        /// Less than half of the peak or more than one and a half is left, or the centre moved by more than half an original
        /// pixel.
        public var altered: Double
        /// Altered, and the bound is somewhere within the finding at least half of its height.
        public var alteredAndFlagged: Double
        /// The bound is as high there without any finding.
        public var falseAlarms: Double

        /// - Parameters:
        ///   - altered: the share of findings that come out otherwise than they were.
        ///   - alteredAndFlagged: the share that does, and that the bound warns of.
        ///   - falseAlarms: the share of places that the bound warns of without any finding.
        public init(altered: Double, alteredAndFlagged: Double, falseAlarms: Double) {
            self.altered = altered
            self.alteredAndFlagged = alteredAndFlagged
            self.falseAlarms = falseAlarms
        }
    }

    /// - Parameters:
    ///   - shape: of the findings.
    ///   - width: full, at half maximum, in pixels of the sharp image.
    ///   - contrast: a share of the range, without its sign.
    ///   - count: how many were planted.
    ///   - kept: the mean share of the peak that is left.
    ///   - halfKept: the share of findings of which at least half of the peak is left.
    ///   - warnings: whether a bound warns of what became of them.
    public init(
        shape: PlantedFinding.Shape, width: Double, contrast: Double, count: Int, kept: Double, halfKept: Double,
        warnings: Warnings? = nil
    ) {
        self.shape = shape
        self.width = width
        self.contrast = contrast
        self.count = count
        self.kept = kept
        self.halfKept = halfKept
        self.warnings = warnings
    }

    /// The lower end of Wilson's 95 % interval of ``halfKept``.
    public var halfKeptAtLeast: Double {
        let (n, z) = (Double(count), 1.959964)
        let centre = halfKept + z * z / (2 * n)
        let spread = z * (halfKept * (1 - halfKept) / n + z * z / (4 * n * n)).squareRoot()
        return (centre - spread) / (1 + z * z / n)
    }
}

/// What may be missing in a method's results: findings by shape, size and contrast, planted into patients' sharp images.
public struct PlantedTable: Sendable, Equatable, Codable {
    public var results: [PlantedResult]

    /// - Parameter results: a row each for a shape, width and contrast.
    public init(results: [PlantedResult]) { self.results = results }

    /// Full widths at half maximum, in pixels of the sharp image.
    public static let widths: [Double] = [1, 2, 3, 4, 6, 8, 12]
    /// Shares of the range.
    public static let contrasts = [0.02, 0.06, 0.12, 0.24]

    /// The least width from which on at least nine in ten findings keep half of their peak, with 95 % confidence; `nil`
    /// where no width that was planted is enough.
    ///
    /// - Parameters:
    ///   - shape: of the findings.
    ///   - contrast: one that was planted; all of them where `nil`.
    public func leastWidth(of shape: PlantedFinding.Shape, contrast: Double? = nil) -> Double? {
        let rows = results.filter { $0.shape == shape && (contrast == nil || $0.contrast == contrast) }
        let widths = Set(rows.map(\.width)).sorted(by: >)
        let kept = widths.prefix { width in
            rows.filter { $0.width == width }.allSatisfy { $0.halfKeptAtLeast >= 0.9 }
        }
        return kept.last
    }

    /// One sentence for the reader of a result.
    ///
    /// - Parameter scale: that images are enlarged by.
    public func statement(scale: Double) -> String {
        let parts = PlantedFinding.Shape.allCases.compactMap { shape -> String? in
            guard results.contains(where: { $0.shape == shape }) else { return nil }
            guard let width = leastWidth(of: shape) else { return "\(shape.rawValue)s of any size tried" }
            return "\(shape.rawValue)s under \(number((width / scale * 100).rounded() / 100))"
        }
        let warned = flaggedShare.map {
            " The bound warns of \(percent($0)) of findings that come out wrong, and of \(percent(falseAlarms)) without any."
        }
        return "May be lost by half or more: \(parts.joined(separator: ", ")) original pixels wide.\(warned ?? "")"
    }

    /// The share of places that the bound warns of without any finding, over all findings' sizes and contrasts; 0 where there was
    /// no bound.
    public var falseAlarms: Double {
        let counted = results.filter { $0.warnings != nil }
        let count = counted.reduce(0) { $0 + $1.count }
        let alarms = counted.reduce(0.0) { $0 + $1.warnings!.falseAlarms * Double($1.count) }
        return count > 0 ? alarms / Double(count) : 0
    }

    /// Of all findings that come out otherwise than they were, the share that the bound warns of; `nil` where there was no
    /// bound, or nothing to be warned of.
    public var flaggedShare: Double? {
        var (altered, flagged) = (0.0, 0.0)
        for result in results {
            guard let warnings = result.warnings else { continue }
            altered += warnings.altered * Double(result.count)
            flagged += warnings.alteredAndFlagged * Double(result.count)
        }
        return altered > 0 ? flagged / altered : nil
    }
}

extension PlantedTable {
    /// Plants findings into images and counts what is left of them.
    ///
    /// - Parameters:
    ///   - images: sharp, gray; of a volume the middle slice.
    ///   - method: that enlarges.
    ///   - scale: a whole number from 2 on.
    ///   - isConsistent: whether results are made consistent.
    ///   - samples: how many a model that draws them is asked for.
    ///   - degradation: that reduces the images; antialiased bicubic by default.
    ///   - boundFactor: how many times its doubt an error is at most, to see of what the bound warns; `nil` for no bound.
    ///   - score: that becomes the bound.
    ///   - progress: told the finished part.
    /// - Throws: ``TrustError``, `ModelError`, `CancellationError`.
    public init(
        in images: [Image], by method: Method, scale: Double, isConsistent: Bool, samples: Int? = nil,
        degradation: Degradation? = nil, boundFactor: Double? = nil, score: DoubtScore = .standard,
        progress: (Double) -> Void = { _ in }
    ) throws {
        let trusted = try TrustedMethod(
            method, scale: scale, isConsistent: isConsistent, samples: samples)
        try trusted.requireGiving(score.kind)
        let degradation = degradation ?? .bicubic(factor: scale)
        var sums: [PlantedResult] = []
        let total = PlantedFinding.Shape.allCases.count * Self.widths.count * Self.contrasts.count
        var done = 0
        // Where noise starts is the same with and without a finding.
        var generator = SeededGenerator(seed: 1)
        let drawn = degradation.drawn(using: &generator)
        let prepared = try images.map {
            try PlantedGround($0, trusted: trusted, drawn: drawn, boundFactor: boundFactor, score: score)
        }
        for shape in PlantedFinding.Shape.allCases {
            for width in Self.widths {
                for contrast in Self.contrasts {
                    var fates: [PlantedFate] = []
                    for (index, ground) in prepared.enumerated() {
                        for sign in [1.0, -1.0] {
                            fates += try ground.fates(
                                of: PlantedFinding(shape, width: width, contrast: sign * contrast),
                                seed: UInt64(index), trusted: trusted, drawn: drawn)
                        }
                        progress((Double(done) + Double(index + 1) / Double(prepared.count)) / Double(total))
                    }
                    done += 1
                    guard !fates.isEmpty else { continue }
                    sums.append(PlantedResult(shape, width: width, contrast: contrast, fates))
                }
            }
        }
        results = sums
    }
}

extension PlantedResult {
    /// What became of findings of one kind; at least one.
    fileprivate init(_ shape: PlantedFinding.Shape, width: Double, contrast: Double, _ fates: [PlantedFate]) {
        func share(_ condition: (PlantedFate) -> Bool) -> Double {
            Double(fates.count(where: condition)) / Double(fates.count)
        }
        self.init(
            shape: shape, width: width, contrast: contrast, count: fates.count,
            kept: fates.reduce(0) { $0 + $1.kept } / Double(fates.count), halfKept: share { $0.kept >= 0.5 },
            warnings: fates[0].warning.map { _ in
                Warnings(
                    altered: share(\.isAltered),
                    alteredAndFlagged: share { $0.isAltered && $0.warning?.isFlagged == true },
                    falseAlarms: share { $0.warning?.isFalseAlarm == true })
            })
    }
}
