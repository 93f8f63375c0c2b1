import Foundation
import TestSupport
import Testing

extension DICOMNetworkTests {
    /// `kill -9` at any time: nothing is lost, nothing sent twice.
    @Suite(.enabled(if: DICOMTools.areInstalled, Comment(rawValue: DICOMTools.reason)))
    struct SurvivalTests {
        /// Kills once the tasks are as wished, starts again, and looks whether each of so many results is there once.
        private func survive(
            _ receiver: Receiver, _ destination: StorageTool, results: Int, _ comment: Comment,
            when isReached: ([Receiver.Task]) throws -> Bool
        ) throws {
            try receiver.wait(comment, until: isReached)
            receiver.kill()
            try receiver.start()
            try receiver.wait("all is sent") { !$0.isEmpty && $0.allSatisfy { $0.state == "done" } }
            let instances = destination.instances
            #expect(instances.count == results && Set(instances).count == results)
            #expect(receiver.end() == 0)
            let audit = try receiver.audit()
            #expect(
                audit.compactMap { $0["number"] as? Int } == Array(1...audit.count), "no event is lost or told twice")
            #expect(audit.count { $0["event"] as? String == "sent" } == results)
        }

        @Test("killed while objects come: what was acknowledged is enlarged and sent once")
        func receiving() throws {
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port, settle: 3)
            try DICOMTools.send(folder: Receiver.series(3), to: receiver.port)
            try survive(receiver, destination, results: 3, "receiving") { $0.first?.state == "receiving" }
        }

        @Test("killed while it enlarges: what is made is not made again, and each result sent once")
        func enlarging() throws {
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port, rule: "model: bicubic, scale: 8")
            try DICOMTools.send(folder: Receiver.series(12, size: 160), to: receiver.port)
            try survive(receiver, destination, results: 12, "two of twelve are made") { _ in
                receiver.folder.files.count { $0.hasPrefix("queue/results/1/2.25") } >= 2
            }
        }

        @Test("killed while it sends: what was acknowledged is not sent again")
        func sending() throws {
            let destination = try StorageTool(["--sleep-after", "1"])
            let receiver = try Receiver(to: destination.port)
            try DICOMTools.send(folder: Receiver.series(4), to: receiver.port)
            // The destination sleeps before it acknowledges; what it did not acknowledge it may have.
            try receiver.wait("one is sent") { $0.first?.sent == 1 }
            receiver.kill()
            let before = destination.instances
            try receiver.start()
            try receiver.wait("all is sent") { $0.first?.state == "done" }
            let instances = destination.instances
            #expect(Set(instances).count == 4)
            // The one that was under way has been sent again, since nobody knows whether it came: it is the same object, which an
            // archive has once. No other has.
            #expect(instances.count <= 5 && instances.count { $0 == before.first } <= 2)
            #expect(receiver.end() == 0)
            let sent = try receiver.audit().filter { $0["event"] as? String == "sent" }.compactMap {
                $0["instance"] as? String
            }
            #expect(sent.count == 4 && Set(sent).count == 4)
        }

        @Test("killed while it waits for a destination that is down: delivered once when that is up")
        func destinationDown() throws {
            let port = try OrthancServer.freePort()
            let receiver = try Receiver(to: port)
            try DICOMTools.send(folder: Receiver.series(2), to: receiver.port)
            try receiver.wait("it has failed") { $0.first?.state == "failed" && $0.first?.reason != nil }
            receiver.kill()
            try receiver.start()
            try receiver.wait("it has failed again") { $0.first?.state == "failed" }
            let destination = try StorageTool(port: port)
            try receiver.wait("all is sent") { $0.first?.state == "done" }
            #expect(destination.instances.count == 2 && Set(destination.instances).count == 2)
        }

        @Test("asked to end, it ends at once and well, and goes on later where it was")
        func asked() throws {
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port, settle: 1.5)
            try DICOMTools.send(folder: Receiver.series(2), to: receiver.port)
            #expect(receiver.end() == 0)
            #expect(try receiver.tasks().map(\.state) == ["receiving"])
            try receiver.start()
            try receiver.wait("all is sent") { $0.first?.state == "done" }
            #expect(destination.instances.count == 2)
        }

        @Test("killed ten times at any time, it delivers each of many results, none of those acknowledged twice")
        func anyTime() throws {
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port, settle: 1, rule: "model: bicubic, scale: 4")
            let series = try Receiver.series(10, size: 96)
            var generator = SystemRandomNumberGenerator()
            for round in 0..<10 {
                // What was not acknowledged is sent again, as a modality does.
                if try DICOMTools.send([series.url], to: receiver.port) != 0 {
                    Issue.record("not taken in round \(round)")
                }
                usleep(UInt32.random(in: 0..<700_000, using: &generator))
                receiver.kill()
                try receiver.start()
            }
            try receiver.wait("all is sent") { !$0.isEmpty && $0.allSatisfy { $0.state == "done" } }
            #expect(Set(destination.instances).count == 10)
            #expect(receiver.end() == 0)
            let sent = try receiver.audit().filter { $0["event"] as? String == "sent" }.compactMap {
                $0["instance"] as? String
            }
            #expect(sent.count == 10 && Set(sent).count == 10)
        }
    }
}
