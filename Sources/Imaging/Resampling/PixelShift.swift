import Foundation

/// A move without turning, in pixels: to the right and downwards where positive.
public struct PixelShift: Sendable, Equatable, Codable {
    public var columns: Double
    public var rows: Double

    public init(columns: Double, rows: Double) {
        self.columns = columns
        self.rows = rows
    }

    /// The longer of both ways.
    public var extent: Double { max(abs(columns), abs(rows)) }
}

extension Pixels {
    /// The move that lays `other` onto this image, by phase correlation (Kuglin and Hines, "The phase correlation image
    /// alignment method", 1975) whose peak is found by a finer and finer Fourier sum (Guizar-Sicairos, Thurman and Fienup,
    /// "Efficient subpixel image registration algorithms", 2008): to a few hundredths of a pixel, to a quarter in strong
    /// noise.
    ///
    /// - Parameters:
    ///   - other: of the same width and height; of several channels the mean counts, of several slices the first.
    ///   - highestFrequency: in cycles a pixel, up to 0.5; what lies beyond is not looked at. Where one of both was enlarged,
    ///     nothing but noise is there.
    ///   - limit: pixels that the other may lie away along each axis.
    /// - Returns: `nil` where no move stands out from what noise would give and from all others.
    package func shift(of other: Pixels, upTo highestFrequency: Double, within limit: Int) -> PixelShift? {
        precondition(width == other.width && height == other.height, "images of different size")
        let limit = min(limit, (min(width, height) - 1) / 2)
        guard limit > 0 else { return nil }
        let (mine, theirs) = (windowedSpectrum, other.windowedSpectrum)
        var cross = [PlaneSpectrum.Complex](repeating: .zero, count: width * height)
        // Finding the peak takes all frequencies alike, placing it those more that stand out from noise.
        var weighted = cross
        var count = 0
        for row in 0..<height {
            let vertical = Double(FourierTransform.frequency(row, of: height)) / Double(height)
            for column in 0..<width {
                let horizontal = Double(FourierTransform.frequency(column, of: width)) / Double(width)
                let square = vertical * vertical + horizontal * horizontal
                guard square > 0, square <= highestFrequency * highestFrequency else { continue }
                let index = row * width + column
                let value = product(mine.values[index], theirs.values[index].conjugate)
                let length = (value * value).sum().squareRoot()
                guard length > 0 else { continue }
                cross[index] = value / length
                weighted[index] = value / length.squareRoot()
                count += 1
            }
        }
        guard count > 0 else { return nil }

        let correlation = PlaneSpectrum(cross, width: width, height: height, inverse: true)
        var best = (value: -Double.infinity, column: 0, row: 0)
        for row in -limit...limit {
            for column in -limit...limit {
                let value = correlation.values[(row + height) % height * width + (column + width) % width].x
                if value > best.value { best = (value, column, row) }
            }
        }
        // The sum of so many numbers of chance phase deviates by the root of their count.
        guard best.value > Self.leastClarity * Double(count).squareRoot() else { return nil }
        // Beside the peak, which is as wide as the highest frequency is low, nothing may come near it: layers and edges
        // that run through the image lie well on each other along their whole length.
        let peakWidth = max(4, Int((0.5 / highestFrequency).rounded(.up)))
        for row in -limit...limit {
            for column in -limit...limit where max(abs(row - best.row), abs(column - best.column)) > peakWidth {
                let value = correlation.values[(row + height) % height * width + (column + width) % width].x
                guard value < Self.largestRival * best.value else { return nil }
            }
        }
        var shift = PixelShift(columns: Double(best.column), rows: Double(best.row))
        for step in [0.1, 0.01] { shift = weighted.peak(width: width, height: height, around: shift, step: step) }
        return shift
    }

    /// Standard deviations of chance that a peak has to stand out by: of the greatest of thousands, chance makes 4, and
    /// the window half as much again.
    private static let leastClarity = 8.0

    /// Of the greatest value, another may have so much. On eight pairs of OCT frames 0.26 to 0.52 where ×2 and
    /// ×4 told one move to about a pixel, and 0.76 and more where they did not.
    private static let largestRival = 0.65

    /// Of the mean of the channels without its mean, faded out towards the edges, which would be lines otherwise.
    private var windowedSpectrum: PlaneSpectrum {
        var values = [Double](repeating: 0, count: planeCount)
        for channel in 0..<channels {
            for (index, sample) in samples[planeRange(channel: channel)].enumerated() {
                values[index] += Double(sample)
            }
        }
        let mean = values.reduce(0, +) / Double(values.count)
        func fading(_ count: Int) -> [Double] {
            (0..<count).map { 0.5 - 0.5 * cos(2 * .pi * (Double($0) + 0.5) / Double(count)) }
        }
        let (across, down) = (fading(width), fading(height))
        let samples = values.enumerated().map { index, value in
            PlaneSpectrum.Complex((value - mean) * across[index % width] * down[index / width], 0)
        }
        return PlaneSpectrum(samples, width: width, height: height)
    }

    /// The image moved, as if what it shows was sampled elsewhere: exact for what its samples can hold, and so without
    /// the blur of interpolation. What enters at an edge is the mirrored image.
    package func moved(by shift: PixelShift) -> Pixels {
        var result = self
        result.moveLines(by: shift.columns, count: width, stride: 1, lines: height, lineStride: width)
        result.moveLines(by: shift.rows, count: height, stride: width, lines: width, lineStride: 1)
        return result
    }

    private mutating func moveLines(by distance: Double, count: Int, stride: Int, lines: Int, lineStride: Int) {
        guard distance != 0 else { return }
        let shift = LineShift(count: count, distance: distance)
        let (planes, planeCount) = (channels * slices, planeCount)
        samples.withUnsafeMutableBufferPointer { samples in
            let samples = samples
            concurrently(planes * lines) { index in
                let start = index / lines * planeCount + index % lines * lineStride
                shift.move(samples.baseAddress! + start, stride: stride)
            }
        }
    }
}

extension FourierTransform.Complex {
    fileprivate var conjugate: Self { Self(x, -y) }
}

extension [FourierTransform.Complex] {
    /// Where the inverse transform of this spectrum is greatest, among places of a grid of `step` pixels up to ten steps
    /// from `centre`.
    fileprivate func peak(width: Int, height: Int, around centre: PixelShift, step: Double) -> PixelShift {
        typealias Complex = FourierTransform.Complex
        let places = (-10...10).map { Double($0) * step }
        func roots(_ count: Int, _ start: Double) -> [[Complex]] {
            places.map { place in
                (0..<count).map { index in
                    let frequency = Double(FourierTransform.frequency(index, of: count)) / Double(count)
                    let angle = 2 * Double.pi * frequency * (start + place)
                    return Complex(cos(angle), sin(angle))
                }
            }
        }
        let (across, down) = (roots(width, centre.columns), roots(height, centre.rows))
        var best = (value: -Double.infinity, shift: centre)
        for (column, factors) in zip(places, across) {
            let lines = (0..<height).map { row in
                (0..<width).reduce(into: Complex.zero) { $0 += product(self[row * width + $1], factors[$1]) }
            }
            for (row, factors) in zip(places, down) {
                let value = lines.indices.reduce(0) { $0 + product(lines[$1], factors[$1]).x }
                if value > best.value {
                    best = (value, PixelShift(columns: centre.columns + column, rows: centre.rows + row))
                }
            }
        }
        return best.shift
    }
}

/// Moves lines of one length: in their Fourier transform, mirrored at their end so that it meets their start.
private struct LineShift: Sendable {
    typealias Complex = FourierTransform.Complex

    let count: Int
    let forward: FourierTransform
    let inverse: FourierTransform
    let factors: [Complex]

    init(count: Int, distance: Double) {
        self.count = count
        forward = FourierTransform(count: 2 * count)
        inverse = FourierTransform(count: 2 * count, inverse: true)
        let length = Double(2 * count)
        factors = (0..<2 * count).map { index in
            let angle = -2 * Double.pi * Double(FourierTransform.frequency(index, of: 2 * count)) * distance / length
            // The highest frequency has no partner to be turned against.
            return Complex(cos(angle), index == count ? 0 : sin(angle)) / length
        }
    }

    func move(_ samples: UnsafeMutablePointer<Float>, stride: Int) {
        withUnsafeTemporaryAllocation(of: Complex.self, capacity: 4 * count) { scratch in
            let (line, spectrum) = (scratch.baseAddress!, scratch.baseAddress! + 2 * count)
            for index in 0..<count {
                let value = Complex(Double(samples[index * stride]), 0)
                line[index] = value
                line[2 * count - 1 - index] = value
            }
            forward(line, into: spectrum)
            for index in 0..<2 * count { spectrum[index] = product(spectrum[index], factors[index]) }
            inverse(spectrum, into: line)
            for index in 0..<count { samples[index * stride] = Float(line[index].x) }
        }
    }
}
