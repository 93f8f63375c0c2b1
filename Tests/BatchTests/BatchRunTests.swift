import Batch
import Foundation
import Imaging
import Synchronization
import TestSupport
import Testing
import Upscaling

@Suite struct BatchRunTests {
    /// What a run told and what became of its jobs.
    private struct Told {
        var outcomes: [Outcome]
        var events: [BatchEvent]

        var finished: Int { outcomes.count { if case .finished = $0 { true } else { false } } }
        var done: Int { outcomes.count { if case .skipped(.done) = $0 { true } else { false } } }
        var errors: [String] { outcomes.compactMap { if case .failed(let error) = $0 { error } else { nil } } }
        var stale: [Staleness] {
            events.compactMap { if case .outdated(_, let staleness) = $0 { staleness } else { nil } }
        }
    }

    private func run(
        _ folder: TemporaryFolder, scale: Double = 2, grain: Double = 1,
        options: BatchOptions = BatchOptions(resumes: true),
        answer: @escaping @Sendable (BatchEvent) -> Answer = { _ in .goOn }
    ) throws -> Told {
        let list = try JobList([folder["in"].path], output: folder["out"].path, suffix: "_large")
        let run = BatchRun(
            list.jobs,
            recipe: Recipe(scale: scale, model: "bicubic", models: [], grain: GrainTreatment(kept: grain)),
            series: SeriesSurvey(list.jobs.map(\.input)), options: options
        ) { _ in .bicubic }
        let events = Mutex<[BatchEvent]>([])
        let outcomes = run.perform { event in
            events.withLock { $0.append(event) }
            return answer(event)
        }
        return Told(outcomes: outcomes, events: events.withLock { $0 })
    }

    private func folder(files: Int = 4) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for index in 0..<files { try folder.add("in/\(index).png", offset: index) }
        return folder
    }

    private func manifest(_ folder: TemporaryFolder) throws -> [[String: Any]] {
        try String(contentsOf: folder["out/fovea.jsonl"], encoding: .utf8).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    @Test("what is done and unchanged is skipped, and what is missing is made")
    func resume() throws {
        let folder = try folder()
        #expect(try run(folder).finished == 4)
        try FileManager.default.removeItem(at: folder["out/2_large.png"])
        let before = try Data(contentsOf: folder["out/fovea.jsonl"]).count
        let second = try run(folder)
        #expect(second.finished == 1 && second.done == 3 && second.stale == [])
        #expect(try Data(contentsOf: folder["out/fovea.jsonl"]).count > before)
        #expect(try run(folder).done == 4)
        #expect(try folder.names(in: "out") == ["0", "1", "2", "3"].map { "\($0)_large.png" } + ["fovea.jsonl"])
    }

    @Test("a result that was cut off, or changed in one bit, is made anew")
    func changedResult() throws {
        let folder = try folder()
        _ = try run(folder)
        let whole = try Data(contentsOf: folder["out/1_large.png"])
        try whole.prefix(whole.count / 2).write(to: folder["out/1_large.png"])
        var changed = try Data(contentsOf: folder["out/3_large.png"])
        changed[changed.count - 10] ^= 1
        try changed.write(to: folder["out/3_large.png"])
        let second = try run(folder)
        #expect(second.finished == 2 && second.done == 2 && second.stale == [.result, .result])
        #expect(try Data(contentsOf: folder["out/1_large.png"]) == whole)
        #expect(try run(folder).done == 4)
    }

    @Test("another input or option is said, and the result made anew")
    func changedInputAndOptions() throws {
        let folder = try folder()
        _ = try run(folder)
        try folder.add("in/0.png", offset: 99)
        let second = try run(folder)
        #expect(second.finished == 1 && second.done == 3 && second.stale == [.input])
        let third = try run(folder, scale: 3, grain: 0.5)
        #expect(third.finished == 4 && Set(third.stale.map { "\($0)" }) == ["made with another grain, scale"])
        #expect(try ImageFile.read(folder["out/0_large.png"]).header.width == 36)
    }

    @Test("a file of which no manifest knows is not replaced, and neither is any without resume")
    func foreignFile() throws {
        let folder = try folder(files: 2)
        try FileManager.default.createDirectory(at: folder["out"], withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: folder["out/0_large.png"])
        let first = try run(folder)
        #expect(first.finished == 1 && first.errors.count == 1)
        #expect(first.errors[0].contains("0_large.png: already exists") && first.errors[0].contains("--overwrite"))
        let second = try run(folder, options: BatchOptions())
        #expect(second.errors.count == 2)
        // A failure since has not made what was done undone.
        #expect(try run(folder).done == 1)
        #expect(try Data(contentsOf: folder["out/0_large.png"]) == Data("mine".utf8))
        #expect(try run(folder, options: BatchOptions(overwrites: true, resumes: true)).finished == 1)
    }

    @Test("the manifest's hashes are those of the files, and name model, options, time and version")
    func manifestLines() throws {
        let folder = try folder(files: 1)
        _ = try run(folder)
        let line = try #require(try manifest(folder).first)
        #expect(line["outcome"] as? String == "done" && line["output"] as? String == "0_large.png")
        #expect(line["model"] as? String == "bicubic" && line["version"] as? String == FoveaVersion.current)
        #expect((line["options"] as? [String: String])?["scale"] == "2")
        #expect(line["inputHash"] as? String == (try sha256(folder["in/0.png"])))
        #expect(line["outputHash"] as? String == (try sha256(folder["out/0_large.png"])))
        #expect(line["seconds"] is Double && line["time"] is String)
    }

    /// As coreutils has it.
    private func sha256(_ url: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sha256sum", url.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output.prefix(64), as: UTF8.self)
    }

    @Test("several jobs at once give what one at a time gives, and each is told once")
    func severalAtOnce() throws {
        let one = try folder(files: 12)
        let many = try folder(files: 12)
        _ = try run(one)
        let told = try run(
            many, options: BatchOptions(jobsAtOnce: 5, memory: ByteCount(BatchOptions().leastMemory.bytes + 20000)))
        #expect(told.finished == 12)
        #expect(told.events.count { if case .ended = $0 { true } else { false } } == 12)
        #expect(try manifest(many).count == 12)
        for index in 0..<12 {
            #expect(
                try Data(contentsOf: one["out/\(index)_large.png"]) == Data(contentsOf: many["out/\(index)_large.png"]))
        }
    }

    @Test("whoever watches can end a run between two jobs")
    func stopping() throws {
        let folder = try folder()
        let told = try run(folder) { if case .ended = $0 { .stop } else { .goOn } }
        #expect(told.finished == 1)
        #expect(told.outcomes.dropFirst().allSatisfy { if case .notTried = $0 { true } else { false } })
        #expect(try run(folder).done == 1)
    }

    @Test("an image that does not fit in memory is an error, and the others are made")
    func memory() throws {
        let folder = try folder(files: 2)
        try folder.add("in/large.png", width: 4000, height: 4000)
        let told = try run(folder, options: BatchOptions(jobsAtOnce: 2, memory: BatchOptions().leastMemory))
        #expect(told.errors.count == 3)
        let enough = ByteCount(BatchOptions().leastMemory.bytes + 1_000_000)
        let second = try run(folder, options: BatchOptions(jobsAtOnce: 2, memory: enough))
        #expect(second.finished == 2 && second.errors.count == 1)
        #expect(second.errors[0].contains("in/large.png") && second.errors[0].contains("--memory"))
    }

    @Test("a file that another holds is left to it, and a leftover is taken away")
    func held() throws {
        let folder = try folder(files: 2)
        try FileManager.default.createDirectory(at: folder["out"], withIntermediateDirectories: true)
        let claim = try FileClaim(folder["out/0_large.png"])
        try Data("half".utf8).write(to: folder["out/.fovea.part-gone.png"])
        let told = try run(folder)
        #expect(told.finished == 1)
        guard case .skipped(.beingMade) = told.outcomes[0] else { return #expect(Bool(false), "\(told.outcomes[0])") }
        #expect(try folder.names(in: "out") == [".fovea.part-0_large.png", "1_large.png", "fovea.jsonl"])
        claim.release()
        #expect(try run(folder).finished == 1)
    }

    @Test("a pair of header and samples is made anew where the samples alone changed")
    func pairs() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder["in"], withIntermediateDirectories: true)
        let header = """
            ObjectType = Image
            NDims = 2
            DimSize = 8 6
            ElementType = MET_UCHAR
            ElementDataFile = samples.raw

            """
        try Data(header.utf8).write(to: folder["in/scan.mhd"])
        try Data((0..<48).map { UInt8($0) }).write(to: folder["in/samples.raw"])
        #expect(try run(folder).finished == 1)
        #expect(try run(folder).done == 1)
        try Data((0..<48).map { UInt8($0 + 1) }).write(to: folder["in/samples.raw"])
        #expect(try run(folder).stale == [.input])
    }

    @Test("slices of a volume are told as they are made, and are those of its file")
    func slices() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder["in"], withIntermediateDirectories: true)
        let samples: [Float] = (0..<60).map { (place: Int) -> Float in Float(place * place % 251) * 40 }
        try ImageFile.write(
            Image(
                header: ImageHeader(width: 5, height: 4, slices: 3, intensity: Intensity(sampleType: .int16)),
                pixels: Pixels(width: 5, height: 4, slices: 3, samples: samples)), to: folder["in/a.nii.gz"])
        let told = try run(folder)
        let made = told.events.compactMap { event -> (Int, Pixels)? in
            guard case .made(_, let header, let slice, let pixels) = event else { return nil }
            #expect(header.width == 10 && header.slices == 3)
            return (slice, pixels)
        }
        let result = try ImageFile.read(folder["out/a_large.nii.gz"])
        #expect(made.map(\.0) == [0, 1, 2])
        #expect(made.map(\.1) == (0..<3).map(result.pixels.slice))
        let lastProgress = try #require(told.events.lastIndex { if case .made = $0 { true } else { false } })
        let end = try #require(told.events.firstIndex { if case .ended = $0 { true } else { false } })
        #expect(lastProgress < end)
    }
}
