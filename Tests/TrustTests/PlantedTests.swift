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
}
