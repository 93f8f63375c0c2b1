import Foundation

/// A plot of lines and points as SVG, drawn for a column of about 440 pixels so that it can be read on a phone.
public struct Plot: Sendable {
    public struct Series: Sendable {
        public enum Mark: Sendable {
            case line
            /// Points, each with the series' name beside it.
            case namedPoints
        }

        public var name: String
        public var points: [(x: Double, y: Double)]
        public var mark: Mark
        /// Which of the palette's colors; series of one thing have one color in all plots.
        public var color: Int
        public var isDashed: Bool

        public init(
            name: String, points: [(x: Double, y: Double)], mark: Mark = .line, color: Int, isDashed: Bool = false
        ) {
            self.name = name
            self.points = points
            self.mark = mark
            self.color = color
            self.isDashed = isDashed
        }
    }

    public var title: String
    public var xTitle: String
    public var yTitle: String
    public var series: [Series]
    public var xIsLogarithmic: Bool
    public var yIsLogarithmic: Bool

    public init(
        title: String, xTitle: String, yTitle: String, series: [Series], xIsLogarithmic: Bool = false,
        yIsLogarithmic: Bool = false
    ) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
        self.xIsLogarithmic = xIsLogarithmic
        self.yIsLogarithmic = yIsLogarithmic
    }

    static let width = 440.0
    private static let plotHeight = 220.0
    private static let margin = (left: 52.0, right: 14.0, top: 34.0, bottom: 44.0)
    static let colors = 8

    /// Height of the drawing, with a legend for lines.
    private var height: Double {
        Self.margin.top + Self.plotHeight + Self.margin.bottom + Double((legend.count + 1) / 2) * 18
    }

    private var legend: [Series] {
        series.filter { if case .line = $0.mark { $0.points.isEmpty ? false : true } else { false } }
    }

    /// An `svg` element whose colors are the page's variables.
    public var svg: HTML {
        """
        <svg class="plot" viewBox="0 0 \(Self.width) \(height)" role="img" aria-label="\(title)">
        \(drawing)\
        </svg>

        """
    }

    private var drawing: HTML {
        let x = PlotAxis(series.flatMap { $0.points.map(\.x) }, isLogarithmic: xIsLogarithmic)
        let y = PlotAxis(series.flatMap { $0.points.map(\.y) }, isLogarithmic: yIsLogarithmic)
        let (left, top) = (Self.margin.left, Self.margin.top)
        let plotWidth = Self.width - left - Self.margin.right
        let bottom = top + Self.plotHeight
        func place(_ point: (x: Double, y: Double)) -> (Double, Double) {
            (left + x.position(point.x) * plotWidth, bottom - y.position(point.y) * Self.plotHeight)
        }
        let grid: [HTML] =
            x.ticks.map { tick in
                let at = left + x.position(tick) * plotWidth
                return """
                    <path class="grid" d="M\(at) \(top)V\(bottom)"/>\
                    <text x="\(at)" y="\(bottom + 15)" text-anchor="middle">\(x.text(tick))</text>

                    """
            }
            + y.ticks.map { tick in
                let at = bottom - y.position(tick) * Self.plotHeight
                return """
                    <path class="grid" d="M\(left) \(at)H\(left + plotWidth)"/>\
                    <text x="\(left - 6)" y="\(at + 4)" text-anchor="end">\(y.text(tick))</text>

                    """
            }
        var taken: [(x: ClosedRange<Double>, y: Double)] = []
        let marks: [HTML] = series.map { series in
            let points = series.points.filter { x.holds($0.x) && y.holds($0.y) }.map(place)
            switch series.mark {
            case .line where points.count == 1:
                return """
                    <circle class="fill c\(series.color % Self.colors)" cx="\(points[0].0)" cy="\(points[0].1)" r="4"/>

                    """
            case .line:
                let path = points.enumerated().map { index, point in
                    let step: HTML = "\(index == 0 ? "M" : "L")\(point.0) \(point.1)"
                    return step
                }
                return """
                    <path class="line c\(series.color % Self.colors)\(series.isDashed ? " dashed" : "")" d="\(path)"/>

                    """
            case .namedPoints:
                let names: [HTML] = points.map { point in
                    Self.namedPoint(series.name, at: point, color: series.color, right: left + plotWidth, &taken)
                }
                return "\(names)"
            }
        }
        let keys: [HTML] = legend.enumerated().map { index, series in
            let at = (x: left + Double(index % 2) * 190, y: bottom + Self.margin.bottom + Double(index / 2) * 18)
            return """
                <path class="line c\(series.color % Self.colors)\(series.isDashed ? " dashed" : "")" \
                d="M\(at.x) \(at.y)h18"/><text x="\(at.x + 24)" y="\(at.y + 4)">\(series.name)</text>

                """
        }
        return """
            <text class="title" x="0" y="14">\(title)</text>
            \(grid)\
            <text class="axis" x="\(left + plotWidth / 2)" y="\(bottom + 34)" text-anchor="middle">\(xTitle)</text>
            <text class="axis" x="0" y="\(top - 6)">\(yTitle)</text>
            \(marks)\(keys)
            """
    }

    /// A point and its name on the side where there is room, moved down from names that are there already.
    private static func namedPoint(
        _ name: String, at point: (Double, Double), color: Int, right: Double,
        _ taken: inout [(x: ClosedRange<Double>, y: Double)]
    ) -> HTML {
        let length = Double(name.count) * 6.5
        let isLeft = point.0 + 10 + length > right
        let span = isLeft ? point.0 - 10 - length...point.0 - 10 : point.0 + 10...point.0 + 10 + length
        var height = point.1 + 4
        while taken.contains(where: { $0.x.overlaps(span) && abs($0.y - height) < 13 }) { height += 13 }
        taken.append((span, height))
        return """
            <circle class="fill c\(color % colors)" cx="\(point.0)" cy="\(point.1)" r="5"/>\
            <text class="name" x="\(isLeft ? point.0 - 10 : point.0 + 10)" y="\(height)" \
            text-anchor="\(isLeft ? "end" : "start")">\(name)</text>

            """
    }

    /// A file with plots below each other, light or dark as the viewer prefers.
    public static func file(_ plots: [Plot]) -> Data {
        var top = 16.0
        let drawings: [HTML] = plots.map { plot in
            defer { top += plot.height + 24 }
            return "<g transform=\"translate(16 \(top))\">\n\(plot.drawing)</g>\n"
        }
        let file: HTML = """
            <svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 \(width + 32) \(top)">
            <style>
            \(PlotStyle.colors)\(PlotStyle.rules)</style>
            <rect width="100%" height="100%" style="fill: var(--paper)"/>
            \(drawings)\
            </svg>

            """
        return Data(file.text.utf8)
    }
}

/// How plots look, on pages and alone.
enum PlotStyle {
    /// Eight colors that color-blind people tell apart too (Okabe & Ito, "Color universal design", 2008).
    static let colors: HTML = """
        :root { --paper: #ffffff; --ink: #1c1e21; --faint: #5c6370; --rule: #d9dce1; --shade: #f4f5f7; \
        --c0: #56606b; --c1: #0072b2; --c2: #c94f00; --c3: #00855f; --c4: #a8528a; --c5: #9a6a00; --c6: #2a7fb0; \
        --c7: #7a5fc0 }
        @media (prefers-color-scheme: dark) { :root { --paper: #15171a; --ink: #e8eaed; --faint: #a0a7b1; \
        --rule: #343a42; --shade: #1f2328; --c0: #a0a7b1; --c1: #56b4e9; --c2: #f0803c; --c3: #2cc295; --c4: #dd93c1; \
        --c5: #e0ac3a; --c6: #7cc4ee; --c7: #b09bf0 } }
        @media print { :root { --paper: #ffffff; --ink: #1c1e21; --faint: #5c6370; --rule: #d9dce1; --shade: #f4f5f7; \
        --c0: #56606b; --c1: #0072b2; --c2: #c94f00; --c3: #00855f; --c4: #a8528a; --c5: #9a6a00; --c6: #2a7fb0; \
        --c7: #7a5fc0 } }

        """

    static let rules: HTML = """
        svg.plot { width: 100%; max-width: 560px; height: auto; font: 12px system-ui, sans-serif }
        svg.plot text { fill: var(--faint) }
        svg.plot .title { fill: var(--ink); font-size: 14px; font-weight: 600 }
        svg.plot .name { fill: var(--ink) }
        svg.plot .grid { stroke: var(--rule); stroke-width: 1; fill: none }
        svg.plot .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round }
        svg.plot .dashed { stroke-dasharray: 5 4 }
        svg.plot .fill { fill: currentColor }
        svg.plot .dot { fill: currentColor; opacity: .45 }
        svg.plot .box { fill: currentColor; opacity: .18 }
        svg.plot .median { stroke: currentColor; stroke-width: 2.5 }
        .c0 { color: var(--c0) } .c1 { color: var(--c1) } .c2 { color: var(--c2) } .c3 { color: var(--c3) }
        .c4 { color: var(--c4) } .c5 { color: var(--c5) } .c6 { color: var(--c6) } .c7 { color: var(--c7) }

        """
}
