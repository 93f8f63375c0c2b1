import Batch
import Foundation
import Yams

extension RoutingRules {
    /// Reads a YAML file. A key that is not known, or a value that cannot be, is an error with its line.
    ///
    ///     destinations:
    ///       pacs: {aeTitle: ORTHANC, host: 127.0.0.1, port: 4242}
    ///     rules:
    ///       - {name: chest, modality: CT, bodyPart: CHEST, scale: 2, destination: pacs}
    ///
    /// - Parameter url: of the file.
    /// - Throws: ``RoutingError/rules(path:line:problem:)``.
    public init(contentsOf url: URL) throws(RoutingError) {
        let path = url.relativePath
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw .rules(path: path, line: nil, problem: "no such file, or not text")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Self.explained(error, path: path)
        }
        guard let root else { throw .rules(path: path, line: nil, problem: "is empty; name destinations and rules") }
        let file = try RuleSection(
            root, "the file", path: path,
            known: [
                "callers", "settleSeconds", "retry", "keepFree", "largestObject", "keepDays", "destinations", "rules",
            ])
        var destinations: [String: RoutingRule.Destination] = [:]
        for (name, node) in try file.entries("destinations") {
            destinations[name] = try Self.destination(node, name, path: path)
        }
        var rules: [RoutingRule] = []
        for node in try file.items("rules") { rules.append(try Self.rule(node, destinations, path: path)) }
        guard !rules.isEmpty else { throw file.wrong("rules", "names no rule; without one nothing is enlarged") }
        for (index, rule) in rules.enumerated() where rules[..<index].contains(where: { $0.name == rule.name }) {
            throw file.wrong("rules", "two rules are called '\(rule.name)'; name them apart")
        }
        self.init(rules: rules)
        callers = try file.titles("callers")
        settleSeconds = try file.number("settleSeconds", in: 0.5...86400) ?? settleSeconds
        keepFree = try file.bytes("keepFree") ?? keepFree
        largestObject = try file.bytes("largestObject") ?? largestObject
        keepDays = try file.number("keepDays", in: 0...36500)
        if let node = file.node("retry") {
            let section = try RuleSection(node, "retry", path: path, known: ["firstSeconds", "longestSeconds"])
            retry.firstSeconds = try section.number("firstSeconds", in: 0.1...86400) ?? retry.firstSeconds
            retry.longestSeconds = try section.number("longestSeconds", in: 0.1...604800) ?? retry.longestSeconds
        }
    }

    private static func destination(
        _ node: Node, _ name: String, path: String
    ) throws(RoutingError) -> RoutingRule.Destination {
        let section = try RuleSection(node, "destination '\(name)'", path: path, known: ["aeTitle", "host", "port"])
        let title = try section.required("aeTitle")
        guard isAETitle(title) else { throw section.wrong("aeTitle", "\(RoutingError.notATitle(title))") }
        guard let port = try section.number("port", in: 1...65535), port == port.rounded() else {
            throw section.wrong("port", "port takes a whole number from 1 to 65535")
        }
        return RoutingRule.Destination(title: title, host: try section.required("host"), port: Int(port))
    }

    private static func rule(
        _ node: Node, _ destinations: [String: RoutingRule.Destination], path: String
    ) throws(RoutingError) -> RoutingRule {
        let section = try RuleSection(
            node, "a rule", path: path,
            known: [
                "name", "modality", "bodyPart", "caller", "described", "model", "scale", "grain", "consistent", "trust",
                "destination",
            ])
        let wanted = try section.required("destination")
        guard let destination = destinations[wanted] else {
            let known = destinations.keys.sorted().joined(separator: ", ")
            throw section.wrong(
                "destination", "destination '\(wanted)' is not among destinations (\(known.isEmpty ? "none" : known))")
        }
        var rule = RoutingRule(name: try section.required("name"), destination: destination)
        rule.modalities = try section.texts("modality")
        rule.bodyParts = try section.texts("bodyPart")
        rule.callers = try section.titles("caller")
        rule.described = try section.text("described")
        if let pattern = rule.described, (try? Regex(pattern)) == nil {
            throw section.wrong("described", "'\(pattern)' is no regular expression")
        }
        rule.enlargement.model = try section.text("model") ?? rule.enlargement.model
        rule.enlargement.scale = try section.number("scale", in: 1...16) ?? rule.enlargement.scale
        rule.enlargement.grain = try section.number("grain", in: 0...1) ?? rule.enlargement.grain
        rule.enlargement.isConsistent = try section.flag("consistent") ?? false
        rule.enlargement.wantsTrust = try section.flag("trust") ?? false
        return rule
    }

    private static func explained(_ error: any Error, path: String) -> RoutingError {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            .rules(path: path, line: mark.line, problem: "not YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            .rules(
                path: path, line: context.mark.line, problem: "names '\(duplicates.joined(separator: "', '"))' twice")
        default:
            .rules(
                path: path, line: nil,
                problem: "not YAML: \(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
        }
    }
}
