import Imaging
import Testing
import Trust
import Upscaling

struct PlantedTests {
    private static func image(_ seed: UInt64) -> Image {
        var generator = SeededGenerator(seed: seed)
        var pixels = Pixels(width: 192, height: 192)
        for index in pixels.samples.indices { pixels.samples[index] = Float(generator.normal()) * 30 }
        pixels = pixels.gaussianBlurred(sigma: 6)
        let header = ImageHeader(width: 192, height: 192, intensity: Intensity(sampleType: .uint8))
        for index in pixels.samples.indices {
            pixels.samples[index] = header.intensity.quantized(pixels.samples[index] + 120)
        }
        return Image(header: header, pixels: pixels)
    }

    @Test func `large findings are kept and small ones lost, whatever their shape`() throws {
        let table = try PlantedTable(
            in: [Self.image(1), Self.image(2)], by: .bicubic, scale: 4, isConsistent: false)
        for shape in PlantedFinding.Shape.allCases {
            let rows = table.results.filter { $0.shape == shape && $0.contrast == 0.24 }.sorted { $0.width < $1.width }
            #expect(rows.count == PlantedTable.widths.count)
            // A quarter of the pixels cannot hold what is one pixel wide, and holds what is twelve.
            #expect(rows[0].kept < 0.4)
            #expect(rows.last!.kept > 0.9)
            for (narrow, wide) in zip(rows, rows.dropFirst()) { #expect(narrow.kept < wide.kept + 0.03) }
        }
    }

    @Test func `a bound without limits warns of everything, one of nothing of nothing`() throws {
        for (factor, share) in [(1e6, 1.0), (1e-6, 0)] {
            let table = try PlantedTable(
                in: [Self.image(1)], by: .bicubic, scale: 4, isConsistent: false, boundFactor: factor)
            for row in table.results {
                let warnings = try #require(row.warnings)
                #expect(warnings.falseAlarms == share)
                #expect(warnings.alteredAndFlagged == share * warnings.altered)
                // What loses half of its peak comes out wrong.
                #expect(warnings.altered >= 1 - row.halfKept - 1e-9)
            }
            #expect(table.flaggedShare == share)
        }
    }

    @Test func `a table says from which width on findings are kept`() {
        func row(_ width: Double, _ halfKept: Double, count: Int = 100) -> PlantedResult {
            PlantedResult(shape: .spot, width: width, contrast: 0.06, count: count, kept: halfKept, halfKept: halfKept)
        }
        let table = PlantedTable(results: [row(2, 0), row(4, 0.8), row(6, 1), row(8, 1)])
        #expect(table.leastWidth(of: .spot) == 6)
        #expect(table.statement(scale: 4) == "May be lost by half or more: spots under 1.5 original pixels wide.")
        // One that is lost above spoils all below.
        #expect(PlantedTable(results: [row(4, 1), row(8, 0.5)]).leastWidth(of: .spot) == nil)
    }

    /// Wilson's lower bounds of 60 and 54 in 60, as statsmodels' `proportion_confint(method="wilson")` gives them.
    @Test(arguments: [(1.0, 0.93983), (0.9, 0.79851)])
    func `few findings are no certainty`(_ share: Double, _ bound: Double) {
        let row = PlantedResult(shape: .disc, width: 4, contrast: 0.1, count: 60, kept: share, halfKept: share)
        #expect(abs(row.halfKeptAtLeast - bound) < 1e-4)
    }

    @Test(arguments: Landmark.Shape.allCases)
    func `a landmark is found where it was put`(_ shape: Landmark.Shape) throws {
        let put = Landmark(shape: shape, x: 30.3, y: 29.6, angle: 0.4)
        let thought = Landmark(shape: shape, x: 30, y: 30, angle: 0.4)
        var pixels = Pixels(width: 60, height: 60)
        for index in pixels.samples.indices {
            pixels.samples[index] = Float(7 * put.profile(x: Double(index % 60), y: Double(index / 60)))
        }
        // A method blurs what it shows, which moves nothing; a profile that is not blurred finds it within a twentieth of a pixel.
        for sigma in [0.8, 1.5] {
            let shift = try #require(thought.shift(in: pixels.gaussianBlurred(sigma: sigma)))
            #expect(abs(shift.x - 0.3) < 0.05 && abs(shift.y + 0.4) < 0.05, "\(shift)")
        }
        #expect(thought.shift(in: Pixels(width: 60, height: 60)) == nil)
    }

    @Test func `interpolation leaves landmarks where they are`() throws {
        let test = try LandmarkTest(in: [Self.image(1), Self.image(2)], by: .bicubic, scale: 4, isConsistent: false)
        #expect(test.planted > 20 && test.count == test.planted)
        #expect(test.rootMeanSquare < 0.1 && test.most < 0.1 && test.rootMeanSquare <= test.most)
        #expect(test.bias.allSatisfy { abs($0) < 0.02 })
        #expect(test.rootMeanSquareMillimetres == nil)
    }

    /// 4 / ‖A l‖₂ with MATLAB's antialiased bicubic reduction as a matrix, the worst of all places within a pixel:
    /// Tools/golden/visibility.py.
    @Test(arguments: [(2, [16.74107, 6.40935, 2.72939]), (4, [21.90542, 6.61268, 2.72739])])
    func `the least contrast that can be seen is the matched filter's`(_ scale: Int, _ expected: [Double]) {
        let floor = VisibilityFloor(noise: 3, range: 255, scale: scale)
        #expect(floor.spots.map(\.width) == [0.5, 1, 2])
        for (spot, contrast) in zip(floor.spots, expected) {
            #expect(abs(spot.contrast / 3 - contrast) < 2e-3 * contrast)
        }
    }

    @Test func `an image without noise still has that of its rounding`() throws {
        let floor = try #require(VisibilityFloor(of: Self.image(1), scale: 4))
        #expect(floor.noise >= 0.2886)
        let codes = Image(
            header: ImageHeader(width: 64, height: 64, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: 64, height: 64))
        #expect(VisibilityFloor(of: codes, scale: 2.5) == nil)
    }
}
