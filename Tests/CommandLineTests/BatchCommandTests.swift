import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct BatchCommandTests {
    private func manifest(_ url: URL) throws -> [[String: Any]] {
        try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    private func identity(_ url: URL) throws -> (series: String, instance: String) {
        guard case .dicom(let source) = try ImageFile.read(url).header.source else { return ("", "") }
        return (source.seriesInstanceUID ?? "", source.sopInstanceUID ?? "")
    }

    @Test("two processes on one folder make each file once, and neither spoils the other's", arguments: [false, true])
    func twoProcesses(resumes: Bool) throws {
        let folder = try TemporaryFolder()
        for index in 0..<16 { try folder.add("in/\(index).png", width: 300, height: 300, offset: index % 4) }
        let arguments = ["upscale", "in", "-o", "out", "--model", "bicubic"] + (resumes ? ["--resume"] : [])
        let processes = (0..<2).map { _ in Fovea.process(arguments, in: folder.url) }
        for process in processes {
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
        }
        for process in processes {
            process.waitUntilExit()
            // Without --resume what the other has made is there already.
            #expect(process.terminationStatus == 0 || !resumes && process.terminationStatus == 1)
        }
        #expect(folder.files.filter { $0.hasPrefix("out/") }.count == 17)
        let lines = try manifest(folder["out/fovea.jsonl"])
        let done = lines.filter { $0["outcome"] as? String == "done" }
        #expect(done.count == 16 && Set(done.compactMap { $0["output"] as? String }).count == 16)
        let again = try Fovea.run(arguments + ["--resume", "--json"], in: folder.url)
        #expect(again.code == 0)
        #expect(try again.json()["skipped"] as? Int == 16)
    }

    @Test("a run that was killed goes on where it ended, and leaves nothing half-written")
    func killed() throws {
        let folder = try TemporaryFolder()
        for name in ["1.png", "2.png"] { try folder.add("in/\(name)", width: 40, height: 40) }
        try folder.add("in/3.png", width: 900, height: 900)
        let arguments = ["upscale", "in", "-o", "out", "--model", "bicubic", "--scale", "5"]
        let process = Fovea.process(arguments, in: folder.url)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let part = "out/.fovea.part-3_x5.png"
        func size(_ name: String) -> Int {
            (try? FileManager.default.attributesOfItem(atPath: folder[name].path)[.size] as? Int) ?? 0
        }
        while size(part) < 1000 && process.isRunning { usleep(200) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        #expect(folder.files.contains(part))
        let first = try FileManager.default.attributesOfItem(atPath: folder["out/1_x5.png"].path)

        let resumed = try Fovea.run(arguments + ["--resume", "--json"], in: folder.url)
        #expect(resumed.code == 0, "\(resumed.error)")
        #expect(try resumed.json()["skipped"] as? Int == 2)
        #expect(resumed.error.contains("1 unfinished file of runs that were killed: taken away"))
        #expect(
            folder.files.filter { $0.hasPrefix("out/") }
                == ["out/1_x5.png", "out/2_x5.png", "out/3_x5.png", "out/fovea.jsonl"])
        let after = try FileManager.default.attributesOfItem(atPath: folder["out/1_x5.png"].path)
        #expect(first[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
        #expect(try ImageFile.read(folder["out/3_x5.png"]).header.width == 4500)
    }

    @Test("parts of a series that several processes share are one series, and what one process makes of it")
    func shards() throws {
        let folder = try TemporaryFolder()
        for (index, most) in [200, 1200, 3000, 800, 90].enumerated() {
            try folder.adding(
                "in/\(index).dcm",
                DICOMPhantom.data(
                    .init(width: 64, height: 64, instance: index + 1) { column, row in
                        UInt16(100 + (column * 7 + row * 13) % 31 * most / 30)
                    }))
        }
        let arguments = ["upscale", "in", "--model", "fovea-general-x2", "--scale", "2"]
        for part in ["1/2", "2/2"] {
            let outcome = try Fovea.run(arguments + ["-o", "parts/", "--shard", part], in: folder.url)
            #expect(outcome.code == 0, "\(outcome.error)")
        }
        #expect(try Fovea.run(arguments + ["-o", "whole/"], in: folder.url).code == 0)
        var series: Set<String> = []
        var instances: Set<String> = []
        for index in 0..<5 {
            let (part, whole) = (folder["parts/\(index)_x2.dcm"], folder["whole/\(index)_x2.dcm"])
            #expect(try identity(part) == identity(whole))
            #expect(try ImageFile.read(part).pixels == ImageFile.read(whole).pixels)
            try series.insert(identity(part).series)
            try instances.insert(identity(part).instance)
        }
        #expect(series.count == 1 && !series.contains("2.25.1000") && instances.count == 5)
        let other = try Fovea.run(
            arguments + ["-o", "other/", "--grain", "0.5", "--shard", "1/5"], in: folder.url)
        #expect(other.code == 0)
        #expect(try !series.contains(identity(folder["other/0_x2.dcm"]).series))
    }

    @Test("a slice that joins a series has its slices made anew, into the same derived series")
    func growingSeries() throws {
        let folder = try TemporaryFolder()
        func add(_ index: Int) throws {
            try folder.adding(
                "in/\(index).dcm",
                DICOMPhantom.data(.init(instance: index) { column, row in UInt16(100 * index + column + row) }))
        }
        for index in 1...2 { try add(index) }
        let arguments = ["upscale", "in", "--model", "bicubic", "--scale", "2", "--resume", "--json"]
        #expect(try Fovea.run(arguments, in: folder.url).code == 0)
        let before = try identity(folder["in_x2/1_x2.dcm"])
        try add(3)
        let outcome = try Fovea.run(arguments, in: folder.url)
        #expect(outcome.code == 0)
        #expect(try outcome.json()["succeeded"] as? Int == 3)
        #expect(outcome.error.contains("in/1.dcm: done anew: its series has changed since"))
        #expect(try identity(folder["in_x2/1_x2.dcm"]) == before)
        #expect(try identity(folder["in_x2/3_x2.dcm"]).series == before.series)
    }

    @Test("a single file is recorded where that is asked for, and only then")
    func singleFile() throws {
        let folder = try TemporaryFolder()
        try folder.add("scan.png")
        let plain = ["upscale", "scan.png", "--model", "bicubic"]
        #expect(try Fovea.run(plain, in: folder.url).code == 0)
        #expect(folder.files == ["scan.png", "scan_x4.png"])
        let unknown = try Fovea.run(plain + ["--resume"], in: folder.url)
        #expect(unknown.code == 1 && unknown.errorLines.count == 1 && unknown.error.contains("--manifest"))
        let recorded = plain + ["--manifest", "runs.jsonl", "--resume"]
        #expect(try Fovea.run(recorded + ["--overwrite"], in: folder.url).code == 0)
        #expect(folder.files == ["runs.jsonl", "scan.png", "scan_x4.png"])
        let again = try Fovea.run(recorded, in: folder.url)
        #expect(again.code == 0 && again.error == "0 enlarged, 1 done before\n")
    }

    @Test(
        "options of batches that make no sense are refused before anything is read",
        arguments: [
            ["--shard", "0/4"], ["--shard", "5/4"], ["--jobs", "0"], ["--threads", "0"], ["--memory", "20MB"],
            ["--memory", "lots"], ["--manifest", ""],
        ])
    func usage(arguments: [String]) throws {
        let folder = try TemporaryFolder()
        try folder.add("scan.png")
        let outcome = try Fovea.run(["upscale", "scan.png"] + arguments, in: folder.url)
        #expect(outcome.code == 64 && outcome.errorLines.count == 1, "\(outcome.error)")
        #expect(folder.files == ["scan.png"])
    }

    @Test("a manifest that cannot be written is one line, and nothing is put in place without")
    func closedManifest() throws {
        let folder = try TemporaryFolder()
        try folder.add("in/a.png")
        let outcome = try Fovea.run(
            ["upscale", "in", "--model", "bicubic", "--manifest", "missing/runs.jsonl"], in: folder.url)
        #expect(outcome.code == 1 && outcome.error.contains("missing/runs.jsonl"))
        #expect(folder.files == ["in/a.png"])
    }
}
