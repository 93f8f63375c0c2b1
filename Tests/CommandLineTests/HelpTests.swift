import Foundation
import Testing

/// The help texts are read by people, so they are compared word for word; Tools/golden/help writes them anew.
@Suite struct HelpTests {
    @Test(
        "the help of a command reads as it was approved",
        arguments: ["fovea", "upscale", "info", "degrade", "evaluate", "field", "metrics", "compare", "models"])
    func helpText(command: String) throws {
        let arguments = command == "fovea" ? ["--help"] : ["help", command]
        let outcome = try arguments.count == 1 ? Fovea.run(arguments[0]) : Fovea.run(arguments[0], arguments[1])
        let url = Bundle.module.url(forResource: command, withExtension: "txt", subdirectory: "Help")!
        #expect(outcome.code == 0)
        #expect(outcome.output == (try String(contentsOf: url, encoding: .utf8)))
    }

    @Test("the version is a number of three parts")
    func version() throws {
        let outcome = try Fovea.run("--version")
        #expect(outcome.code == 0)
        #expect(outcome.output.split(separator: ".").count == 3)
    }

    @Test(
        "wrong usage exits with 64 and says what is wrong",
        arguments: [
            ["nonsense"], ["upscale"], ["upscale", "a.png", "--scale", "99"],
            ["upscale", "a.png", "--precision", "int8"],
            ["metrics", "a.png"], ["evaluate", ".", "--metrics", "beauty"],
            ["degrade", "a.png", "--degradation", "magic"],
            ["upscale", "a.png", "--value-range", "1,0", "--channels", "1"],
            ["upscale", "a.png", "--input-kind", "lowResolution"],
        ])
    func wrongUsage(arguments: [String]) throws {
        let process = Fovea.process(arguments, in: FileManager.default.temporaryDirectory)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 64)
    }

    @Test("without fovea-lab, train says in one line what to do")
    func trainWithoutLab() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(at: Fovea.executable, to: folder["fovea"])
        let outcome = try Fovea.run("train", "--help", executable: folder["fovea"])
        #expect(outcome.code == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.error.contains("make setup && make build"))
    }

    @Test("with fovea-lab beside it, train hands over everything behind the name")
    func trainWithLab() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(at: Fovea.executable, to: folder["fovea"])
        try Data("#!/bin/sh\necho \"$@\"\nexit 7\n".utf8).write(to: folder["fovea-lab"])
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder["fovea-lab"].path)
        let outcome = try Fovea.run("train", "--scale", "4", "--help", executable: folder["fovea"])
        #expect(outcome.code == 7)
        #expect(outcome.output == "train --scale 4 --help\n")
    }
}
