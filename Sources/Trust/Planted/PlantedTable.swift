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

    /// - Parameters:
    ///   - shape: of the findings.
    ///   - width: full, at half maximum, in pixels of the sharp image.
    ///   - contrast: a share of the range, without its sign.
    ///   - count: how many were planted.
    ///   - kept: the mean share of the peak that is left.
    ///   - halfKept: the share of findings of which at least half of the peak is left.
    public init(
        shape: PlantedFinding.Shape, width: Double, contrast: Double, count: Int, kept: Double, halfKept: Double
    ) {
        self.shape = shape
        self.width = width
        self.contrast = contrast
        self.count = count
        self.kept = kept
        self.halfKept = halfKept
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
        return "May be lost by half or more: \(parts.joined(separator: ", ")) original pixels wide."
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
    ///   - degradation: that reduces the images; antialiased bicubic by default.
    ///   - shapes: to plant.
    ///   - progress: told the finished part.
    /// - Throws: ``TrustError``, `ModelError`, `CancellationError`.
    public init(
        in images: [Image], by method: Method, scale: Double, isConsistent: Bool, degradation: Degradation? = nil,
        shapes: [PlantedFinding.Shape] = PlantedFinding.Shape.allCases, progress: (Double) -> Void = { _ in }
    ) throws {
        let trusted = try TrustedMethod(method, scale: scale, isConsistent: isConsistent)
        let degradation = degradation ?? .bicubic(factor: scale)
        var sums: [PlantedResult] = []
        let total = shapes.count * Self.widths.count * Self.contrasts.count
        var done = 0
        // Where noise starts is the same with and without a finding.
        var generator = SeededGenerator(seed: 1)
        let drawn = degradation.drawn(using: &generator)
        let prepared = try images.map { try PlantedGround($0, trusted: trusted, drawn: drawn) }
        for shape in shapes {
            for width in Self.widths {
                for contrast in Self.contrasts {
                    var kept: [Double] = []
                    for (index, ground) in prepared.enumerated() {
                        for sign in [1.0, -1.0] {
                            kept += try ground.kept(
                                PlantedFinding(shape, width: width, contrast: sign * contrast), seed: UInt64(index),
                                trusted: trusted, drawn: drawn)
                        }
                        progress((Double(done) + Double(index + 1) / Double(prepared.count)) / Double(total))
                    }
                    done += 1
                    guard !kept.isEmpty else { continue }
                    sums.append(
                        PlantedResult(
                            shape: shape, width: width, contrast: contrast, count: kept.count,
                            kept: kept.reduce(0, +) / Double(kept.count),
                            halfKept: Double(kept.count { $0 >= 0.5 }) / Double(kept.count)))
                }
            }
        }
        results = sums
    }
}

/// An image that findings are planted into, with what becomes of it without any.
private struct PlantedGround {
    let image: Image
    let range: ClosedRange<Float>
    let body: [Bool]
    let restored: Pixels

    init(_ source: Image, trusted: TrustedMethod, drawn: DrawnDegradation) throws {
        let slice = source.header.slices > 1 ? source.selecting([source.header.slices / 2]) : source
        let filled = slice.filled
        let cropped = filled.pixels.croppedToMultiple(of: Int(trusted.chain.scale)).brightness()
        var header = filled.header.resized(width: cropped.width, height: cropped.height)
        header.colorModel = .gray
        image = Image(header: header, pixels: cropped)
        let whole = try trusted.range(of: image)
        range = min(whole.black, whole.white)...max(whole.black, whole.white)
        let input = Self.input(image, drawn, range)
        let result = try trusted.enlarged(input)
        restored = result.pixels
        body =
            Enlargement(input: input, result: result.pixels, scale: trusted.chain.scale, range: whole).body
    }

    private static func input(_ image: Image, _ drawn: DrawnDegradation, _ range: ClosedRange<Float>) -> Image {
        let pixels = drawn(image.pixels, valueRange: range)
        // Not rounded: a weak finding is not to be lost to the steps of eight bits, which say nothing of the method.
        return Image(header: image.header.resized(width: pixels.width, height: pixels.height), pixels: pixels)
    }

    /// The shares of their peaks that findings keep.
    func kept(
        _ finding: PlantedFinding, seed: UInt64, trusted: TrustedMethod, drawn: DrawnDegradation
    ) throws -> [Double] {
        let field = PlantedField(finding, in: image.pixels, range: range, body: body, seed: seed)
        guard !field.peaks.isEmpty else { return [] }
        var planted = image
        planted.pixels = field.pixels
        let result = try trusted.enlarged(Self.input(planted, drawn, range)).pixels
        return field.peaks.map { peak in
            let difference = Double(result.samples[peak] - restored.samples[peak])
            let put = Double(field.pixels.samples[peak] - image.pixels.samples[peak])
            return put == 0 ? 0 : difference / put
        }
    }
}
