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
        let keys = metrics.map(\.evaluationKey) + extraKeys
        func cells(_ values: [String: Double], missing: String) -> [String] {
            keys.map { key in values[key].map { Self.text($0, key: key) } ?? missing }
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
        var lines = TextTable(header: [""] + keys, rows: rows).lines
        lines.append("")
        lines += published.map { "published: \($0.citation), \($0.table); \($0.note)" }
        lines.append("ours: \(evaluation.rows.first?.images ?? 0) images, ×\(evaluation.scale)")
        lines += metrics.map { "\($0.evaluationKey): \($0.title)" }
        lines += extraKeys.map { "\($0): \(Self.extraTitles[$0]!)" }
        lines += choices
        return lines.joined(separator: "\n")
    }

    private static let extraTitles = [
        Evaluation.consistencyKey: Evaluation.consistencyTitle, LPIPS.key: LPIPS.title,
        FrechetDistance.key: "Fréchet distance of the features of results and truths; with few images far too high",
    ]

    /// What was measured or printed beside the metrics.
    private var extraKeys: [String] {
        let known = evaluation.rows.map(\.metrics) + published.flatMap(\.rows).map(\.metrics)
        return [Evaluation.consistencyKey, LPIPS.key, FrechetDistance.key].filter { key in
            known.contains { $0[key] != nil }
        }
    }

    private static func text(_ value: Double, key: String) -> String {
        Metric(named: key)?.text(value) ?? String(format: key == LPIPS.key ? "%.4f" : "%.2f", value)
    }
}
