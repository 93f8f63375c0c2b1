import Foundation
import Imaging
import Testing

@Suite("Resampling")
struct ResamplingTests {
    struct Golden: Decodable {
        struct Source: Decodable {
            var width: Int
            var height: Int
            var samples: [Float]
        }
        struct Case: Decodable, CustomTestStringConvertible {
            var name: String
            var width: Int
            var height: Int
            var interpolation: Interpolation
            var scale: Double?
            var antialias: Bool
            /// Samples this near to an edge are not compared: the reference treats edges otherwise.
            var margin: Int
            var expected: [Float]

            var testDescription: String { "\(name) \(interpolation) \(width) × \(height)" }
        }
        var source: Source
        var cases: [Case]

        static let shared: Golden = {
            let url = Bundle.module.url(forResource: "resampling", withExtension: "json", subdirectory: "Golden")!
            return try! JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
        }()
    }

    static var source: Pixels {
        let source = Golden.shared.source
        return Pixels(width: source.width, height: source.height, samples: source.samples)
    }

    @Test("equals MATLAB's documented imresize, Pillow and PyTorch", arguments: Golden.shared.cases)
    func equalsReference(_ golden: Golden.Case) {
        let result =
            if let scale = golden.scale {
                Self.source.scaled(by: scale, interpolation: golden.interpolation, antialias: golden.antialias)
            } else {
                Self.source.resized(
                    width: golden.width, height: golden.height, interpolation: golden.interpolation,
                    antialias: golden.antialias)
            }
        #expect(result.width == golden.width && result.height == golden.height)
        var largest: Float = 0
        var compared = 0
        for row in golden.margin..<golden.height - golden.margin {
            for column in golden.margin..<golden.width - golden.margin {
                let index = row * golden.width + column
                largest = max(largest, abs(result.samples[index] - golden.expected[index]))
                compared += 1
            }
        }
        #expect(compared > 0)
        // Samples reach 250: four decimals in the file, Float32 in ours and in Pillow's.
        #expect(largest < 2e-4)
    }

    @Test("a band or a rectangle of a result is that part of the whole, bit for bit", arguments: Interpolation.allCases)
    func regionsEqualWhole(interpolation: Interpolation) {
        let image = pattern(width: 61, height: 47, channels: 3, slices: 2)
        for (width, height) in [(244, 188), (15, 12), (61, 100), (130, 20), (20, 130)] {
            let resampler = Resampler(
                sourceWidth: 61, sourceHeight: 47, width: width, height: height, interpolation: interpolation)
            let whole = resampler(image)
            for rows in [0..<1, 3..<11, height - 5..<height] {
                #expect(resampler.rows(rows, of: image) == whole.cropped(columns: 0..<width, rows: rows))
                let columns = width / 3..<width / 3 + 5
                #expect(
                    resampler.region(columns: columns, rows: rows, of: image)
                        == whole.cropped(columns: columns, rows: rows))
            }
        }
    }

    @Test("large images made on several threads equal small pieces made on one")
    func threadsAgree() {
        let image = pattern(width: 300, height: 280)
        let resampler = Resampler(sourceWidth: 300, sourceHeight: 280, width: 900, height: 840)
        let whole = resampler(image)
        for first in stride(from: 0, to: 840, by: 7) {
            let rows = first..<first + 7
            #expect(resampler.rows(rows, of: image) == whole.cropped(columns: 0..<900, rows: rows))
        }
    }

    @Test("every channel and slice is resized as if it were alone")
    func planesAreIndependent() {
        let image = pattern(width: 21, height: 18, channels: 3, slices: 4)
        let result = image.resized(width: 40, height: 9)
        for slice in 0..<4 {
            for channel in 0..<3 {
                #expect(
                    result.plane(slice: slice, channel: channel)
                        == image.plane(slice: slice, channel: channel).resized(width: 40, height: 9))
            }
        }
    }

    @Test("the same size is the same image", arguments: Interpolation.allCases)
    func identity(interpolation: Interpolation) {
        let image = pattern(width: 19, height: 23)
        #expect(image.resized(width: 19, height: 23, interpolation: interpolation) == image)
    }

    @Test("a flat image stays flat at any size", arguments: Interpolation.allCases)
    func flatStaysFlat(interpolation: Interpolation) {
        let image = Pixels(width: 7, height: 1, repeating: 1000)
        for (width, height) in [(1, 1), (2, 3), (50, 9), (7, 40)] {
            let result = image.resized(width: width, height: height, interpolation: interpolation)
            #expect(result.samples.allSatisfy { abs($0 - 1000) < 1e-3 })
        }
    }

    @Test("sizes follow MATLAB's rule: scale times size, rounded up")
    func sizeRule() {
        let image = Pixels(width: 17, height: 10)
        let result = image.scaled(by: 0.25)
        #expect(result.width == 5 && result.height == 3)
    }

    /// Reproducible, without symmetry, in 0…255.
    private func pattern(width: Int, height: Int, channels: Int = 1, slices: Int = 1) -> Pixels {
        var state: UInt32 = 1
        let samples = (0..<width * height * channels * slices).map { _ -> Float in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(state >> 24)
        }
        return Pixels(width: width, height: height, channels: channels, slices: slices, samples: samples)
    }
}
