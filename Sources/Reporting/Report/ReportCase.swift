import Evaluation
import Foundation
import ImageQuality
import Imaging

/// One image of an evaluation as a report shows it: the truth with a box, and what each method makes of the box.
public struct ReportCase: Sendable {
    /// Why it is shown.
    public var reason: String
    /// The file, and its slice where it has several.
    public var name: String
    var scores: [(method: String, value: Double)]
    /// PNG files.
    var overview: Data
    var truthDetail: Data
    var details: [Data]
    /// Pixels of the result that a detail shows along each axis.
    var detailLength: Int

    /// Where the best method gains most over the first, where it gains as in the middle of all images, and where least.
    ///
    /// - Parameters:
    ///   - result: what was measured.
    ///   - metrics: as the report lists them; the first column decides which method is best and what is gained.
    ///   - evaluation: how it was measured, to make the chosen images again.
    ///   - files: those that were evaluated, in the same order.
    ///   - methods: those that were judged.
    public static func chosen(
        from result: EvaluationResult, metrics: [Metric], _ evaluation: Evaluator, _ files: [(name: String, url: URL)],
        _ methods: [EvaluatedMethod]
    ) throws -> [ReportCase] {
        guard let first = result.rows.first, !first.perImage.isEmpty,
            let column = result.measures(of: metrics).first
        else { return [] }
        let best = result.best(by: column)
        let isAlone = best == 0
        let order = first.perImage.indices.sorted {
            let gains = [$0, $1].map { result.gain(of: best, image: $0, by: column) }
            return gains[0] > gains[1]
        }
        let places: [(Int, String)] =
            isAlone
            ? [
                (0, "best \(column.key)"), (order.count / 2, "in the middle"), (order.count - 1, "worst \(column.key)"),
            ]
            : [
                (0, "\(result.rows[best].model) gains most over \(first.model)"),
                (order.count / 2, "the gain in the middle"), (order.count - 1, "the least gain"),
            ]
        let range = Evaluator.seriesRange(among: files.map(\.url))
        var cases: [ReportCase] = []
        for (place, reason) in places where !cases.contains(where: { $0.name == first.perImage[order[place]].title }) {
            let index = order[place]
            let score = first.perImage[index]
            guard let file = files.firstIndex(where: { $0.name == score.file }) else { continue }
            let shown = try evaluation.compare(
                files[file], slice: score.slice, methods: methods, index: file, range: range)
            cases.append(
                try ReportCase(
                    reason: reason, name: score.title, shown, range: DisplayRange(for: shown.source),
                    scores: result.rows.map { ($0.model, $0.perImage[index].metrics[column] ?? .nan) }))
        }
        return cases
    }

    private init(
        reason: String, name: String, _ comparison: Evaluator.Comparison, range: DisplayRange,
        scores: [(method: String, value: Double)]
    ) throws {
        self.reason = reason
        self.name = name
        self.scores = scores
        let truth = Picture(comparison.truth, range: range)
        let box = ComparisonFigure.detail(of: truth)
        detailLength = box.width
        truthDetail = try truth.cropped(to: box).png
        details = try comparison.restored.map { try Picture($0.image, range: range).cropped(to: box).png }
        let longest = 480.0
        let share = min(1, longest / Double(max(truth.width, truth.height)))
        let (width, height) = (Int(Double(truth.width) * share), Int(Double(truth.height) * share))
        var canvas = Canvas(width: max(width, 1), height: max(height, 1))
        canvas.draw(truth.resized(width: canvas.width, height: canvas.height), x: 0, y: 0)
        canvas.frame(
            x: Int(Double(box.x) * share), y: Int(Double(box.y) * share), width: Int(Double(box.width) * share),
            height: Int(Double(box.height) * share), thickness: 2, color: .marker)
        overview = try canvas.image.png
    }
}

extension EvaluationResult {
    /// Index of the row with the best mean; the first of equals.
    func best(by column: Measure) -> Int {
        rows.indices.reduce(0) { best, row in
            let (value, most) = (rows[row].metrics[column], rows[best].metrics[column])
            return column.isBetter(value, than: most) ? row : best
        }
    }

    /// How much better a row is than the first for one image; how good it is where it is the first. What is no number
    /// gains nothing.
    func gain(of row: Int, image: Int, by column: Measure) -> Double {
        func merit(_ row: Int) -> Double { column.merit(of: rows[row].perImage[image].metrics[column]) }
        guard row != 0 else { return merit(0) }
        let gain = merit(row) - merit(0)
        return gain.isNaN ? 0 : gain
    }
}

extension Picture {
    fileprivate var png: Data {
        get throws {
            try Image(
                header: ImageHeader(
                    width: width, height: height, colorModel: pixels.channels == 3 ? .rgb : .gray,
                    intensity: Intensity(sampleType: .uint8)), pixels: pixels
            ).png
        }
    }
}

extension Image {
    /// The bytes of a PNG file.
    fileprivate var png: Data {
        get throws {
            let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).png")
            defer { try? FileManager.default.removeItem(at: url) }
            try ImageFile.write(self, to: url)
            return try Data(contentsOf: url)
        }
    }
}
