import Foundation
import ImageQuality
import Imaging

extension EvaluationResult {
    /// The table of models by metrics, with the conventions under it, for a terminal.
    public func table(metrics: [Metric]) -> String {
        let columns = columns(metrics: metrics)
        var lines = TextTable(
            header: ["model", "images"] + columns.map(\.key) + ["s/image"],
            rows: rows.map { row in
                [row.model, String(row.images)] + columns.map { row.metrics[$0.key].map($0.text) ?? "–" }
                    + [row.images > 0 ? String(format: "%.3f", row.secondsPerImage) : "–"]
            }
        ).lines
        lines.append("")
        lines.append("×\(scale), low resolution made by \(degradation)")
        if conventions.reduction > 1 {
            lines.append("ground truth: the files reduced by \(conventions.reduction) first")
        }
        if let inputs = conventions.inputs { lines.append("inputs: \(inputs)") }
        if let registration = conventions.registration {
            lines.append("registration: \(registration)")
            lines += registrations
        }
        for column in columns { lines.append("\(column.key): \(column.title)") }
        lines += [
            "color: \(conventions.color)", "border: \(conventions.border) pixels left out along each edge",
            "crop: \(conventions.crop)", "range: \(conventions.range)",
            "no data: \(conventions.noData)", "rounding: \(conventions.rounding)",
            "slices: \(conventions.slices)", "mean: \(conventions.mean)", "s/image: \(conventions.seconds)",
        ]
        return lines.joined(separator: "\n")
    }
}

extension EvaluationResult {
    /// How each image was laid onto its truth; they are the same for all methods.
    private var registrations: [String] {
        (rows.first?.perImage ?? []).compactMap { score in
            score.registration.map {
                String(
                    format: "  %@: moved by %+.2f columns, %+.2f rows; intensities %.4g · truth %+.4g", score.title,
                    $0.shift.columns, $0.shift.rows, $0.slope, $0.intercept)
            }
        }
    }
}

/// What a table of results has a column for.
struct MetricColumn: Sendable {
    var key: String
    var title: String
    var text: @Sendable (Double) -> String
    /// How good a value is: more is better, whatever the metric counts. What is no number is worst.
    var merit: @Sendable (Double) -> Double

    func isBetter(_ value: Double, _ other: Double) -> Bool { merit(value) > merit(other) }
}

extension EvaluationResult {
    /// The metrics in the order that is asked for, then LPIPS and the agreement with the input where they were measured.
    func columns(metrics: [Metric]) -> [MetricColumn] {
        metrics.map { metric in
            MetricColumn(
                key: metric.evaluationKey, title: metric.title, text: { metric.text($0) },
                merit: { $0.isNaN ? -.infinity : metric.better.merit(of: $0) })
        }
            + [(LPIPS.key, "%.4f"), (Evaluation.consistencyKey, "%.2f")].compactMap { key, format in
                conventions.metrics[key].map { title in
                    MetricColumn(
                        key: key, title: title, text: { $0.isNaN ? "–" : String(format: format, $0) },
                        merit: { $0.isNaN ? -.infinity : -$0 })
                }
            }
    }
}

/// Columns of text: the first flush left, the others flush right.
public struct TextTable: Sendable {
    public var header: [String]
    public var rows: [[String]]

    /// - Precondition: every row has as many cells as the header.
    public init(header: [String], rows: [[String]]) {
        precondition(rows.allSatisfy { $0.count == header.count }, "a row has another number of cells than the header")
        self.header = header
        self.rows = rows
    }

    public var lines: [String] {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max()! }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        let texts = ([header] + rows).map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
        return [texts[0], rule] + texts.dropFirst()
    }
}
