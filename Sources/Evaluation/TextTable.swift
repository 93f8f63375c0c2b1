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
