import Foundation
import ImageQuality
import Imaging

extension EvaluationResult {
    /// The table of models by metrics, with the conventions under it, for a terminal.
    public func table(metrics: [Metric]) -> String {
        let columns = measures(of: metrics)
        var lines = TextTable(
            header: ["model", "images"] + columns.map(\.key) + ["s/image"],
            rows: rows.map { row in
                [row.model, String(row.images)] + columns.map { $0.text(row.metrics[$0]) }
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

extension EvaluationResult {
    /// The metrics in the order that is asked for, then LPIPS and the agreement with the input where they were measured.
    package func measures(of metrics: [Metric]) -> [Measure] {
        metrics.map(Measure.init) + [.lpips, .consistency].filter { conventions.metrics[$0.key] != nil }
    }
}
