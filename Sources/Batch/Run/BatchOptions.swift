import Foundation
import Imaging

/// How a batch is run; nothing of it changes a pixel.
public struct BatchOptions: Sendable {
    /// Where what was done is recorded.
    public enum ManifestPlace: Sendable, Equatable {
        /// Nowhere.
        case none
        /// `fovea.jsonl` in each ``Job/resultFolder``; nowhere for a result that is a file of its own.
        case resultFolders
        /// In this file, whatever the results.
        case file(URL)
    }

    /// Replaces files that are already there; they are an error otherwise.
    public var overwrites: Bool
    /// Skips what a manifest says is done and what is found to be so, and makes anew what it says was done otherwise.
    public var resumes: Bool
    /// Where what was done is recorded, and looked up.
    public var manifest: ManifestPlace
    /// How many jobs run at once, from 1.
    public var jobsAtOnce: Int
    /// What the process may take of memory, about; jobs wait for each other, and what does not fit alone fails. `nil` for
    /// no limit.
    public var memory: ByteCount?

    /// SOP Instance UIDs of results that are already where they are to go, an archive: not made anew.
    public var madeElsewhere: Set<String>

    /// Processor threads that each network has, which its memory goes by; whoever makes the networks gives them.
    public var threads: Int

    /// How results are written.
    public var writing: WriteOptions

    /// What the process takes of memory before it works on an image, about: no limit can be less.
    public var leastMemory: ByteCount { ByteCount(MemoryEstimate.process(threads: threads)) }

    /// - Parameters:
    ///   - overwrites: replaces files that are already there.
    ///   - resumes: skips what a manifest says is done and what is found to be so.
    ///   - manifest: where what was done is recorded.
    ///   - jobsAtOnce: how many jobs run at once, from 1.
    ///   - memory: what the process may take, about; `nil` for no limit.
    ///   - madeElsewhere: SOP Instance UIDs of results that are already where they are to go.
    ///   - threads: processor threads that each network has.
    ///   - writing: how results are written.
    public init(
        overwrites: Bool = false, resumes: Bool = false, manifest: ManifestPlace = .resultFolders, jobsAtOnce: Int = 1,
        memory: ByteCount? = nil, madeElsewhere: Set<String> = [],
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        writing: WriteOptions = WriteOptions()
    ) {
        self.overwrites = overwrites
        self.resumes = resumes
        self.manifest = manifest
        self.jobsAtOnce = jobsAtOnce
        self.memory = memory
        self.madeElsewhere = madeElsewhere
        self.threads = threads
        self.writing = writing
    }
}
