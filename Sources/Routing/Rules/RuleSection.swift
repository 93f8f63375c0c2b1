import Batch
import Foundation
import Yams

/// A mapping of a rule file, each of whose keys is known.
struct RuleSection {
    private let path: String
    private let name: String
    private let line: Int?
    private var nodes: [String: Node] = [:]

    /// - Parameters:
    ///   - name: what people call it.
    ///   - path: the file's.
    ///   - known: all keys that it may have.
    init(_ node: Node, _ name: String, path: String, known: [String]) throws(RoutingError) {
        self.path = path
        self.name = name
        line = node.mark?.line
        guard let mapping = node.mapping else {
            throw .rules(path: path, line: line, problem: "\(name) is to consist of lines such as '\(known[0]): …'")
        }
        for (key, value) in mapping {
            guard let text = key.string, known.contains(text) else {
                throw .rules(
                    path: path, line: key.mark?.line,
                    problem: "\(name) has no key '\(key.string ?? "?")'; it knows \(known.joined(separator: ", "))")
            }
            nodes[text] = value
        }
    }

    func node(_ key: String) -> Node? { nodes[key] }

    /// What is wrong with a key's value, and in which line.
    func wrong(_ key: String, _ problem: String) -> RoutingError {
        .rules(path: path, line: nodes[key]?.mark?.line ?? line, problem: problem)
    }

    func text(_ key: String) throws(RoutingError) -> String? {
        guard let node = nodes[key] else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty else { throw wrong(key, "\(key) takes a word") }
        return text
    }

    func required(_ key: String) throws(RoutingError) -> String {
        guard let text = try text(key) else { throw wrong(key, "\(name) lacks its \(key)") }
        return text
    }

    /// A word or a list of them.
    func texts(_ key: String) throws(RoutingError) -> [String]? {
        guard let sequence = nodes[key]?.sequence else { return try text(key).map { [$0] } }
        let texts = sequence.compactMap { $0.scalar?.string }
        guard texts.count == sequence.count, !texts.isEmpty else { throw wrong(key, "\(key) takes a word or several") }
        return texts
    }

    func titles(_ key: String) throws(RoutingError) -> [String]? {
        guard let titles = try texts(key) else { return nil }
        if let bad = titles.first(where: { !isAETitle($0) }) { throw wrong(key, "\(RoutingError.notATitle(bad))") }
        return titles
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws(RoutingError) -> Double? {
        guard let node = nodes[key] else { return nil }
        guard let text = node.scalar?.string, let number = Double(text), range.contains(number) else {
            throw wrong(key, "\(key) takes a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func flag(_ key: String) throws(RoutingError) -> Bool? {
        guard let node = nodes[key] else { return nil }
        guard let flag = node.bool else { throw wrong(key, "\(key) takes true or false") }
        return flag
    }

    func bytes(_ key: String) throws(RoutingError) -> ByteCount? {
        guard let text = try text(key) else { return nil }
        guard let count = ByteCount(text) else { throw wrong(key, "\(key) takes a size such as 2GB") }
        return count
    }

    /// Of a mapping whose keys are free.
    func entries(_ key: String) throws(RoutingError) -> [(name: String, node: Node)] {
        guard let node = nodes[key] else { return [] }
        guard let mapping = node.mapping else { throw wrong(key, "\(key) takes names with what they mean") }
        return mapping.compactMap { pair in pair.key.string.map { ($0, pair.value) } }
    }

    func items(_ key: String) throws(RoutingError) -> [Node] {
        guard let node = nodes[key] else { return [] }
        guard let sequence = node.sequence else { throw wrong(key, "\(key) takes a list, each with a '-' before it") }
        return Array(sequence)
    }
}
