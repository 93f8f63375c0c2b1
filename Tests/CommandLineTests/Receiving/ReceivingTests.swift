import Foundation
import Imaging
import TestSupport
import Testing

extension DICOMNetworkTests {
    /// `fovea serve --store-scp` with DCMTK's programs as its peers.
    @Suite(.enabled(if: DICOMTools.areInstalled, Comment(rawValue: DICOMTools.reason)))
    struct ReceivingTests {
        /// Where nobody listens.
        private static let nowhere = 9

        @Test("a series is received, enlarged by its rule and sent on, each result once; originals stay as they came")
        func whole() throws {
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port)
            let series = try Receiver.series(3)
            #expect(try DICOMTools.send([series.url], to: receiver.port) == 0)
            try receiver.wait("all is sent") { $0.first?.state == "done" }
            let results = destination.folder.files.map { destination.folder[$0] }
            #expect(results.count == 3 && Set(destination.instances).count == 3)
            let images = try results.map { try ImageFile.read($0) }
            for image in images {
                #expect(image.header.width == 64 && image.header.height == 64)
                guard case .dicom(let source) = image.header.source else { return #expect(Bool(false)) }
                #expect(source.seriesInstanceUID != "2.25.1000" && source[.imageType]?.hasPrefix("DERIVED") == true)
            }
            for instance in 1...3 {
                let kept = try DICOMTools.dataSet(receiver.received("2.25.\(2000 + instance)"))
                #expect(kept == (try DICOMTools.dataSet(series["\(instance).dcm"])))
            }
            #expect(receiver.end() == 0)
            let audit = try receiver.audit()
            #expect(audit.compactMap { $0["number"] as? Int } == Array(1...audit.count))
            let events = audit.compactMap { $0["event"] as? String }
            #expect(events.first == "started" && events.last == "stopped")
            for (event, count) in ["received": 3, "settled": 1, "enlarging": 1, "enlarged": 1, "sent": 3, "done": 1] {
                #expect(events.count { $0 == event } == count, "\(event)")
            }
            #expect(!String(describing: audit).contains("phantom"), "no patient is named")
        }

        @Test(
            "an object is kept as it was sent, bit for bit, in its own transfer syntax",
            arguments: [
                ("CT_small.dcm", "-xe"), ("MR_small_RLE.dcm", "-xr"), ("MR_small_jp2klossless.dcm", "-xv"),
                ("MR_small_jpeg_ls_lossless.dcm", "-xt"), ("SC_rgb_jpeg_dcmtk.dcm", "-xy"),
                ("MR_small_bigendian.dcm", "-xb"),
            ])
        func bitForBit(name: String, proposal: String) throws {
            let receiver = try Receiver(to: Self.nowhere, settle: 60)
            // What the sender sends, as a program that nobody here wrote writes it down.
            let reference = try StorageTool(["+B", "+xa"])
            #expect(try DICOMTools.send([DICOMTools.scan(name)], to: reference.port, [proposal, "-R"]) == 0)
            #expect(try DICOMTools.send([DICOMTools.scan(name)], to: receiver.port, [proposal, "-R"]) == 0)
            let file = try #require(reference.folder.files.first)
            let instance = try #require(
                try DICOMAttributes(of: reference.folder[file], [.sopInstanceUID])[.sopInstanceUID])
            #expect(
                try DICOMTools.dataSet(receiver.received(instance)) == DICOMTools.dataSet(reference.folder[file]))
        }

        @Test("whoever calls another title, or is not among the callers, is rejected; an echo is answered")
        func titles() throws {
            let receiver = try Receiver(to: Self.nowhere, more: "callers: [CT1]")
            func echo(_ calling: String, _ called: String) throws -> Int32 {
                try DICOMTools.run("echoscu", "-aet", calling, "-aec", called, "127.0.0.1", "\(receiver.port)")
            }
            #expect(try echo("CT1", "FOVEA") == 0)
            #expect(try echo("CT1", "OTHER") != 0)
            #expect(try echo("CT2", "FOVEA") != 0)
            #expect(receiver.end() == 0)
            #expect(try receiver.audit().count { $0["event"] as? String == "rejected" } == 2)
        }

        @Test("an object that comes twice is one; another object under its UID is refused, named, and changes nothing")
        func twice() throws {
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port)
            let series = try Receiver.series(1)
            try DICOMTools.send([series.url], to: receiver.port)
            try DICOMTools.send([series.url], to: receiver.port)
            try receiver.wait("it is sent") { $0.first?.state == "done" }
            try DICOMTools.send([series.url], to: receiver.port)
            var other = try Data(contentsOf: series["1.dcm"])
            other[other.count - 1] ^= 1
            let folder = try TemporaryFolder()
            try folder.write(other, to: "1.dcm")
            try DICOMTools.send([folder.url], to: receiver.port)
            #expect(try receiver.tasks().count == 1)
            #expect(
                try DICOMTools.dataSet(receiver.received("2.25.2001")) == DICOMTools.dataSet(series["1.dcm"]))
            #expect(receiver.end() == 0)
            let audit = try receiver.audit()
            #expect(audit.count { $0["event"] as? String == "receivedAgain" } == 2)
            let refused = audit.filter { $0["event"] as? String == "refused" }
            #expect(refused.count == 1 && refused.first?["instance"] as? String == "2.25.2001")
            #expect(destination.instances.count == 1)
        }

        @Test("what is done goes from the disk in time, and is recognised all the same; what is not done stays")
        func removed() throws {
            let destination = try StorageTool()
            // A second.
            let receiver = try Receiver(to: destination.port, more: "keepFree: 1KB\nkeepDays: 0.0000116")
            let series = try Receiver.series(2)
            try DICOMTools.send([series.url], to: receiver.port)
            try DICOMTools.send([DICOMTools.scan("rtplan.dcm")], to: receiver.port)
            try receiver.wait("it is done and gone") { tasks in
                tasks.map(\.state).sorted() == ["done", "noRule"]
                    && !receiver.folder.files.contains {
                        $0.hasPrefix("queue/results/") || $0.hasPrefix("queue/received/2.25")
                    }
            }
            #expect(receiver.folder.files.count { $0.hasPrefix("queue/received/") } == 1, "no rule, no removal")
            let results = destination.instances
            #expect(results.count == 2)
            // What came, and what was made of it, comes again.
            #expect(try DICOMTools.send([series.url], to: receiver.port) == 0)
            #expect(try DICOMTools.send([destination.folder.url], to: receiver.port) == 0)
            #expect(try receiver.tasks().count == 2 && destination.instances == results)
            #expect(receiver.end() == 0)
            let events = try receiver.audit().compactMap { $0["event"] as? String }
            #expect(events.count { $0 == "receivedAgain" } == 4 && events.count { $0 == "removed" } == 1)
            #expect(events.count { $0 == "received" } == 3, "what was said of it stays")
        }

        @Test("what no rule is for is kept, and nothing else")
        func noRule() throws {
            let receiver = try Receiver(to: Self.nowhere)
            try DICOMTools.send([DICOMTools.scan("rtplan.dcm")], to: receiver.port)
            try receiver.wait("it is settled") { $0.first?.state == "noRule" }
            #expect(try receiver.tasks().map(\.objects) == [1])
        }

        @Test("a result that comes back is not enlarged once more")
        func comesBack() throws {
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port)
            try DICOMTools.send(folder: Receiver.series(1), to: receiver.port)
            try receiver.wait("it is sent") { $0.first?.state == "done" }
            #expect(try DICOMTools.send([destination.folder.url], to: receiver.port) == 0)
            #expect(try receiver.tasks().count == 1)
        }

        @Test("a connection that breaks in the middle of an object leaves nothing half, and what came before")
        func broken() throws {
            let receiver = try Receiver(to: Self.nowhere, settle: 60)
            // 131 KB each: the cut is in the second one.
            let series = try Receiver.series(3, size: 256)
            let cut = try Cut(to: receiver.port, after: 200_000)
            #expect(try DICOMTools.send([series.url], to: cut.port) != 0)
            try receiver.wait("the first is there") { $0.first?.objects == 1 }
            // The server learns of the break a moment later.
            try receiver.wait("nothing is half there") { _ in
                !receiver.folder.files.contains { $0.hasPrefix("queue/incoming") }
            }
            let files = receiver.folder.files.filter {
                $0.hasPrefix("queue/incoming") || $0.hasPrefix("queue/received")
            }
            #expect(files.count == 1 && files.first?.hasPrefix("queue/received") == true)
            #expect(try DICOMTools.send([series.url], to: receiver.port) == 0)
            #expect(try receiver.tasks().map(\.objects) == [3])
            #expect(receiver.end() == 0)
            #expect(try receiver.audit().count { $0["event"] as? String == "aborted" } == 1)
        }

        @Test("what is no DICOM does not end the server")
        func hostile() throws {
            let receiver = try Receiver(to: Self.nowhere, settle: 60)
            var generator = SystemRandomNumberGenerator()
            let noise = Data((0..<4000).map { _ in UInt8.random(in: 0...255, using: &generator) })
            // An A-ASSOCIATE-RQ of PS3.8 9.3.2 up to its first item; then what must not be.
            let request =
                Data([1, 0, 0, 0, 0, 100, 0, 1, 0, 0]) + Data("FOVEA           EVIL            ".utf8) + Data(count: 32)
            for bytes in [
                noise, Data([1, 0, 0xFF, 0xFF, 0xFF, 0xFF]) + noise, request + Data([0x10, 0, 0xFF, 0xFF]) + noise,
                request + Data([0x20, 0, 0, 0, 0x20, 0, 0, 0]) + Data(count: 100),
                Data([4, 0, 0, 0, 0, 8, 0, 0, 0, 4, 1, 3, 0, 0]),
                Data("GET / HTTP/1.1\r\n\r\n".utf8), Data(),
            ] {
                let connection = try Loopback.Connection(port: receiver.port)
                try? connection.send(bytes)
                connection.close()
            }
            #expect(try DICOMTools.send(folder: Receiver.series(1), to: receiver.port) == 0)
            #expect(receiver.isRunning)
            #expect(try receiver.tasks().map(\.objects) == [1])
        }

        @Test("twenty associations at once are served, and one that says nothing holds none of them up")
        func many() throws {
            let receiver = try Receiver(to: Self.nowhere, settle: 60)
            let silent = try Loopback.Connection(port: receiver.port)
            let senders = try (0..<20).map { index in
                let folder = try Receiver.series(1, uid: "2.25.\(5000 + index)")
                // Instances of their own.
                var file = try Data(contentsOf: folder["1.dcm"])
                while let range = file.range(of: Data("2.25.2001".utf8)) {
                    file.replaceSubrange(range, with: Data("2.25.\(3000 + index)".utf8))
                }
                try folder.write(file, to: "1.dcm")
                let process = DICOMTools.process(
                    "storescu", ["-aec", "FOVEA", "127.0.0.1", "\(receiver.port)", folder["1.dcm"].path])
                try process.run()
                return (process, folder)
            }
            for (process, _) in senders {
                process.waitUntilExit()
                #expect(process.terminationStatus == 0)
            }
            #expect(try receiver.tasks().map(\.objects) == Array(repeating: 1, count: 20))
            silent.close()
        }

        /// Whether this machine lets a test mount a file system.
        private static let canMount: Bool = {
            guard let folder = try? TemporaryFolder(),
                (try? run("mount", "-t", "tmpfs", "tmpfs", folder.path)) == 0
            else { return false }
            return (try? run("umount", folder.path)) == 0
        }()

        private static func run(_ arguments: String...) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = arguments
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }

        @Test(
            "a full disk refuses objects with A700, loses none that was acknowledged, and goes on when there is room",
            .enabled(if: canMount, "a small file system cannot be mounted here"))
        func fullDisk() throws {
            let mount = try TemporaryFolder()
            try #require(try Self.run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", mount.path) == 0)
            defer { _ = try? Self.run("umount", "-l", mount.path) }
            // 524 KB each: more of them than there is room for.
            let series = try Receiver.series(8, size: 512)
            let receiver = try Receiver(to: Self.nowhere, settle: 60, queue: mount["queue"].path)
            let filler = mount["filler"]
            // So that four fit, and what is left over is room for the queue's own writing.
            try Data(count: 600_000).write(to: filler)
            _ = try DICOMTools.send([series.url], to: receiver.port, ["-nh"])
            #expect(receiver.isRunning)
            let kept = try receiver.tasks().map(\.objects).reduce(0, +)
            #expect((1..<8).contains(kept))
            for name in mount.files where name.hasPrefix("queue/received/") {
                #expect(throws: Never.self) { try ImageFile.read(mount[name]) }
            }
            #expect(mount.files.count { $0.hasPrefix("queue/received/") } == kept)
            try FileManager.default.removeItem(at: filler)
            try DICOMTools.send([series["8.dcm"]], to: receiver.port)
            #expect(try receiver.tasks().map(\.objects).reduce(0, +) == kept + 1)
            #expect(receiver.end() == 0)
            let refused = try receiver.audit().filter { $0["event"] as? String == "refused" }
            #expect(!refused.isEmpty && refused.allSatisfy { $0["status"] as? String == "A700" })
        }
    }
}
