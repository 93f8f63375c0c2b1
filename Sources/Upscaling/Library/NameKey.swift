/// A key that is only known when it is read or written: the name of one of a list, or of a metric.
package struct NameKey: CodingKey {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(stringValue: String) { self.stringValue = stringValue }
    package init?(intValue: Int) { nil }
}

extension Decoder {
    /// What has one key, the name of one of `known`, whose value holds its numbers: `{"ddim": {"eta": 0}}`.
    ///
    /// - Parameters:
    ///   - kind: of thing that is to be named, for the error.
    ///   - known: everything there is, by what `name` gives.
    package func oneNamed<Known>(
        _ kind: String, of known: [Known], name: (Known) -> String
    ) throws -> (chosen: Known, values: KeyedDecodingContainer<NameKey>, key: NameKey) {
        let values = try container(keyedBy: NameKey.self)
        guard let key = values.allKeys.first, values.allKeys.count == 1,
            let chosen = known.first(where: { name($0) == key.stringValue })
        else {
            let names = known.map(name).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "name one \(kind) of: \(names)"))
        }
        return (chosen, values, key)
    }
}
