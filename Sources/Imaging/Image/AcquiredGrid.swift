import Foundation

/// The samples that an MR scanner measured along each axis of an image, where it stores more: it filled k-space up with
/// zeros, which adds pixels and no detail.
///
/// A network that learned on images without such pixels takes them for smooth anatomy and adds nothing; from the acquired
/// samples it does. See docs/decisions/0015.
public struct AcquiredGrid: Sendable, Equatable, Codable {
    /// Samples along a row.
    public var width: Int
    /// Samples along a column.
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// As many times more samples as measured must be stored along an axis for it to count as filled up.
    static let leastFactor = 1.3
    /// Fewer tell nothing for sure.
    static let leastCount = 32
    /// Mean power just outside of the acquired frequencies, for that just inside. On 8 slices filled up from a half, with
    /// noise up to a thirtieth of the range: 0.04 at most, since magnitudes reach a little beyond; without filling 0.4 and
    /// more.
    static let largestStep = 0.1
    /// What lies outside, for the image's own deviation from its mean. On 35 slices filled up 0.05 at most: where ringing in
    /// the dark changed its sign, magnitudes reach beyond what was acquired.
    static let largestRest = 0.06

    /// The acquired grid of an MR image, where its file states one that is coarser than the stored one (Acquisition Matrix
    /// (0018,1310)) *and* its own spectrum ends there. Headers err: a distortion correction or a reformatting has filled
    /// k-space again, and which number is whose axis is told differently by different vendors.
    ///
    /// - Returns: `nil` where the file does not say so, says it of a derived image, or the spectrum disagrees; and for color,
    ///   codes and images with samples that hold no data.
    public init?(of image: Image) {
        guard case .dicom(let source) = image.header.source, image.header.colorModel == .gray,
            image.header.meaning == .quantity, image.noData == nil
        else { return nil }
        let stated = AcquiredGrid.stated(by: source, image.header).filter { $0.isCoarser(than: image.header) }
        guard !stated.isEmpty else { return nil }
        let power = image.pixels.power
        guard let found = stated.first(where: { $0.isConfirmed(by: power, image.header) }) else { return nil }
        self = found
    }

    private func isCoarser(than header: ImageHeader) -> Bool {
        width <= header.width && height <= header.height && (width, height) != (header.width, header.height)
            && min(width, height) >= Self.leastCount
    }

    /// Whether the image's power ends where this grid's frequencies do.
    private func isConfirmed(by power: [Double], _ header: ImageHeader) -> Bool {
        var across = StepAtEdge(count: header.width, acquired: width)
        var down = StepAtEdge(count: header.height, acquired: height)
        var (whole, rest) = (0.0, 0.0)
        for row in 0..<header.height {
            let vertical = abs(FourierTransform.frequency(row, of: header.height))
            for column in 0..<header.width {
                let horizontal = abs(FourierTransform.frequency(column, of: header.width))
                let value = power[row * header.width + column]
                whole += value
                if 2 * vertical > height || 2 * horizontal > width { rest += value }
                if down.isInside(vertical) { across.add(value, at: horizontal) }
                if across.isInside(horizontal) { down.add(value, at: vertical) }
            }
        }
        return whole > 0 && rest < Self.largestRest * Self.largestRest * whole
            && across.isSteep(Self.largestStep) && down.isSteep(Self.largestStep)
    }
}

/// The power on both sides of where an axis's acquired frequencies end.
private struct StepAtEdge {
    private let isFilled: Bool
    private let edge: Double
    private var inside = (sum: 0.0, count: 0.0)
    private var outside = (sum: 0.0, count: 0.0)

    init(count: Int, acquired: Int) {
        isFilled = acquired < count
        edge = Double(acquired) / 2
    }

    /// Well within what was acquired.
    func isInside(_ frequency: Int) -> Bool { Double(frequency) <= 0.9 * edge }

    mutating func add(_ power: Double, at frequency: Int) {
        switch Double(frequency) / edge {
        case 0.8..<0.97: inside = (inside.sum + power, inside.count + 1)
        case 1.03..<1.2: outside = (outside.sum + power, outside.count + 1)
        default: break
        }
    }

    func isSteep(_ largest: Double) -> Bool {
        guard isFilled else { return true }
        guard inside.count > 0, outside.count > 0, inside.sum > 0 else { return false }
        return outside.sum / outside.count < largest * inside.sum / inside.count
    }
}

extension Pixels {
    /// The power of each frequency without the mean, summed over up to five slices, evenly spread.
    fileprivate var power: [Double] {
        let chosen = slices <= 5 ? Array(0..<slices) : (0..<5).map { $0 * (slices - 1) / 4 }
        var result = [Double](repeating: 0, count: planeCount)
        for slice in chosen {
            let plane = samples[planeRange(slice: slice)]
            let mean = plane.reduce(0) { $0 + Double($1) } / Double(planeCount)
            let spectrum = PlaneSpectrum(
                plane.map { PlaneSpectrum.Complex(Double($0) - mean, 0) }, width: width, height: height)
            for (index, value) in spectrum.values.enumerated() { result[index] += (value * value).sum() }
        }
        return result
    }
}
