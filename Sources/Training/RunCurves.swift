import Evaluation
import Foundation
import Reporting

/// The curves of a run, drawn from what it wrote: `curve.svg` beside `losses.csv` and `validation.csv`.
public struct RunCurves {
    /// By the name of its column, points of (step, value).
    let losses: [(name: String, points: [(x: Double, y: Double)])]
    /// By data set: what the network reaches, and bicubic interpolation, in dB.
    let validation: [(dataSet: String, points: [(x: Double, y: Double)], bicubic: Double)]

    /// More points than this are averaged in groups.
    private static let mostPoints = 400

    /// Reads a run's folder; what is not there yet is left out.
    public init(folder: URL) {
        let lines = Self.rows(of: folder.appendingPathComponent("losses.csv"))
        let names = lines.first.map { $0.dropFirst().map(String.init) } ?? []
        losses = names.enumerated().map { column, name in
            let points = lines.dropFirst().compactMap { row -> (x: Double, y: Double)? in
                // What a stage does not have yet is written as zero.
                guard row.count > column + 1, let step = Double(row[0]), let value = Double(row[column + 1]), value != 0
                else { return nil }
                return (step, value)
            }
            return (name, Self.thinned(points))
        }.filter { !$0.points.isEmpty }
        var order: [String] = []
        var points: [String: [(x: Double, y: Double)]] = [:]
        var bicubic: [String: Double] = [:]
        for row in Self.rows(of: folder.appendingPathComponent("validation.csv")).dropFirst() where row.count >= 5 {
            guard let step = Double(row[0]), let value = Double(row[3]), let reference = Double(row[4]) else {
                continue
            }
            let dataSet = String(row[1])
            if points[dataSet] == nil { order.append(dataSet) }
            points[dataSet, default: []].append((step, value))
            bicubic[dataSet] = reference
        }
        validation = order.map { ($0, points[$0]!, bicubic[$0]!) }
    }

    private static func rows(of url: URL) -> [[Substring]] {
        let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        let size = (points.count + mostPoints - 1) / mostPoints
        guard size > 1 else { return points }
        return stride(from: 0, to: points.count, by: size).map { start in
            let group = points[start..<min(start + size, points.count)]
            let count = Double(group.count)
            return (group.reduce(0) { $0 + $1.x } / count, group.reduce(0) { $0 + $1.y } / count)
        }
    }

    /// Losses over the steps, and what the held-out images say.
    public var plots: [Plot] {
        var plots: [Plot] = []
        if !losses.isEmpty {
            plots.append(
                Plot(
                    title: "Losses", xTitle: "step", yTitle: "mean of up to 50 steps, logarithmic",
                    series: losses.enumerated().map { index, loss in
                        Plot.Series(name: loss.name, points: loss.points, color: index + 1)
                    }, yIsLogarithmic: true))
        }
        if !validation.isEmpty {
            let last = validation.flatMap(\.points).map(\.x).max()!
            plots.append(
                Plot(
                    title: "Held-out images", xTitle: "step", yTitle: "PSNR in dB",
                    series: validation.enumerated().flatMap { index, set in
                        [
                            Plot.Series(name: set.dataSet, points: set.points, color: index + 1),
                            Plot.Series(
                                name: "\(set.dataSet), bicubic", points: [(0, set.bicubic), (last, set.bicubic)],
                                color: index + 1, isDashed: true),
                        ]
                    }))
        }
        return plots
    }

    /// Writes `curve.svg` into the folder.
    public func write(to folder: URL) throws {
        guard !plots.isEmpty else { return }
        try Plot.file(plots).write(to: folder.appendingPathComponent("curve.svg"), options: .atomic)
    }
}
