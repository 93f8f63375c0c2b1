import Evaluation
import Foundation
import ImageQuality

/// A rebuilt table: what `fovea reproduce --json` writes. Its `rows` are those that `fovea evaluate` writes.
public struct ReproductionResult: Sendable, Encodable {
    public var paper: String
    public var published: [PublishedTable]
    public var choices: [String]
    /// Training steps by system.
    public var steps: [String: Int]
    public var seed: UInt64
    public var evaluation: EvaluationResult

    private enum CodingKeys: String, CodingKey {
        case paper, published, choices, steps, seed
    }

    public func encode(to encoder: any Encoder) throws {
        try evaluation.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(paper, forKey: .paper)
        try values.encode(published, forKey: .published)
        try values.encode(choices, forKey: .choices)
        try values.encode(steps, forKey: .steps)
        try values.encode(seed, forKey: .seed)
    }

    /// The table for a terminal: of each system the paper's row, where it prints one, above ours.
    public func table(metrics: [Metric]) -> String {
        let measures = measures(of: metrics)
        func cells(_ values: Scores, missing: String) -> [String] {
            measures.map { measure in values[measure].map(measure.text) ?? missing }
        }
        var rows: [[String]] = []
        for row in evaluation.rows {
            for table in published where table.otherData == nil {
                guard let printed = table.rows.first(where: { $0.model == row.model }) else { continue }
                rows.append(["\(row.model), published"] + cells(printed.metrics, missing: ""))
            }
            rows.append(
                [published.isEmpty ? row.model : "\(row.model), ours"] + cells(row.metrics, missing: "–"))
        }
        for table in published {
            guard let data = table.otherData else { continue }
            rows += table.rows.map { ["\($0.model), published, \(data)"] + cells($0.metrics, missing: "") }
        }
        var lines = TextTable(header: [""] + measures.map(\.key), rows: rows).lines
        lines.append("")
        lines += published.map { "published: \($0.citation), \($0.table); \($0.note)" }
        lines.append("ours: \(evaluation.rows.first?.images ?? 0) images, ×\(evaluation.scale)")
        lines += measures.map { "\($0.key): \($0.title)" }
        lines += choices
        return lines.joined(separator: "\n")
    }

    /// The metrics, and what was measured or printed beside them.
    private func measures(of metrics: [Metric]) -> [Measure] {
        let known = evaluation.rows.map(\.metrics) + published.flatMap(\.rows).map(\.metrics)
        return metrics.map(Measure.init)
            + [.consistency, .lpips, .frechetDistance].filter { measure in known.contains { $0[measure] != nil } }
    }
}
