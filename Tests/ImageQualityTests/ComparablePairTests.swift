import ImageQuality
import Imaging
import Testing

@Suite("Which images can be compared")
struct ComparablePairTests {
    private func image(_ samples: [Float], _ intensity: Intensity, _ geometry: Geometry = Geometry()) -> Image {
        Image(
            header: ImageHeader(width: samples.count, height: 1, geometry: geometry, intensity: intensity),
            pixels: Pixels(width: samples.count, height: 1, samples: samples))
    }

    private func pair(_ reference: Image, _ image: Image, isRangeNamed: Bool = false) throws -> ComparablePair {
        try ComparablePair(reference: reference, image: image, names: ("a", "b"), isRangeNamed: isRangeNamed)
    }

    @Test("Hounsfield units of another intercept are the same Hounsfield units")
    func otherIntercept() throws {
        let pair = try pair(
            image([1000, 1500], Intensity(sampleType: .uint16, bitsStored: 12, intercept: -1024)),
            image([-24, 476], Intensity(sampleType: .int16)))
        #expect(pair.terms == .realWorld)
        #expect(pair.reference == pair.image && pair.image.samples == [-24, 476])
        #expect(pair.declaredRange == -1024...3071)
    }

    @Test("floating point is compared with scaled integers by their values")
    func scaled() throws {
        let pair = try pair(
            image([10, 20], Intensity(sampleType: .int16, slope: 0.5, intercept: 10)),
            image([15, 20], Intensity(sampleType: .float32)))
        #expect(pair.reference == pair.image)
        #expect(pair.declaredRange == -16374...16393.5)
    }

    @Test("files of one declaration are compared as they are stored")
    func stored() throws {
        let intensity = Intensity(sampleType: .uint16, bitsStored: 12, intercept: -1024)
        let pair = try pair(image([1, 2], intensity), image([1, 3], intensity))
        #expect(pair.terms == .stored && pair.declaredRange == 0...4095)
        #expect(pair.reference.samples == [1, 2] && pair.differences.isEmpty)
    }

    @Test("MONOCHROME1 is mirrored in its range where values have no other meaning")
    func polarity() throws {
        let pair = try pair(
            image([3095, 0], Intensity(sampleType: .uint16, bitsStored: 12, polarity: .brightIsLow)),
            image([1000, 4095], Intensity(sampleType: .uint16, bitsStored: 12)))
        #expect(pair.reference == pair.image)
        #expect(pair.differences.count == 1)
        let rescaled = Intensity(sampleType: .uint16, slope: 2, polarity: .brightIsLow)
        #expect(throws: MetricError.self) {
            try self.pair(image([1, 2], rescaled), image([1, 2], Intensity(sampleType: .uint16, slope: 2)))
        }
    }

    @Test("what is placed elsewhere is told")
    func placed() throws {
        let intensity = Intensity(sampleType: .uint8)
        let pair = try pair(
            image([1, 2], intensity, Geometry(spacing: PixelSpacing(column: 0.5, row: 0.5))),
            image([1, 2], intensity, Geometry(spacing: PixelSpacing(column: 1, row: 1))))
        #expect(pair.differences == ["b is not placed as a: pixels of 1.0 × 1.0 mm against 0.5 × 0.5 mm"])
    }
}
