import Foundation
import Imaging
import Upscaling

/// What becomes of one finding.
struct PlantedFate {
    /// The share of its peak that is left.
    let kept: Double
    /// How far its centre of mass moved, in pixels of the input; 0 where hardly anything is left of it.
    let moved: Double
    /// What a bound says of it; `nil` where there is none.
    let warning: (isFlagged: Bool, isFalseAlarm: Bool)?

    var isAltered: Bool { kept < 0.5 || kept > 1.5 || moved > 0.5 }
}

/// An image that findings are planted into, with what becomes of it without any.
struct PlantedGround {
    private let image: Image
    private let range: ClosedRange<Float>
    private let whole: IntensityRange
    private let body: [Bool]
    private let restored: Pixels
    private let boundFactor: Double?
    private let score: DoubtScore
    /// The bound without any finding.
    private let bound: Pixels?

    init(_ source: Image, trusted: TrustedMethod, drawn: DrawnDegradation, boundFactor: Double?, score: DoubtScore)
        throws
    {
        let slice = source.header.slices > 1 ? source.selecting([source.header.slices / 2]) : source
        let filled = slice.filled
        let cropped = filled.pixels.croppedToMultiple(of: Int(trusted.chain.scale)).brightness()
        var header = filled.header.resized(width: cropped.width, height: cropped.height)
        header.colorModel = .gray
        image = Image(header: header, pixels: cropped)
        whole = try trusted.range(of: image)
        range = min(whole.black, whole.white)...max(whole.black, whole.white)
        let input = Self.input(image, drawn, range)
        let made = try trusted.enlarged(input)
        restored = made.image.pixels
        let enlargement = Enlargement(
            input: input, made: made, scale: trusted.chain.scale, range: whole)
        body = enlargement.body
        self.boundFactor = boundFactor
        self.score = score
        bound = boundFactor.map { _ in enlargement.doubt(score) }
    }

    private static func input(_ image: Image, _ drawn: DrawnDegradation, _ range: ClosedRange<Float>) -> Image {
        let pixels = drawn(image.pixels, valueRange: range)
        // Not rounded: a weak finding is not to be lost to the steps of eight bits, which say nothing of the method.
        return Image(header: image.header.resized(width: pixels.width, height: pixels.height), pixels: pixels)
    }

    /// What becomes of findings of one kind.
    func fates(
        of finding: PlantedFinding, seed: UInt64, trusted: TrustedMethod, drawn: DrawnDegradation
    ) throws -> [PlantedFate] {
        let field = PlantedField(finding, in: image.pixels, range: range, body: body, seed: seed)
        guard !field.peaks.isEmpty else { return [] }
        var planted = image
        planted.pixels = field.pixels
        let input = Self.input(planted, drawn, range)
        let made = try trusted.enlarged(input)
        let result = made.image.pixels
        let scale = trusted.chain.scale
        let doubt =
            bound == nil
            ? nil : Enlargement(input: input, made: made, scale: scale, range: whole).doubt(score)
        let radius = Int((finding.width / 2).rounded(.up))
        // A line is cut short by the square, on both sides alike.
        let reach = Int(max(1.5 * finding.width, scale).rounded(.up))
        return field.peaks.map { peak in
            let put = Double(field.pixels.samples[peak] - image.pixels.samples[peak])
            let left = Double(result.samples[peak] - restored.samples[peak])
            let before = centre(of: field.pixels, less: image.pixels, around: peak, reach: reach)
            let after = centre(of: result, less: restored, around: peak, reach: reach)
            var moved = 0.0
            if let before, let after { moved = hypot(before.x - after.x, before.y - after.y) / scale }
            let limit = abs(finding.contrast) * Double(range.upperBound - range.lowerBound) / 2 / (boundFactor ?? 1)
            func warns(_ doubt: Pixels) -> Bool {
                place(peak, radius, in: doubt).contains { Double(doubt.samples[$0.index]) >= limit }
            }
            return PlantedFate(
                kept: put == 0 ? 0 : left / put, moved: finding.shape == .line ? 0 : moved,
                warning: doubt.flatMap { doubt in bound.map { (warns(doubt), warns($0)) } })
        }
    }

    /// How far landmarks move, in pixels of the result, and how many were planted.
    func landmarks(
        scale: Double, seed: UInt64, trusted: TrustedMethod, drawn: DrawnDegradation
    ) throws -> (shifts: [(x: Double, y: Double)], planted: Int) {
        var generator = SeededGenerator(seed: seed)
        let (width, height) = (image.pixels.width, image.pixels.height)
        let amplitude = Float(LandmarkTest.contrast) * (range.upperBound - range.lowerBound)
        let margin = Landmark.reach + 8
        let step = max(2 * margin, Int((Double(width * height) / Double(LandmarkTest.perImage)).squareRoot()))
        var planted = image
        var landmarks: [Landmark] = []
        for row in stride(from: margin, to: height - margin, by: step) {
            for column in stride(from: margin, to: width - margin, by: step)
            where landmarks.count < LandmarkTest.perImage {
                let landmark = Landmark(
                    shape: landmarks.count.isMultiple(of: 2) ? .disc : .crossing,
                    x: Double(column) + generator.uniform() - 0.5, y: Double(row) + generator.uniform() - 0.5,
                    angle: generator.uniform() * .pi)
                // One that is cut off at white would be found elsewhere.
                let places = place(row * width + column, margin - 4, in: image.pixels).map(\.index)
                guard body[row * width + column],
                    places.allSatisfy({ image.pixels.samples[$0] + amplitude <= range.upperBound })
                else { continue }
                for index in places {
                    let height = landmark.profile(x: Double(index % width), y: Double(index / width))
                    planted.pixels.samples[index] += amplitude * Float(height)
                }
                landmarks.append(landmark)
            }
        }
        guard !landmarks.isEmpty else { return ([], 0) }
        var difference = try trusted.enlarged(Self.input(planted, drawn, range)).image.pixels
        difference.add(-1, restored)
        return (landmarks.compactMap { $0.shift(in: difference) }, landmarks.count)
    }

    private func place(_ peak: Int, _ radius: Int, in pixels: Pixels) -> [(index: Int, x: Double, y: Double)] {
        let (row, column) = peak.quotientAndRemainder(dividingBy: pixels.width)
        var places: [(index: Int, x: Double, y: Double)] = []
        for y in max(0, row - radius)...min(pixels.height - 1, row + radius) {
            for x in max(0, column - radius)...min(pixels.width - 1, column + radius) {
                places.append((y * pixels.width + x, Double(x - column), Double(y - row)))
            }
        }
        return places
    }

    /// The centre of mass of what two images differ by, from the peak; `nil` where that is next to nothing.
    private func centre(
        of image: Pixels, less other: Pixels, around peak: Int, reach: Int
    ) -> (x: Double, y: Double)? {
        var (mass, x, y) = (0.0, 0.0, 0.0)
        for place in place(peak, reach, in: image) {
            let difference = Double(abs(image.samples[place.index] - other.samples[place.index]))
            mass += difference
            x += difference * place.x
            y += difference * place.y
        }
        return mass > 1e-3 * Double(range.upperBound - range.lowerBound) ? (x / mass, y / mass) : nil
    }
}
