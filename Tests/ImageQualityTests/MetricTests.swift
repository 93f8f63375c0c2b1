import Foundation
import ImageQuality
import Imaging
import Testing

@Suite("Metrics")
struct MetricTests {
    struct Golden: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            enum Kind: String, Decodable { case distorted, negated, unlike }

            var width: Int
            var height: Int
            var levels: Int
            var kind: Kind
            var values: [String: Double]

            var testDescription: String { "\(kind) \(width) × \(height), \(levels) levels" }

            var reference: Pixels { pattern(width: width, height: height, seed: 1, levels: levels) }
            var image: Pixels {
                switch kind {
                case .distorted: distorted(reference, seed: 5, levels: levels)
                case .negated: negated(reference, levels: levels)
                case .unlike:
                    Pixels(
                        width: width, height: height,
                        samples: pattern(width: width, height: height, seed: 9, levels: levels).samples.reversed())
                }
            }
            var convention: MetricConvention {
                MetricConvention(channel: .gray, valueRange: 0...Float(levels - 1))
            }
        }
        var gray: [Case]
        var color: [String: [String: Double]]

        static let shared: Golden = {
            let url = Bundle.module.url(forResource: "metrics", withExtension: "json", subdirectory: "Golden")!
            return try! JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
        }()
    }

    @Test(
        "equal scikit-image, sewar, pytorch-msssim and the definitions within 1e-6", arguments: Golden.shared.gray
    )
    func equalReference(_ golden: Golden.Case) throws {
        for (name, expected) in golden.values {
            let metric = try #require(Metric(rawValue: name))
            let value = try metric(of: golden.image, against: golden.reference, convention: golden.convention)
            #expect(abs(value - expected) < 1e-6, "\(name): \(value), expected \(expected)")
        }
    }

    @Test("every metric has a golden value")
    func everyMetricIsCovered() {
        let covered = Set(Golden.shared.gray.flatMap(\.values.keys))
        #expect(covered == Set(Metric.allCases.map(\.rawValue)))
    }

    @Test("score colour on MATLAB's Y or over red, green and blue, without the border")
    func color() throws {
        let planes = [1, 2, 3].map { pattern(width: 40, height: 36, seed: $0, levels: 256) }
        let reference = Pixels(width: 40, height: 36, channels: 3, samples: planes.flatMap(\.samples))
        let changed = planes.map { distorted($0, seed: 7, levels: 256) }
        let image = Pixels(width: 40, height: 36, channels: 3, samples: changed.flatMap(\.samples))
        for (channel, values) in Golden.shared.color {
            let convention = MetricConvention(
                channel: try #require(.init(rawValue: channel)), valueRange: 0...255, border: 4)
            for (name, expected) in values {
                let metric = try #require(Metric(rawValue: name))
                let value = try metric(of: image, against: reference, convention: convention)
                // Y is kept in Float32.
                #expect(abs(value - expected) < 2e-6, "\(channel) \(name): \(value), expected \(expected)")
            }
        }
    }

    @Test("opacity is not scored")
    func opacityIsIgnored() throws {
        let gray = pattern(width: 20, height: 20, seed: 1, levels: 256)
        let other = distorted(gray, seed: 2, levels: 256)
        let convention = MetricConvention(channel: .gray, valueRange: 0...255)
        let opaque = Pixels(width: 20, height: 20, repeating: 255)
        let clear = Pixels(width: 20, height: 20, repeating: 0)
        let withOpaque = Pixels(width: 20, height: 20, channels: 2, samples: gray.samples + opaque.samples)
        let withClear = Pixels(width: 20, height: 20, channels: 2, samples: other.samples + clear.samples)
        #expect(
            try Metric.psnr(of: withClear, against: withOpaque, convention: convention)
                == Metric.psnr(of: other, against: gray, convention: convention))
    }

    @Test("an image equals itself", arguments: Metric.allCases)
    func identity(metric: Metric) throws {
        let image = pattern(width: 190, height: 177, seed: 4, levels: 4096)
        let value = try metric(of: image, against: image, convention: .init(channel: .gray, valueRange: 0...4095))
        switch metric {
        case .psnr: #expect(value == .infinity)
        default: #expect(abs(value - 1) < 1e-12)
        }
    }

    @Test(
        "but for sharpness and sFRC, which ask what the truth is, don't care which of two images is the reference",
        arguments: Metric.allCases.filter { ![.sharpness, .sfrc, .sfrcOneSided].contains($0) })
    func symmetry(metric: Metric) throws {
        let first = pattern(width: 190, height: 177, seed: 4, levels: 256)
        let second = distorted(first, seed: 8, levels: 256)
        let convention = MetricConvention(channel: .gray, valueRange: 0...255)
        let forth = try metric(of: second, against: first, convention: convention)
        let back = try metric(of: first, against: second, convention: convention)
        #expect(abs(forth - back) < 1e-12)
        #expect(forth < (metric == .psnr ? 60 : 1))
    }

    @Test(
        "signed values are counted from the range's lower end, so that an offset changes nothing",
        arguments: Metric.allCases)
    func offset(metric: Metric) throws {
        let first = pattern(width: 180, height: 176, seed: 4, levels: 4096)
        let second = distorted(first, seed: 8, levels: 4096)
        let lowered = { (image: Pixels) in
            Pixels(width: image.width, height: image.height, samples: image.samples.map { $0 - 1024 })
        }
        #expect(
            try metric(of: second, against: first, convention: .init(channel: .gray, valueRange: 0...4095))
                == metric(
                    of: lowered(second), against: lowered(first),
                    convention: .init(channel: .gray, valueRange: -1024...3071)))
    }

    @Test("slices are averaged, and PSNR takes one error over all")
    func slices() throws {
        let first = pattern(width: 24, height: 24, seed: 1, levels: 256)
        let second = pattern(width: 24, height: 24, seed: 2, levels: 256)
        let reference = Pixels(width: 24, height: 24, slices: 2, samples: first.samples + second.samples)
        let image = Pixels(
            width: 24, height: 24, slices: 2, samples: first.samples + distorted(second, seed: 3, levels: 256).samples)
        let convention = MetricConvention(channel: .gray, valueRange: 0...255)
        let alone = { (metric: Metric) in
            try metric(of: image.slice(1), against: reference.slice(1), convention: convention)
        }
        let ssim = try Metric.ssim(of: image, against: reference, convention: convention)
        let expected = try (1 + alone(.ssim)) / 2
        #expect(abs(ssim - expected) < 1e-12)
        // Half the squared error of the slice that differs.
        let psnr = try Metric.psnr(of: image, against: reference, convention: convention)
        let gain = try psnr - alone(.psnr)
        #expect(abs(gain - 10 * log10(2)) < 1e-9)
    }

    @Test("a negated image is far from the original by UQI and near by what sewar calls UQI")
    func negatedImage() throws {
        let image = smooth(width: 64, height: 64)
        let negative = negated(image, levels: 256)
        let convention = MetricConvention(channel: .gray, valueRange: 0...255)
        #expect(try Metric.uqi(of: negative, against: image, convention: convention) < -0.9)
        #expect(try Metric.uqiSewar(of: negative, against: image, convention: convention) > 0.9)
    }

    @Test("flat parts count as their means do, whatever their value", arguments: [0, 16, 0.1, 33.333])
    func flatParts(value: Float) throws {
        let flat = Pixels(width: 16, height: 16, repeating: value)
        let brighter = Pixels(width: 16, height: 16, repeating: value + 1.7)
        let (x, y) = (Double(value), Double(value + 1.7))
        let uqi = try Metric.uqi(of: brighter, against: flat, convention: .init(channel: .gray, valueRange: 0...255))
        #expect(abs(uqi - 2 * x * y / (x * x + y * y)) < 1e-9)
    }

    @Test("an empty or infinite range fails")
    func wrongRange() {
        let image = Pixels(width: 200, height: 200, repeating: 1)
        for range in [Float(5)...5, 0...Float.infinity] {
            for metric in Metric.allCases {
                #expect(throws: MetricError.invalidRange(lower: range.lowerBound, upper: range.upperBound)) {
                    try metric(of: image, against: image, convention: .init(channel: .gray, valueRange: range))
                }
            }
        }
        #expect(throws: MetricError.noRange) {
            try MetricConvention(for: ImageHeader(width: 1, height: 1, intensity: Intensity(sampleType: .float32)))
        }
    }

    @Test("images of different shape fail")
    func differentShape() {
        let convention = MetricConvention(channel: .gray, valueRange: 0...255)
        let error = #expect(throws: MetricError.self) {
            try Metric.psnr(
                of: Pixels(width: 20, height: 21), against: Pixels(width: 20, height: 20, channels: 3),
                convention: convention)
        }
        #expect(
            error?.description
                == "cannot compare 20 × 21 with 20 × 20 of 3 channels: bring both images to the same size and channels first"
        )
    }

    @Test("an image smaller than the window fails, and the least size is enough", arguments: Metric.allCases)
    func tooSmall(metric: Metric) throws {
        let least = metric.smallestSize
        let convention = MetricConvention(channel: .gray, valueRange: 0...255, border: 2)
        let enough = pattern(width: least + 4, height: least + 4, seed: 1, levels: 256)
        _ = try metric(of: enough, against: enough, convention: convention)
        let small = pattern(width: least + 4, height: least + 3, seed: 1, levels: 256)
        #expect(
            throws: MetricError.tooSmall(metric: metric, width: least, height: least - 1, smallest: least, border: 2)
        ) {
            try metric(of: small, against: small, convention: convention)
        }
    }

    @Test("a channel convention that the image does not have fails, and so does a negative border")
    func wrongConvention() {
        let gray = Pixels(width: 20, height: 20)
        let color = Pixels(width: 20, height: 20, channels: 3)
        #expect(throws: MetricError.wrongChannels(channels: 1, convention: .matlabY)) {
            try Metric.psnr(of: gray, against: gray, convention: .init(channel: .matlabY, valueRange: 0...1))
        }
        #expect(throws: MetricError.wrongChannels(channels: 3, convention: .gray)) {
            try Metric.psnr(of: color, against: color, convention: .init(channel: .gray, valueRange: 0...1))
        }
        #expect(throws: MetricError.negativeBorder(-1)) {
            try Metric.psnr(of: gray, against: gray, convention: .init(channel: .gray, valueRange: 0...1, border: -1))
        }
    }

    @Test("NaN or infinity among the samples fails", arguments: Metric.allCases)
    func notFinite(metric: Metric) {
        let image = pattern(width: 180, height: 180, seed: 1, levels: 256)
        for sample in [Float.nan, .infinity] {
            var broken = image
            broken.samples[90 * 180 + 90] = sample
            #expect(throws: MetricError.notFinite) {
                try metric(of: broken, against: image, convention: .init(channel: .gray, valueRange: 0...255))
            }
        }
    }

    @Test("what is excluded changes no metric, and windows that hold it don't count", arguments: Metric.allCases)
    func excluded(metric: Metric) throws {
        // What is left is the left half, which alone gives the same; MS-SSIM halves the mask along with the image.
        let (width, height) = (400, 200)
        let reference = pattern(width: width, height: height, seed: 1, levels: 256)
        var image = pattern(width: width, height: height, seed: 1, levels: 256)
        for index in image.samples.indices { image.samples[index] += Float(index % 7) }
        let half = 0..<width / 2
        let mask = NoDataMask(
            width: width, height: height, isMissing: (0..<width * height).map { $0 % width >= width / 2 })
        let convention = MetricConvention(channel: .gray, valueRange: 0...255)
        var broken = image
        for index in broken.samples.indices where mask.isMissing[index] { broken.samples[index] = .nan }
        let value = try metric(of: broken, against: reference, convention: convention, excluding: mask)
        let alone = try metric(
            of: image.cropped(columns: half, rows: 0..<height),
            against: reference.cropped(columns: half, rows: 0..<height),
            convention: convention)
        // sewar leaves out the last column of windows, and MS-SSIM repeats an odd last column: here others come after it.
        let tolerances: [Metric: Double] = [.uqiSewar: 2e-3, .multiScaleSSIM: 1e-4]
        #expect(abs(value - alone) < tolerances[metric] ?? 1e-9)
        let all = NoDataMask(width: width, height: height, isMissing: mask.isMissing.map { _ in true })
        #expect(throws: MetricError.nothingToCompare(metric: metric)) {
            try metric(of: image, against: reference, convention: convention, excluding: all)
        }
    }

    @Test("a score names its convention")
    func description() throws {
        let header = ImageHeader(
            width: 8, height: 8, colorModel: .rgb, intensity: Intensity(sampleType: .uint16, bitsStored: 12))
        let convention = try MetricConvention(for: header, border: 4)
        #expect(convention.description == "MATLAB Y, range 0…4095, border 4 px")
        let decoded = try JSONDecoder().decode(MetricConvention.self, from: JSONEncoder().encode(convention))
        #expect(decoded == convention)
    }
}

/// The images of Tools/golden/metrics.py.
private func pattern(width: Int, height: Int, seed: UInt32, levels: Int) -> Pixels {
    var state = seed
    let samples = (0..<width * height).map { index -> Float in
        state = state &* 1_664_525 &+ 1_013_904_223
        let (row, column) = index.quotientAndRemainder(dividingBy: width)
        let noise = Int(state >> 16) % (levels / 4)
        let square = (row / 12 + column / 9) % 3 * (levels / 4)
        return column < width / 4 && row < height / 2 ? 0 : Float(noise + square)
    }
    return Pixels(width: width, height: height, samples: samples)
}

private func distorted(_ image: Pixels, seed: UInt32, levels: Int) -> Pixels {
    let (width, height) = (image.width, image.height)
    let noise = pattern(width: width, height: height, seed: seed, levels: levels)
    var result = image
    for row in 0..<height {
        for column in 0..<width {
            var sum = 0
            for down in -1...1 {
                for right in -1...1 {
                    let neighbour = (row + down + height) % height * width + (column + right + width) % width
                    sum += Int(image.samples[neighbour])
                }
            }
            let index = row * width + column
            let dark = row < height / 3 && column < width / 5
            result.samples[index] = dark ? 0 : Float((8 * sum + 5 * Int(noise.samples[index])) / 80)
        }
    }
    return result
}

private func negated(_ image: Pixels, levels: Int) -> Pixels {
    Pixels(width: image.width, height: image.height, samples: image.samples.map { Float(levels - 1) - $0 })
}

private func smooth(width: Int, height: Int) -> Pixels {
    let samples = (0..<width * height).map { index -> Float in
        Float(127.5 + 8 * sin(0.5 * Double(index % width)) + 8 * cos(0.4 * Double(index / width)))
    }
    return Pixels(width: width, height: height, samples: samples)
}
