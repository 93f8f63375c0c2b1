import ArgumentParser
import Evaluation
import Foundation
import ImageQuality
import Imaging

struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two images by every metric, conventions named.",
        discussion: """
            A is the reference. Values depend on conventions, so they are printed too: color is compared on MATLAB's Y, \
            the range is the one that A declares (0 to 4095 for 12 bits stored), nothing is left out at the edges \
            unless --border says so. Files that rescale their values differently are compared by real-world values; \
            files of which it is not known that their values mean the same are not compared.

              fovea metrics truth.png restored.png
              fovea metrics truth.dcm restored.dcm --border 4 --json -
              fovea metrics truth.tif restored.tif --range 0,1
            """)

    @Argument(help: "The reference.") var a: String
    @Argument(help: "The image to be judged.") var b: String

    @Option(help: "Pixels left out along each edge.") var border = 0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The least and the greatest value that samples of both can take, in the terms that are compared.",
            valueName: "low,high"))
    var range: ValueRange?

    @Option(help: "What is compared of color images: y (MATLAB's Y) or rgb (mean over red, green and blue).")
    var color = ColorChannel.y

    @Option(
        help: ArgumentHelp("Also LPIPS, by a network that Tools/convert_lpips.py made.", valueName: "onnx"))
    var lpips: String?

    @Option(help: ArgumentHelp("Write JSON to a file, or to standard output with '-'.", valueName: "file"))
    var json: JSONDestination?

    enum ColorChannel: String, ExpressibleByArgument, CaseIterable {
        case y, rgb
    }

    func validate() throws {
        if !(0...65_535).contains(border) { throw ValidationError("--border takes 0 to 65535 pixels, not \(border).") }
    }

    func run() throws {
        let truth = try ImageFile.read(URL(fileURLWithPath: a))
        let judged = try ImageFile.read(URL(fileURLWithPath: b))
        for (name, image) in [(a, truth), (b, judged)] {
            guard let statement = image.header.meaning.codesStatement else { continue }
            throw CommandFailure("\(name): \(EvaluationError.codes(statement: statement))")
        }
        guard truth.header.channels == judged.header.channels else {
            throw MetricError.differentShape(
                reference: "\(a) (\(truth.header.colorModel.title))", image: "\(b) (\(judged.header.colorModel.title))")
        }
        let pair = try ComparablePair(
            reference: truth, image: judged, names: (a, b), isRangeNamed: range != nil)
        let noData = Self.noData(truth, judged)
        if noData != nil, lpips != nil { throw CommandFailure("\(a): \(EvaluationError.noDataForLPIPS)") }
        var convention = try convention(truth.header, pair)
        if convention.channel == .matlabY && color == .rgb { convention.channel = .rgbMean }
        var values: [String: Double] = [:]
        var notes: [(Metric, String)] = []
        for metric in Metric.allCases {
            do throws(MetricError) {
                values[metric.rawValue] = try metric(
                    of: pair.image, against: pair.reference, convention: convention, excluding: noData)
            } catch .nothingToCompare(let metric) {
                notes.append((metric, "\(MetricError.nothingToCompare(metric: metric))"))
            } catch .tooSmall(let metric, let width, let height, let smallest, let border) {
                notes.append(
                    (
                        metric,
                        "\(MetricError.tooSmall(metric: metric, width: width, height: height, smallest: smallest, border: border))"
                    ))
            } catch {
                throw error
            }
        }
        if let lpips {
            values[Measure.lpips.key] = try LPIPS(contentsOf: URL(fileURLWithPath: lpips))(
                of: pair.image, against: pair.reference, convention: convention)
        }
        let report = MetricsReport(
            metrics: values, convention: convention, terms: pair.terms, warnings: pair.differences,
            noDataShare: noData?.share)
        if case .standardOutput? = json {
            try json?.write(report)
            return
        }
        try json?.write(report)
        func line(_ key: String, _ text: String, _ title: String) {
            let name = key.padding(toLength: 19, withPad: " ", startingAt: 0)
            print(name + String(repeating: " ", count: max(0, 8 - text.count)) + text + "  " + title)
        }
        for metric in Metric.allCases {
            if let value = values[metric.rawValue] {
                line(metric.rawValue, metric.text(value), metric.title)
            } else if let note = notes.first(where: { $0.0 == metric }) {
                line(metric.rawValue, "–", note.1)
            }
        }
        let distance = Measure.lpips
        if let value = values[distance.key] { line(distance.key, distance.text(value), distance.title) }
        let terms = pair.terms == .realWorld ? "real-world values, " : ""
        print("\n\(terms)\(convention)")
        for difference in pair.differences { print("Note: \(difference)") }
        // Two commands, two conventions: whoever compares their numbers must know.
        if range == nil, truth.header.intensity.sampleType.bits > 8 {
            let image = Image(header: truth.header, pixels: pair.reference)
            let scored = GroundTruth.range(of: image)
            let bounds = "\(scored.lowerBound),\(scored.upperBound)"
            print("evaluate scores such an image on the range of its values: --range \(bounds)")
        }
        if let noData {
            print(
                String(
                    format: "%.3g %% of the samples hold no data (padding or NaN) and are left out", 100 * noData.share)
            )
        }
    }

    /// What holds no data in either image; images of different shape are refused elsewhere.
    private static func noData(_ reference: Image, _ image: Image) -> NoDataMask? {
        guard let first = reference.noData else { return image.noData.flatMap { isAlike(reference, image) ? $0 : nil } }
        guard isAlike(reference, image) else { return nil }
        return image.noData.map(first.union) ?? first
    }

    private static func isAlike(_ first: Image, _ second: Image) -> Bool {
        (first.pixels.width, first.pixels.height, first.pixels.channels, first.pixels.slices)
            == (second.pixels.width, second.pixels.height, second.pixels.channels, second.pixels.slices)
    }

    private func convention(_ reference: ImageHeader, _ pair: ComparablePair) throws -> MetricConvention {
        guard let bounds = range?.bounds ?? pair.declaredRange else {
            throw CommandFailure("\(a): floating point declares no range of values; name it, such as --range 0,1")
        }
        return MetricConvention(
            channel: reference.colorModel.colorChannels == 3 ? .matlabY : .gray, valueRange: bounds, border: border)
    }
}

/// `{"metrics": {"psnr": …, "ssim.wang2004": …}, "convention": …}`.
struct MetricsReport: Encodable {
    var metrics: [String: Double]
    var convention: MetricConvention
    /// What the range and the samples are counted in.
    var terms: ComparablePair.Terms
    /// What differs between the files besides their samples.
    var warnings: [String]
    /// Part of the samples that was left out because one of the images holds no data there.
    var noDataShare: Double?
}
