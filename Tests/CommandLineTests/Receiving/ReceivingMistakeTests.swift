import Foundation
import Imaging
import TestSupport
import Testing

extension DICOMNetworkTests {
    /// What cannot begin says so in one line, before anybody can connect.
    @Suite struct ReceivingMistakeTests {
        private static let bicubic = """
            destinations: {there: {aeTitle: DEST, host: 127.0.0.1, port: 9}}
            rules: [{name: any, model: bicubic, destination: there}]
            """

        private func run(_ arguments: [String], rules: String = bicubic) throws -> Fovea.Outcome {
            let folder = try TemporaryFolder()
            try folder.write(Data(rules.utf8), to: "rules.yaml")
            return try Fovea.run(["serve"] + arguments, in: folder.url, executable: Fovea.executable)
        }

        @Test(
            "wrong options are one line",
            arguments: [
                ["--rules", "rules.yaml"], ["--ae-title", "X"], ["--queue", "q"], ["--store-scp", "0"],
                ["--store-scp", "70000", "--rules", "rules.yaml", "--queue", "q"],
                ["--store-scp", "0", "--rules", "rules.yaml", "--queue", "q", "--ae-title", "MUCH_TOO_LONG_A_TITLE"],
            ])
        func usage(_ arguments: [String]) throws {
            let outcome = try run(arguments)
            #expect(outcome.code == 64 && outcome.errorLines.count == 1 && outcome.output == "")
        }

        @Test(
            "a rule file that cannot be followed is one line, with the rule or its line",
            arguments: [
                ("destinations: {}\nrules: [{name: any, destination: there}]", "rules.yaml, line 2"),
                (bicubic.replacing("bicubic", with: "nonsense"), "rule 'any'"),
                (bicubic.replacing("model: bicubic", with: "model: bicubic, grain: 0.5"), "rule 'any'"),
                ("rules: [", "not YAML"),
            ])
        func rules(text: String, said: String) throws {
            let outcome = try run(["--store-scp", "0", "--rules", "rules.yaml", "--queue", "q"], rules: text)
            #expect(outcome.code == 1 && outcome.errorLines.count == 1 && outcome.output == "")
            #expect(outcome.error.contains(said), "\(outcome.error)")
        }

        @Test(
            "a port that is taken, a queue in use, a queue that cannot be made, and no queue at all are one line each")
        func taken() throws {
            let receiver = try Receiver(to: 9)
            let queue = receiver.folder["queue"].path
            let port = try run(["--store-scp", "\(receiver.port)", "--rules", "rules.yaml", "--queue", "q"])
            #expect(port.code == 1 && port.errorLines.count == 1 && port.error.contains("port \(receiver.port)"))
            let inUse = try run(["--store-scp", "0", "--rules", "rules.yaml", "--queue", queue])
            #expect(inUse.code == 1 && inUse.errorLines.count == 1 && inUse.error.contains("another fovea"))
            let closed = try run(["--store-scp", "0", "--rules", "rules.yaml", "--queue", "rules.yaml/q"])
            #expect(closed.code == 1 && closed.errorLines.count == 1)
            let none = try Fovea.run("queue", receiver.folder.url.path)
            #expect(none.code == 1 && none.errorLines.count == 1 && none.error.contains("holds no queue"))
        }

        @Test(
            "an image that cannot be enlarged waits for a person, and the others of its series are sent",
            .enabled(if: DICOMTools.areInstalled, Comment(rawValue: DICOMTools.reason)))
        func badImage() throws {
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port)
            let series = try Receiver.series(2)
            // Its pixels are fewer than its rows and columns say.
            var file = try Data(contentsOf: series["2.dcm"])
            let rows = try #require(file.range(of: Data([0x28, 0, 0x10, 0]) + Data("US".utf8)))
            file[rows.upperBound + 2] = 99
            try series.write(file, to: "2.dcm")
            #expect(try DICOMTools.send([series.url], to: receiver.port) == 0)
            try receiver.wait("it waits for a person") { $0.first?.state == "failed" && $0.first?.sent == 1 }
            let outcome = try Fovea.run("queue", receiver.folder["queue"].path)
            #expect(outcome.code == 1 && outcome.output.contains("waits for a person"), "\(outcome.output)")
            #expect(destination.instances.count == 1)
            #expect(
                try Fovea.run("queue", receiver.folder["queue"].path, "--retry").error.contains("1 series: tried again")
            )
            try receiver.wait("it waits again") { $0.first?.state == "failed" }
            #expect(destination.instances.count == 1, "what was sent is not sent again")
        }
    }
}
