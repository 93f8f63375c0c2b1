import Foundation
import TestSupport
import Testing

/// The help texts are read by people, so they are compared word for word; Tools/golden/help writes them anew.
@Suite struct HelpTests {
    @Test(
        "the help of a command reads as it was approved",
        arguments: [
            "fovea", "upscale", "info", "degrade", "evaluate", "calibrate", "field", "metrics", "compare", "models",
            "serve", "queue",
        ])
    func helpText(command: String) throws {
        let arguments = command == "fovea" ? ["--help"] : ["help", command]
        let outcome = try arguments.count == 1 ? Fovea.run(arguments[0]) : Fovea.run(arguments[0], arguments[1])
        let url = Bundle.module.url(forResource: command, withExtension: "txt", subdirectory: "Help")!
        #expect(outcome.code == 0)
        #expect(outcome.output == (try String(contentsOf: url, encoding: .utf8)))
    }

    @Test(
        "the version is a number of three parts, the commit one of this clone, and the engines' versions those set up")
    func version() throws {
        let outcome = try Fovea.run("--version")
        #expect(outcome.code == 0)
        let lines = outcome.output.split(separator: "\n")
        let first = try #require(lines.first?.wholeMatch(of: /Fovea (\d+)\.(\d+)\.(\d+), (.+)/))
        let clone = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        if FileManager.default.fileExists(atPath: clone.appendingPathComponent(".git").path) {
            let commit = try #require(first.4.wholeMatch(of: /commit ([0-9a-f]{12})/))
            let git = Process()
            git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            git.arguments = ["git", "-C", clone.path, "cat-file", "-e", "\(commit.1)^{commit}"]
            try git.run()
            git.waitUntilExit()
            #expect(git.terminationStatus == 0, "\(commit.1) is no commit of this clone")
        } else {
            #expect(first.4 == "of an unknown commit")
        }
        let setup = try String(contentsOf: clone.appendingPathComponent("Tools/setup"), encoding: .utf8)
        for (engine, line) in [("openvino", "OpenVINO"), ("torch", "libtorch")] {
            let number = try #require(
                setup.firstMatch(of: try Regex("\(engine)_version=([0-9.]+)", as: (Substring, Substring).self)))
            #expect(lines.contains("\(line) \(number.1)"))
        }
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
