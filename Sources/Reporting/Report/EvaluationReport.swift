import Evaluation
import Foundation
import ImageQuality
import Imaging

/// An evaluation as one page that needs nothing beside it: table, plots, figures, the worst images, conventions, manifest.
public struct EvaluationReport: Sendable {
    private let result: EvaluationResult
    private let metrics: [Metric]
    private let cases: [ReportCase]
    private let trust: [TrustEvaluation]
    private let manifest: RunManifest
    /// The column that plots and the list of the worst images go by.
    private let column: Measure
    private static let listedImages = 10

    /// - Precondition: `metrics` or the result's own measures (LPIPS, consistency) are at least one.
    public init(
        _ result: EvaluationResult, metrics: [Metric], cases: [ReportCase], trust: [TrustEvaluation] = [],
        manifest: RunManifest
    ) {
        self.result = result
        self.metrics = metrics
        self.cases = cases
        self.trust = trust
        self.manifest = manifest
        column = result.measures(of: metrics)[0]
    }

    /// Writes `index.html` and, for programs, `evaluation.json` and `manifest.json`. Returns the page.
    public func write(to folder: URL) throws -> URL {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let page = folder.appendingPathComponent("index.html")
        try Data(html.text.utf8).write(to: page, options: .atomic)
        try (result.json + Data("\n".utf8)).write(
            to: folder.appendingPathComponent("evaluation.json"), options: .atomic)
        try (JSONEncoder.fovea.encode(manifest) + Data("\n".utf8)).write(
            to: folder.appendingPathComponent("manifest.json"), options: .atomic)
        return page
    }

    public var html: HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Fovea: ×\(result.scale) on \(manifest.data)</title>
        <style>
        \(PlotStyle.colors)\(PlotStyle.rules)\(Self.style)</style>
        </head>
        <body>
        <header>
        <p class="mark">Fovea evaluation</p>
        <h1>Super-resolution ×\(result.scale)</h1>
        <p>\(result.rows.first?.images ?? 0) images of <code>\(manifest.data)</code>, reduced by \
        \(result.degradation.description), restored by \(result.rows.count) \
        \(result.rows.count == 1 ? "method" : "methods"), and compared with the originals. \
        <span class="date">\(manifest.date.prefix(10).description)</span></p>
        </header>
        <main>
        \(summary)\(table)\(trustSection)\(plots)\(figures)\(worst)\(failures)\(conventions)\(manifestSection)\
        </main>
        </body>
        </html>

        """
    }

    /// The result in a sentence.
    private var summary: HTML {
        guard let first = result.rows.first, !first.perImage.isEmpty else { return "" }
        let best = result.best(by: column)
        guard best > 0, let high = result.rows[best].metrics[column], let low = first.metrics[column] else {
            return ""
        }
        let losses = first.perImage.indices.count { result.gain(of: best, image: $0, by: column) < 0 }
        return """
            <p class="lead"><strong>\(result.rows[best].model)</strong> is best by \(column.key): \
            \(column.text(high)), where \(first.model) has \(column.text(low)). It is worse than \(first.model) on \
            \(losses) of \(first.perImage.count) images.</p>

            """
    }

    private var table: HTML {
        let columns = result.measures(of: metrics)
        let best = columns.map { column in
            result.rows.compactMap { $0.metrics[column] }.min { column.isBetter($0, than: $1) }
        }
        let heads: [HTML] = columns.map { "<th scope=\"col\">\($0.key)</th>" }
        let rows: [HTML] = result.rows.enumerated().map { index, row in
            let cells: [HTML] = zip(columns, best).map { column, best in
                guard let value = row.metrics[column] else { return "<td>–</td>" }
                return value == best && result.rows.count > 1
                    ? "<td><strong>\(column.text(value))</strong></td>" : "<td>\(column.text(value))</td>"
            }
            return """
                <tr><th scope="row"><span class="key c\(index % Plot.colors)">●</span> \(row.model)</th>\
                <td>\(row.images)</td>\(cells)<td>\(String(format: "%.3f", row.secondsPerImage))</td></tr>

                """
        }
        return """
            <section><h2>Means over the images</h2>
            <div class="wide"><table>
            <thead><tr><th scope="col">method</th><th scope="col">images</th>\(heads)<th scope="col">s/image</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p class="swipe">Swipe the table sideways for all its columns.</p>
            <p class="note">The best of each column is bold. What each number means is said below, under conventions.</p>
            </section>

            """
    }

    private var plots: HTML {
        let rows = result.rows.enumerated().filter { !$0.element.perImage.isEmpty }
        guard !rows.isEmpty else { return "" }
        let time = Plot(
            title: "Quality against time", xTitle: "seconds an image, each mark a method", yTitle: "mean \(column.key)",
            series: rows.map { index, row in
                Plot.Series(
                    name: row.model, points: [(row.secondsPerImage, row.metrics[column] ?? .nan)],
                    mark: .namedPoints, color: index)
            }, xIsLogarithmic: true)
        let spread = StripPlot(
            title: "Spread over the images", xTitle: "\(column.key), each dot an image",
            rows: rows.map { index, row in
                (row.model, row.perImage.compactMap { $0.metrics[column] }, index)
            })
        let gains = StripPlot(
            title: "Gain over \(result.rows[0].model), image by image", xTitle: "gain in \(column.key); more is better",
            rows: rows.dropFirst().map { index, row in
                (row.model, row.perImage.indices.map { result.gain(of: index, image: $0, by: column) }, index)
            }, reference: 0)
        // Its type is said, since within the page's literal a condition would take the markup for a String to escape.
        let gainsFigure: HTML = rows.count > 1 ? "<figure>\(gains.svg)</figure>" : ""
        return """
            <section><h2>Plots</h2>
            <div class="plots">
            <figure>\(time.svg)</figure>
            <figure>\(spread.svg)</figure>
            \(gainsFigure)
            </div>
            <p class="note">Boxes reach from the first quartile to the third; the mark is the median.</p>
            </section>

            """
    }

    private var figures: HTML {
        guard !cases.isEmpty else { return "" }
        let blocks: [HTML] = cases.map { shown in
            let length = shown.detailLength
            let panels: [HTML] = zip(shown.details, shown.scores).map { detail, score in
                """
                <figure>\(Self.picture(detail, "what \(score.method) makes of the box", "detail"))\
                <figcaption><b>\(score.method)</b><br>\(column.key) \(column.text(score.value))</figcaption></figure>

                """
            }
            return """
                <article class="case">
                <h3>\(shown.name)</h3>
                <p class="note">\(shown.reason); the box is \(length) × \(length) pixels</p>
                <div class="panels">
                <figure>\(Self.picture(shown.overview, "the ground truth with the box", "overview"))\
                <figcaption><b>ground truth</b></figcaption></figure>
                <figure>\(Self.picture(shown.truthDetail, "the box in the ground truth", "detail"))\
                <figcaption><b>ground truth</b><br>the box</figcaption></figure>
                \(panels)</div>
                </article>

                """
        }
        return "<section><h2>Comparison</h2>\n\(blocks)</section>\n\n"
    }

    /// How the bounds did, and what they were beside the errors.
    private var trustSection: HTML {
        guard !trust.isEmpty else { return "" }
        let blocks: [HTML] = trust.compactMap { evaluation in
            guard let figure = evaluation.figure, let png = try? figure.image.data(as: .png) else { return nil }
            return """
                <figure>\(Self.picture(png, "results, bounds and true errors of \(evaluation.model)", "overview"))\
                <figcaption><b>\(evaluation.model)</b>: the image least outside its bound, one between, and the most</figcaption>\
                </figure>

                """
        }
        return "<section><h2>Trust</h2>\n<pre>\(TrustEvaluation.table(trust))</pre>\n\(blocks)</section>\n\n"
    }

    private static func picture(_ png: Data, _ description: String, _ kind: String) -> HTML {
        "<img class=\"\(kind)\" alt=\"\(description)\" src=\"data:image/png;base64,\(png.base64EncodedString())\">"
    }

    /// The images where the best method has least.
    private var worst: HTML {
        guard let first = result.rows.first, !first.perImage.isEmpty else { return "" }
        let best = result.rows[result.best(by: column)]
        let values = best.perImage.indices.sorted {
            column.merit(of: best.perImage[$0].metrics[column])
                < column.merit(of: best.perImage[$1].metrics[column])
        }
        let heads: [HTML] = result.rows.map { "<th scope=\"col\">\($0.model)</th>" }
        let rows: [HTML] = values.prefix(Self.listedImages).map { index in
            let cells: [HTML] = result.rows.map { row in
                "<td>\(column.text(row.perImage[index].metrics[column]))</td>"
            }
            return "<tr><th scope=\"row\">\(first.perImage[index].title)</th>\(cells)</tr>\n"
        }
        return """
            <section><h2>Worst images</h2>
            <div class="wide"><table>
            <thead><tr><th scope="col">\(column.key) of</th>\(heads)</tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p class="swipe">Swipe the table sideways for all its columns.</p>
            <p class="note">The \(rows.count) images with the worst \(column.key) of \(best.model).</p>
            </section>

            """
    }

    private var failures: HTML {
        guard !result.failures.isEmpty else { return "" }
        let items: [HTML] = result.failures.map { "<li>\($0.error)</li>\n" }
        return "<section><h2>Not scored</h2><ul>\(items)</ul></section>\n\n"
    }

    private var conventions: HTML {
        let said = result.conventions
        let metrics: [HTML] = result.measures(of: metrics).map { Self.term($0.key, $0.title) }
        return """
            <section><h2>Conventions</h2>
            <dl>
            \(Self.term("low resolution", "made by \(result.degradation.description)"))\
            \(said.reduction > 1 ? Self.term("ground truth", "the files reduced by \(said.reduction) first") : "")\
            \(metrics)\(Self.term("color", said.color))\
            \(Self.term("border", "\(said.border) pixels left out along each edge"))\(Self.term("crop", said.crop))\
            \(Self.term("range", said.range))\(Self.term("no data", said.noData))\(Self.term("rounding", said.rounding))\
            \(Self.term("slices", said.slices))\(Self.term("mean", said.mean))\(Self.term("time", said.seconds))</dl>
            </section>

            """
    }

    private var manifestSection: HTML {
        let models: [HTML] = manifest.models.sorted { $0.key < $1.key }.map { Self.term("model \($0.key)", $0.value) }
        return """
            <section><h2>Manifest</h2>
            <dl class="manifest">
            \(Self.term("command", manifest.command))\(Self.term("Fovea", manifest.version))\
            \(Self.term("date", manifest.date))\(Self.term("system", manifest.system))\
            \(Self.term("processor", manifest.processor))\(models)\
            \(Self.term("images", "\(manifest.data), \(manifest.files) files; SHA-256 of their list: \(manifest.dataHash)"))</dl>
            <p class="note">Values of every image: evaluation.json beside this page.</p>
            </section>

            """
    }

    private static func term(_ name: String, _ text: String) -> HTML { "<dt>\(name)</dt><dd>\(text)</dd>\n" }

    private static let style: HTML = """
        * { box-sizing: border-box }
        body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 76rem; background: var(--paper); \
        color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; \
        -webkit-text-size-adjust: 100% }
        h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem }
        h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--rule) }
        h3 { font-size: 1rem; margin: 1.5rem 0 0; overflow-wrap: anywhere }
        .mark { margin: 0; color: var(--faint); letter-spacing: .04em }
        .date { white-space: nowrap }
        .lead { font-size: 1.1rem }
        .note { color: var(--faint); font-size: .875rem; margin: .4rem 0 }
        code { overflow-wrap: anywhere }
        .wide { overflow-x: auto; background: linear-gradient(to right, var(--paper) 30%, transparent) 0 0 / 2.5rem 100% \
        local no-repeat, linear-gradient(to left, var(--paper) 30%, transparent) 100% 0 / 2.5rem 100% local no-repeat, \
        linear-gradient(to right, var(--rule), transparent) 0 0 / .6rem 100% scroll no-repeat, \
        linear-gradient(to left, var(--rule), transparent) 100% 0 / .6rem 100% scroll no-repeat }
        .wide + .swipe { display: none; color: var(--faint); font-size: .875rem; margin: .4rem 0 }
        @media (max-width: 36rem) { .wide + .swipe { display: block } }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; min-width: 60% }
        th, td { padding: .4rem .75rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap }
        thead th { color: var(--faint); font-weight: 500 }
        tbody th { text-align: left; font-weight: 500; position: sticky; left: 0; background: var(--paper) }
        thead th:first-child { text-align: left }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem }
        figure { margin: 0 }
        .panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(45%, 12rem), 1fr)); gap: .75rem; \
        margin-top: .5rem }
        .panels img { display: block; width: 100%; background: #000 }
        .panels .overview { aspect-ratio: 1; object-fit: contain }
        .panels .detail { image-rendering: pixelated }
        figcaption { font-size: .875rem; color: var(--faint); margin-top: .25rem; overflow-wrap: anywhere }
        figcaption b { color: var(--ink); font-weight: 500 }
        dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .35rem 1rem; margin: 0 }
        dt { color: var(--faint) }
        dd { margin: 0; overflow-wrap: anywhere }
        .manifest dd { font: .875rem/1.5 ui-monospace, "SF Mono", Menlo, monospace }
        @media (max-width: 36rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .6rem } }
        @media print { body { max-width: none; padding: 0; font-size: 11pt } section, .case, figure { break-inside: avoid } \
        tbody th { position: static } .wide { overflow: visible } h2 { break-after: avoid } }

        """
}
