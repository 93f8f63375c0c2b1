import ArgumentParser
import Batch
import Foundation
import Imaging

/// Options of commands that work through many files.
struct RunOptions: ParsableArguments {
    @Flag(
        help:
            "Go on where an earlier run ended: skip what its manifest says is done and what is found unchanged, make anew what has changed."
    )
    var resume = false

    @Option(
        help: ArgumentHelp(
            "Take the third of every sixteen files, for 3/16; others take the rest elsewhere.", valueName: "part"))
    var shard: Shard?

    @Option(help: ArgumentHelp("Work on so many files at once; 1 by default.", valueName: "n"))
    var jobs: Int?

    @Option(help: ArgumentHelp("Processor threads of each network; all by default.", valueName: "n"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "Memory to stay within, about: files wait for each other, and one that does not fit alone is an error.",
            valueName: "size"))
    var memory: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Record what was done in this file, a line of JSON each; in a folder of results, fovea.jsonl by default.",
            valueName: "file"))
    var manifest: String?

    func validate() throws {
        if let jobs, !(1...256).contains(jobs) {
            throw ValidationError("--jobs takes a whole number from 1 to 256, not \(jobs).")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes a whole number from 1 to 1024, not \(threads).")
        }
        let least = options(overwrites: false).leastMemory
        if let memory, memory.bytes < least.bytes {
            throw ValidationError("--memory \(memory) is too little; Fovea itself takes about \(least).")
        }
        if manifest == "" { throw ValidationError("--manifest names no file.") }
    }

    func options(
        overwrites: Bool, writing: WriteOptions = WriteOptions(), madeElsewhere: Set<String> = []
    ) -> BatchOptions {
        BatchOptions(
            overwrites: overwrites, resumes: resume,
            manifest: manifest.map { .file(URL(fileURLWithPath: $0)) } ?? .resultFolders, jobsAtOnce: jobs ?? 1,
            memory: memory, madeElsewhere: madeElsewhere, threads: threadsToUse, writing: writing)
    }

    /// Of each network.
    var threadsToUse: Int {
        threads ?? ProcessInfo.processInfo.activeProcessorCount
    }
}

extension JobList {
    /// As a command line names them.
    init(named paths: [String], output: String?, suffix: String) throws {
        do throws(BatchError) {
            try self.init(paths, output: output, suffix: suffix)
        } catch {
            throw error.isUsage ? ValidationError("\(error)") : CommandFailure("\(error)") as any Error
        }
    }
}
