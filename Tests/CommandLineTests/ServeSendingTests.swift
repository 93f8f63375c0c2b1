import Foundation
import TestSupport
import Testing

/// `fovea serve --send-to` with a real Orthanc.
@Suite(.serialized, .enabled(if: OrthancServer.isInstalled, "\(OrthancServer.reason)"))
struct ServeSendingTests {
    private final class Served {
        let folder: TemporaryFolder
        let process: Process
        let client: Loopback

        init(_ orthanc: OrthancServer, credentials: String? = nil) throws {
            folder = try TemporaryFolder()
            for instance in 1...3 {
                let slice = DICOMPhantom.data(
                    .init(width: 16, height: 12, instance: instance, slope: 1, intercept: -1024) { column, row in
                        UInt16(1000 + (column * 37 + row * 91 + instance * 13) % 400)
                    })
                try folder.write(slice, to: "in/\(instance).dcm")
            }
            try folder.add("in/picture.png")
            let address = "dicomweb://127.0.0.1:\(orthanc.httpPort)/dicom-web"
            process = Fovea.process(["serve", "in", "--send-to", address], in: folder.url)
            process.environment!["FOVEA_SEND_CREDENTIALS"] = credentials
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            let page = try #require(URL(string: line.trimmingCharacters(in: .newlines)))
            let port = try #require(page.port)
            let key = try #require(page.query()).dropFirst("key=".count)
            client = Loopback(port: port, headers: ["Cookie": "fovea-\(port)=\(key)"])
        }

        deinit {
            process.interrupt()
            process.waitUntilExit()
        }

        /// The number of a result of the series of three slices, or of the picture.
        func result(files: Int = 3, isWhole: Bool = false) async throws -> Int {
            let stacks = try await client.ask("GET", "/api/stacks").object["stacks"] as? [[String: Any]] ?? []
            let stack = try #require(stacks.first { $0["files"] as? Int == files }?["id"] as? Int)
            let body: [String: Any] = [
                "stack": stack, "slice": 0, "isWhole": isWhole,
                "order": ["model": "bicubic", "scale": 2, "grain": 1, "isConsistent": false, "wantsTrust": false],
            ]
            let data = try JSONSerialization.data(withJSONObject: body)
            let id = try #require(try await client.ask("POST", "/api/results", body: data).object["id"] as? Int)
            _ = try await client.ask("GET", "/api/results/\(id)/events")
            return id
        }

        /// Sends a result, and waits until that is over.
        func send(_ result: Int) async throws -> [String: Any] {
            #expect(try await client.ask("POST", "/api/results/\(result)/send", body: Data()).status == 202)
            while true {
                let status = try await client.ask("GET", "/api/results/\(result)").object
                let sending = status["sending"] as? [String: Any] ?? [:]
                if sending["stage"] as? String != "sending" { return sending }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func instances(_ orthanc: OrthancServer) async throws -> Int {
        (try await orthanc.client.ask("GET", "/instances").json as? [String])?.count ?? -1
    }

    @Test("a result is sent once: what the archive has is said to be there")
    func once() async throws {
        let orthanc = try await OrthancServer()
        let served = try Served(orthanc)
        #expect(
            try await served.client.ask("GET", "/api/settings").object["archive"] as? String
                == "127.0.0.1:\(orthanc.httpPort)")
        let one = try await served.result()
        let first = try await served.send(one)
        #expect(first["stage"] as? String == "sent" && first["taken"] as? Int == 1, "\(first)")
        let whole = try await served.result(isWhole: true)
        let second = try await served.send(whole)
        #expect(second["stage"] as? String == "sent" && second["count"] as? Int == 3)
        #expect(second["taken"] as? Int == 2 && second["present"] as? Int == 1)
        let third = try await served.send(whole)
        #expect(third["taken"] as? Int == 0 && third["present"] as? Int == 3)
        #expect(try await instances(orthanc) == 3)
        // Derived images of one new series of the patient's study.
        let series = try await orthanc.client.ask("GET", "/dicom-web/studies/2.25.1/series").json as? [Any]
        #expect(series?.count == 1)
    }

    @Test("other sites, strangers and pictures send nothing")
    func refused() async throws {
        let orthanc = try await OrthancServer()
        let served = try Served(orthanc)
        let result = try await served.result()
        let path = "/api/results/\(result)/send"
        for headers in [
            ["Origin": "http://evil.example"], ["Sec-Fetch-Site": "cross-site"], ["Host": "evil.example"],
            ["Origin": "null"],
        ] {
            #expect([403, 421].contains(try await served.client.ask("POST", path, headers, body: Data()).status))
        }
        let stranger = Loopback(port: served.client.port)
        #expect(try await stranger.ask("POST", path, body: Data()).status == 401)
        #expect(try await served.client.ask("GET", path).status >= 400)
        let picture = try await served.result(files: 1)
        let answer = try await served.client.ask("POST", "/api/results/\(picture)/send", body: Data())
        #expect(answer.status == 422 && answer.text.contains("archives take no other files"))
        #expect(try await instances(orthanc) == 0)
    }

    @Test("an archive that does not let one in, or is gone, is one line")
    func mistakes() async throws {
        var configuration = OrthancServer.Configuration()
        configuration.users = ["reader": "secret"]
        let orthanc = try await OrthancServer(configuration)
        let served = try Served(orthanc, credentials: "reader:wrong")
        let result = try await served.result()
        let wrong = try await served.send(result)
        #expect(wrong["stage"] as? String == "failed")
        #expect((wrong["error"] as? String)?.contains("does not let these credentials in") == true, "\(wrong)")
        orthanc.kill()
        let gone = try await served.send(result)
        #expect((gone["error"] as? String)?.contains("does not answer") == true, "\(gone)")
        #expect((gone["error"] as? String)?.contains("\n") == false)
    }
}
