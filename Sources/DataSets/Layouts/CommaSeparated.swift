/// Lines of the tables that come with data sets.
enum CommaSeparated {
    /// The fields of a line; quotes hold commas together, and a doubled quote is one (RFC 4180).
    static func fields(of line: some StringProtocol) -> [String] {
        var fields = [""]
        var isQuoted = false
        var previous: Character?
        for character in line {
            switch character {
            case "\"":
                if previous == "\"", !isQuoted { fields[fields.count - 1].append("\"") }
                isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
            previous = character
        }
        // Excel's byte order mark.
        if fields[0].hasPrefix("\u{FEFF}") { fields[0].removeFirst() }
        return fields
    }
}
