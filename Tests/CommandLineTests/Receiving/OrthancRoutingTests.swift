import Foundation
import TestSupport
import Testing

extension DICOMNetworkTests {
    /// A real Orthanc sends, and gets the results back.
    @Suite(.enabled(if: OrthancServer.isInstalled, Comment(rawValue: OrthancServer.reason)))
    struct OrthancRoutingTests {
        /// Orthanc that knows a receiver at a port.
        private func orthanc(_ receiver: Int) async throws -> OrthancServer {
            var configuration = OrthancServer.Configuration()
            configuration.modalities = ["fovea": OrthancServer.Modality(title: "FOVEA", port: receiver)]
            return try await OrthancServer(configuration)
        }

        /// Receives for an Orthanc that in its turn knows the receiver.
        private func pair(rule: String = "model: bicubic, scale: 2") async throws -> (OrthancServer, Receiver) {
            // Its port is known to Orthanc only by another start.
            let first = try await orthanc(9)
            let receiver = try Receiver(to: first.dicomPort, title: "ORTHANC", rule: rule)
            let body = Data("{\"AET\": \"FOVEA\", \"Host\": \"127.0.0.1\", \"Port\": \(receiver.port)}".utf8)
            let answer = try await first.client.ask("PUT", "/modalities/fovea", body: body)
            #expect(answer.status == 200)
            return (first, receiver)
        }

        private func upload(_ count: Int, to orthanc: OrthancServer) async throws {
            let series = try Receiver.series(count)
            for instance in 1...count {
                let data = try Data(contentsOf: series["\(instance).dcm"])
                #expect(try await orthanc.client.ask("POST", "/instances", body: data).status == 200)
            }
        }

        private func instances(of orthanc: OrthancServer) async throws -> [[String: Any]] {
            let answer = try await orthanc.client.ask("GET", "/instances?expand").json as? [[String: Any]] ?? []
            return answer.compactMap { $0["MainDicomTags"] as? [String: Any] }
        }

        @Test(
            "stored, enlarged and stored back: Orthanc has each result once, beside its originals, in a series of their own"
        )
        func whole() async throws {
            let (orthanc, receiver) = try await pair()
            try await upload(3, to: orthanc)
            let series = try #require((try await orthanc.client.ask("GET", "/series").json as? [String])?.first)
            let answer = try await orthanc.client.ask("POST", "/modalities/fovea/store", body: Data(series.utf8))
            #expect(answer.status == 200, "\(answer.text)")
            try receiver.wait("all is sent") { $0.first?.state == "done" }
            #expect(try await instances(of: orthanc).count == 6)
            // Found as a viewer finds it.
            let query = Data("{\"Level\": \"Series\", \"Query\": {\"Modality\": \"CT\"}, \"Expand\": true}".utf8)
            let found = try await orthanc.client.ask("POST", "/tools/find", body: query).json as? [[String: Any]] ?? []
            #expect(found.count == 2 && Set(found.compactMap { $0["ParentStudy"] as? String }).count == 1)
            let derived = try #require(found.first { $0["ID"] as? String != series })
            let made = derived["Instances"] as? [String] ?? []
            #expect(made.count == 3)
            for id in made {
                let tags = try await orthanc.client.ask("GET", "/instances/\(id)/simplified-tags").object
                #expect(tags["Rows"] as? String == "64" && tags["Columns"] as? String == "64")
                #expect(tags["PatientID"] as? String == "phantom")
                #expect((tags["ImageType"] as? String)?.hasPrefix("DERIVED") == true)
                // Half of 0.5 mm.
                #expect(tags["PixelSpacing"] as? String == "0.25\\0.25")
                // As Orthanc itself decodes them.
                #expect(try await orthanc.client.ask("GET", "/instances/\(id)/preview").status == 200)
            }
            // Sent once more, nothing new comes of it.
            _ = try await orthanc.client.ask("POST", "/modalities/fovea/store", body: Data(series.utf8))
            #expect(try receiver.tasks().count == 1)
            #expect(receiver.end() == 0)
            #expect(try await instances(of: orthanc).count == 6)
        }

        @Test("Orthanc killed before it has the results: they come when it is back, each once")
        func killed() async throws {
            let (orthanc, receiver) = try await pair()
            try await upload(4, to: orthanc)
            let series = try #require((try await orthanc.client.ask("GET", "/series").json as? [String])?.first)
            _ = try await orthanc.client.ask("POST", "/modalities/fovea/store", body: Data(series.utf8))
            orthanc.kill()
            try receiver.wait("it has failed") { $0.first?.state == "failed" || $0.first?.state == "done" }
            try await orthanc.start()
            try receiver.wait("all is sent") { $0.first?.state == "done" }
            let uids = try await instances(of: orthanc).compactMap { $0["SOPInstanceUID"] as? String }
            #expect(uids.count == 8 && Set(uids).count == 8)
            #expect(receiver.end() == 0)
            #expect(try receiver.audit().count { $0["event"] as? String == "sent" } == 4)
        }
    }
}
