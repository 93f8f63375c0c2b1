import Batch
import Foundation
import Routing
import TestSupport
import Testing

/// What a rule file says, and what it must not say.
@Suite struct RuleFileTests {
    private func read(_ text: String) throws -> RoutingRules {
        let folder = try TemporaryFolder()
        try folder.write(Data(text.utf8), to: "rules.yaml")
        return try RoutingRules(contentsOf: folder["rules.yaml"])
    }

    private static let destinations = "destinations:\n  pacs: {aeTitle: ORTHANC, host: 127.0.0.1, port: 4242}\n"

    @Test("a file says all that can be said, and what it leaves out is as usual")
    func complete() throws {
        let rules = try read(
            """
            callers: [CT1, MR 2]
            settleSeconds: 2.5
            retry: {firstSeconds: 1, longestSeconds: 30}
            keepFree: 2GB
            largestObject: 500MB
            keepDays: 30
            \(Self.destinations)rules:
              - name: chest
                modality: CT
                bodyPart: [CHEST, LUNG]
                caller: CT1
                described: thin|fine
                model: bicubic
                scale: 3
                grain: 0.5
                consistent: true
                trust: true
                destination: pacs
              - {name: rest, destination: pacs}
            """)
        #expect(rules.callers == ["CT1", "MR 2"] && rules.settleSeconds == 2.5)
        #expect(rules.retry.firstSeconds == 1 && rules.retry.longestSeconds == 30)
        #expect(rules.keepFree == ByteCount(2_000_000_000) && rules.largestObject == ByteCount(500_000_000))
        #expect(rules.keepDays == 30)
        var chest = RoutingRule(
            name: "chest", destination: RoutingRule.Destination(title: "ORTHANC", host: "127.0.0.1", port: 4242))
        (chest.modalities, chest.bodyParts, chest.callers) = (["CT"], ["CHEST", "LUNG"], ["CT1"])
        chest.described = "thin|fine"
        (chest.enlargement.model, chest.enlargement.scale, chest.enlargement.grain) = ("bicubic", 3, 0.5)
        (chest.enlargement.isConsistent, chest.enlargement.wantsTrust) = (true, true)
        #expect(rules.rules == [chest, RoutingRule(name: "rest", destination: chest.destination)])
        #expect(rules.rules[1].enlargement.model == "auto" && rules.rules[1].enlargement.scale == 2)
    }

    @Test(
        "what is not understood is an error of one line, with the line that it stands on",
        arguments: [
            ("rulez: []\n", 1, "no key 'rulez'"),
            ("rules:\n  - {name: a, destination: pacs, modalty: CT}\n", 4, "no key 'modalty'"),
            ("rules:\n  - {name: a, destination: elsewhere}\n", 4, "'elsewhere' is not among destinations (pacs)"),
            ("rules:\n  - name: a\n    scale: 99\n    destination: pacs\n", 5, "scale takes a number from 1.0 to 16.0"),
            ("rules:\n  - name: a\n    destination: pacs\n    described: '('\n", 6, "no regular expression"),
            ("rules:\n  - {destination: pacs}\n", 4, "lacks its name"),
            ("rules:\n  - {name: a, destination: pacs}\n  - {name: a, destination: pacs}\n", 4, "two rules"),
            ("rules:\n  - {name: a, destination: pacs, trust: maybe}\n", 4, "trust takes true or false"),
            ("rules: {name: a}\n", 3, "takes a list"),
            ("callers: [MUCH_TOO_LONG_A_TITLE]\nrules:\n  - {name: a, destination: pacs}\n", 3, "no AE title"),
            ("rules: []\n", 3, "names no rule"),
            ("keepDays: soon\nrules:\n  - {name: a, destination: pacs}\n", 3, "keepDays takes a number from 0.0"),
        ])
    func refused(text: String, line: Int, problem: String) throws {
        // The two lines of destinations come first, but where the first line itself is wrong.
        let all = line == 1 ? text : Self.destinations + text
        let error = #expect(throws: RoutingError.self) { try read(all) }
        guard case .rules(_, let found, let said) = error else { return }
        #expect(found == line && said.contains(problem), "line \(found ?? 0): \(said)")
        #expect(!"\(try #require(error))".contains("\n"))
    }

    @Test("a file that is no YAML, or is not there, is an error of one line")
    func unreadable() throws {
        #expect(throws: RoutingError.self) { try read("rules: [\n") }
        #expect(throws: RoutingError.self) { try read("") }
        #expect(throws: RoutingError.self) { try RoutingRules(contentsOf: URL(fileURLWithPath: "/nowhere.yaml")) }
    }

    @Test("a rule is for what has all that it names, whatever the case")
    func fitting() {
        var rule = RoutingRule(
            name: "a", destination: RoutingRule.Destination(title: "A", host: "localhost", port: 104))
        let image = ObjectTraits(
            modality: "CT", bodyPart: "CHEST", seriesDescription: "Chest THIN 1.0", caller: "CT1")
        #expect(rule.fits(image))
        rule.modalities = ["MR", "ct"]
        rule.bodyParts = ["chest"]
        rule.callers = ["CT1"]
        rule.described = "thin [0-9]"
        #expect(rule.fits(image))
        for change: (inout ObjectTraits) -> Void in [
            { $0.modality = "US" }, { $0.modality = nil }, { $0.bodyPart = nil }, { $0.caller = "CT2" },
            { $0.seriesDescription = "thick" }, { $0.seriesDescription = nil },
        ] {
            var other = image
            change(&other)
            #expect(!rule.fits(other))
        }
    }

    @Test("of several rules the first that fits is followed")
    func first() {
        let place = RoutingRule.Destination(title: "A", host: "localhost", port: 104)
        var narrow = RoutingRule(name: "narrow", destination: place)
        narrow.modalities = ["CT"]
        let rules = RoutingRules(rules: [narrow, RoutingRule(name: "wide", destination: place)])
        #expect(rules.rule(for: ObjectTraits(modality: "CT", caller: "X"))?.name == "narrow")
        #expect(rules.rule(for: ObjectTraits(modality: "MR", caller: "X"))?.name == "wide")
        #expect(RoutingRules(rules: [narrow]).rule(for: ObjectTraits(modality: "MR", caller: "X")) == nil)
    }

    @Test("waits double from 10 seconds and end at 10 minutes")
    func backOff() {
        let retry = RoutingRules.Retry()
        #expect((1...8).map(retry.seconds(after:)) == [10, 20, 40, 80, 160, 320, 600, 600])
        #expect(retry.seconds(after: 1_000_000) == 600)
    }

    @Test("an AE title has 1 to 16 characters of ASCII, no backslash, and not spaces alone (PS3.5 6.2)")
    func titles() {
        for title in ["FOVEA", "A", "CT 1", "ABCDEFGHIJKLMNOP"] { #expect(isAETitle(title)) }
        for title in ["", " ", "ABCDEFGHIJKLMNOPQ", "A\\B", "CAFÉ", "A\n"] { #expect(!isAETitle(title)) }
    }
}
