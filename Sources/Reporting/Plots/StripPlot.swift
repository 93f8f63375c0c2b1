/// How values are spread: a row of dots for each series, one an image, over a box from the first quartile to the third
/// and a mark at the median.
struct StripPlot {
    var title: String
    var xTitle: String
    var rows: [(name: String, values: [Double], color: Int)]
    /// A value to draw a line at.
    var reference: Double?

    /// Beyond so many, every k-th value in order of size is drawn.
    private static let mostDots = 400

    var svg: HTML {
        let axis = PlotAxis(rows.flatMap(\.values) + (reference.map { [$0] } ?? []))
        let (left, right, top, rowHeight) = (10.0, Plot.width - 10, 26.0, 46.0)
        let bottom = top + Double(rows.count) * rowHeight + 4
        func place(_ value: Double) -> Double { left + axis.position(value) * (right - left) }
        let grid: [HTML] = axis.ticks.map { tick in
            """
            <path class="grid" d="M\(place(tick)) \(top)V\(bottom)"/>\
            <text x="\(place(tick))" y="\(bottom + 15)" text-anchor="middle">\(axis.text(tick))</text>

            """
        }
        // Beside the strips alone, so that it crosses no name.
        let line: [HTML] = rows.indices.compactMap { index in
            let middle = top + Double(index) * rowHeight + 30
            return reference.map {
                "<path class=\"line c0 dashed\" d=\"M\(place($0)) \(middle - 12)V\(middle + 12)\"/>\n"
            }
        }
        let strips: [HTML] = rows.enumerated().map { index, row in
            let values = row.values.filter(\.isFinite).sorted()
            let start = top + Double(index) * rowHeight
            let middle = start + 30
            let step = max(1, values.count / Self.mostDots)
            let dots: [HTML] = stride(from: 0, to: values.count, by: step).map { index in
                // The golden ratio spreads neighbours without chance.
                let offset = ((Double(index) * 0.618_034).truncatingRemainder(dividingBy: 1) - 0.5) * 16
                return "<circle class=\"dot\" cx=\"\(place(values[index]))\" cy=\"\(middle + offset)\" r=\"2.2\"/>"
            }
            func quantile(_ share: Double) -> Double {
                place(values[Int((share * Double(values.count - 1)).rounded())])
            }
            let box: HTML =
                values.isEmpty
                ? ""
                : """
                <rect class="box" x="\(quantile(0.25))" y="\(middle - 10)" \
                width="\(quantile(0.75) - quantile(0.25))" height="20"/>\
                <path class="median" d="M\(quantile(0.5)) \(middle - 11)v22"/>
                """
            return """
                <g class="c\(row.color % Plot.colors)">\
                <text class="name" x="\(left)" y="\(start + 14)">\(row.name)</text>\(box)\(dots)</g>

                """
        }
        return """
            <svg class="plot" viewBox="0 0 \(Plot.width) \(bottom + 38)" role="img" aria-label="\(title)">
            <text class="title" x="0" y="14">\(title)</text>
            \(grid)\(line)\(strips)\
            <text class="axis" x="\(Plot.width / 2)" y="\(bottom + 32)" text-anchor="middle">\(xTitle)</text>
            </svg>

            """
    }
}
