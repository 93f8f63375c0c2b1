import Foundation
import Imaging
import TestSupport
import Testing

/// `fovea upscale dicomweb://…` with a real Orthanc.
@Suite(.serialized, .enabled(if: OrthancServer.isInstalled, "\(OrthancServer.reason)"))
struct ArchiveTests {
    private func slice(_ instance: Int, size: Int = 32) -> Data {
        DICOMPhantom.data(
            .init(width: size, height: size, instance: instance, slope: 1, intercept: -1024) { column, row in
                UInt16(1000 + (column * 37 + row * 91 + instance * 13) % 400)
            })
    }

    private func fill(_ orthanc: OrthancServer, slices: Int, size: Int = 32) async throws {
        for instance in 1...slices {
            #expect(try await orthanc.client.ask("POST", "/instances", body: slice(instance, size: size)).status == 200)
        }
    }

    private func address(_ orthanc: OrthancServer, _ study: String = "2.25.1") -> String {
        "dicomweb://127.0.0.1:\(orthanc.httpPort)/dicom-web/studies/\(study)"
    }

    /// The instances of the study, by series.
    private func instances(_ orthanc: OrthancServer) async throws -> [String: [String]] {
        let answer = try await orthanc.client.ask("GET", "/dicom-web/studies/2.25.1/instances")
        var found: [String: [String]] = [:]
        for item in answer.json as? [[String: [String: Any]]] ?? [] {
            func uid(_ tag: String) -> String { (item[tag]?["Value"] as? [String])?.first ?? "" }
            found[uid("0020000E"), default: []].append(uid("00080018"))
        }
        return found
    }

    private func run(
        _ arguments: [String], _ folder: TemporaryFolder, _ environment: [String: String] = [:]
    ) async throws -> Fovea.Outcome {
        try FileManager.default.createDirectory(at: folder["temporary"], withIntermediateDirectories: true)
        let all = environment.merging(["TMPDIR": folder["temporary"].path]) { $1 }
        return try await Loopback.apart { try Fovea.run(arguments, in: folder.url, environment: all) }
    }

    @Test("a study is enlarged, stored in a series of its own, and not a second time")
    func roundTrip() async throws {
        let orthanc = try await OrthancServer()
        let folder = try TemporaryFolder()
        try await fill(orthanc, slices: 3)
        let command = ["upscale", address(orthanc), "--scale", "2", "--json"]
        let outcome = try await run(command, folder)
        #expect(outcome.code == 0, "\(outcome.error)")
        let inputs = try #require(try outcome.json()["inputs"] as? [[String: Any]])
        #expect(inputs.count == 3)
        let made = try await instances(orthanc)
        #expect(made.count == 2)
        let (series, derived) = try #require(made.first { $0.key != "2.25.1000" })
        #expect(Set(derived) == Set(inputs.compactMap { $0["instance"] as? String }) && derived.count == 3)
        // What the archive has is what the command makes of a folder of the same files.
        for instance in 1...3 { try folder.write(slice(instance), to: "scan/\(instance).dcm") }
        #expect(try await run(["upscale", "scan", "-o", "large/", "--scale", "2"], folder).code == 0)
        for instance in derived {
            let path = "/studies/2.25.1/series/\(series)/instances/\(instance)"
            let fetched = try await orthanc.client.ask(
                "GET", "/dicom-web\(path)/frames/1", ["Accept": "multipart/related; type=application/octet-stream"])
            #expect(fetched.status == 200)
            let image = try folder.files.filter { $0.hasPrefix("large/") && $0.hasSuffix(".dcm") }
                .map { try DICOMObject(of: folder[$0]) }.first { $0[.sopInstanceUID] == instance }
            #expect(fetched.body.range(of: Data(try #require(image).frame(1))) != nil)
        }
        let again = try await run(command, folder)
        #expect(again.code == 0 && again.error.contains("nothing is sent twice"), "\(again.error)")
        #expect(try again.json()["skipped"] as? Int == 3)
        #expect(try await instances(orthanc) == made)
        #expect(!folder.files.contains { $0.hasPrefix("temporary/fovea-archive") })
    }

    @Test("with -o the results are files, and the archive stays as it is")
    func files() async throws {
        let orthanc = try await OrthancServer()
        let folder = try TemporaryFolder()
        try await fill(orthanc, slices: 2)
        let series = address(orthanc) + "/series/2.25.1000"
        let outcome = try await run(["upscale", series, "--scale", "2", "--model", "bicubic", "-o", "large/"], folder)
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(folder.files.filter { $0.hasSuffix(".dcm") }.count == 2)
        #expect(try await instances(orthanc).count == 1)
    }

    @Test("results go to another archive where one is named")
    func sendTo() async throws {
        let source = try await OrthancServer()
        let destination = try await OrthancServer()
        let folder = try TemporaryFolder()
        try await fill(source, slices: 1)
        let outcome = try await run(
            [
                "upscale", address(source), "--scale", "2", "--model", "bicubic", "--send-to",
                "dicomweb://127.0.0.1:\(destination.httpPort)/dicom-web",
            ], folder)
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(try await instances(source).count == 1)
        #expect(try await instances(destination).count == 1)
    }

    @Test("an archive that dies in the middle is one line, and a second run makes the rest")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let count = 12
        // By itself, when it has the second result: a test that watches it may come too late.
        try folder.write(
            Data(
                """
                stored = 0
                function OnStoredInstance(instance, tags, metadata, origin)
                    stored = stored + 1
                    if stored == \(count + 2) then os.execute("kill -9 $PPID") end
                end
                """.utf8), to: "dies.lua")
        var configuration = OrthancServer.Configuration()
        configuration.more["LuaScripts"] = "[\"\(folder["dies.lua"].path)\"]"
        let orthanc = try await OrthancServer(configuration)
        try await fill(orthanc, slices: count, size: 96)
        let command = ["upscale", address(orthanc), "--scale", "4"]
        let outcome = try await run(command, folder)
        orthanc.kill()
        #expect(outcome.code == 1)
        #expect(outcome.errorLines.filter { $0.hasPrefix("Error:") }.count == 1, "\(outcome.error)")
        #expect(outcome.error.contains("does not answer"))
        try await orthanc.start()
        let stored = try await instances(orthanc).filter { $0.key != "2.25.1000" }.values.first?.count ?? 0
        #expect((1..<count).contains(stored))
        let second = try await run(command, folder)
        #expect(second.code == 0, "\(second.error)")
        #expect(second.error.contains("has \(stored) of them already"))
        #expect(try await instances(orthanc).values.allSatisfy { $0.count == count })
    }

    @Test("an unknown study and wrong credentials are a line each")
    func mistakes() async throws {
        var configuration = OrthancServer.Configuration()
        configuration.users = ["reader": "secret"]
        let orthanc = try await OrthancServer(configuration)
        let folder = try TemporaryFolder()
        try await fill(orthanc, slices: 1)
        try folder.write(Data("reader:wrong\n".utf8), to: "wrong")
        try folder.write(Data("reader:secret\n".utf8), to: "right")
        let command = ["upscale", address(orthanc), "--scale", "2", "--model", "bicubic"]
        let stranger = try await run(command, folder)
        #expect(
            stranger.code == 1 && stranger.errorLines.count == 1 && stranger.error.contains("wants to know who asks"))
        let wrong = try await run(command + ["--credentials", "wrong"], folder)
        #expect(wrong.code == 1 && wrong.errorLines.count == 1 && wrong.error.contains("does not let these"))
        #expect(!wrong.error.contains("reader"))
        let unknown = try await run(["upscale", address(orthanc, "1.2.3"), "--credentials", "right"], folder)
        #expect(unknown.code == 1 && unknown.errorLines.count == 1 && unknown.error.contains("has no study 1.2.3"))
        #expect(try await run(command, folder, ["FOVEA_CREDENTIALS": "reader:secret"]).code == 0)
    }
}
