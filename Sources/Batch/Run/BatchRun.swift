import Foundation
import Imaging
import Synchronization
import Upscaling

/// Enlarges the images of a list of jobs, several at once if wanted; a bad one does not stop the others.
///
///     let list = try JobList(["series/"], output: "large/", suffix: "_x4")
///     let run = BatchRun(
///         list.jobs, recipe: Recipe(scale: 4, model: "mine", models: upscaler.models),
///         series: SeriesSurvey(list.jobs.map(\.input)), options: BatchOptions(resumes: true)
///     ) { _ in .networks(upscaler) }
///     let outcomes = run.perform { event in
///         print(event)
///         return .goOn
///     }
///
/// Several runs may work on one folder at once, in one process or many: each job is held by one of them, and no result is
/// replaced by another's.
public final class BatchRun: Sendable {
    let jobs: [Job]
    let recipe: Recipe
    let series: SeriesSurvey
    let options: BatchOptions
    let figures: SampleFigures.Artist?
    let method: @Sendable (Image) throws -> Upscaling.Method
    let memory: MemoryBudget
    private let manifests = Mutex<[URL: Manifest]>([:])

    /// - Parameters:
    ///   - jobs: in the order in which they are begun, their outputs all different.
    ///   - recipe: what decides the pixels; it must say what `method` does.
    ///   - series: what the jobs' files have in common, and where the jobs are a part of more, all files'.
    ///   - options: how the batch is run.
    ///   - figures: draws what is written beside the mean of samples, where the recipe wants samples.
    ///   - method: says how an image is enlarged, as ``SeriesSurvey/joined(_:)`` gives it; called on several threads.
    /// - Precondition: `figures` is there where the recipe wants samples.
    public init(
        _ jobs: [Job], recipe: Recipe, series: SeriesSurvey = SeriesSurvey(), options: BatchOptions = BatchOptions(),
        figures: SampleFigures.Artist? = nil, method: @escaping @Sendable (Image) throws -> Upscaling.Method
    ) {
        precondition(recipe.samples == nil || figures != nil, "samples are drawn on a sheet")
        self.jobs = jobs
        self.recipe = recipe
        self.series = series
        self.options = options
        self.figures = figures
        self.method = method
        memory = MemoryBudget(limit: options.memory?.bytes, process: options.leastMemory.bytes)
    }

    /// Works through the jobs and returns when all have ended. Where nothing can be written any more, a full disk, the run
    /// ends early.
    ///
    /// - Parameter observe: told what happens, by one thread at a time.
    /// - Returns: what became of the jobs, in their order.
    public func perform(_ observe: @escaping @Sendable (BatchEvent) -> Answer) -> [Outcome] {
        let progress = Mutex(BatchProgress(jobs: jobs.count))
        @Sendable func tell(_ event: BatchEvent) {
            progress.withLock { if observe(event) == .stop { $0.isStopped = true } }
        }
        let folders = Set(jobs.map { $0.output.deletingLastPathComponent() })
        let leftovers = folders.reduce(0) { $0 + FileClaim.removeLeftovers(in: $1) }
        if leftovers > 0 { tell(.cleaned(leftovers)) }
        @Sendable func work() {
            while let index = progress.withLock({ $0.next() }) {
                let job = jobs[index]
                tell(.started(job))
                let attempt = Attempt(job: job, run: self, tell: tell) { part in
                    let whole = progress.withLock { $0.advance(index, to: part) }
                    tell(.progressed(job, part: part, whole: whole))
                }
                let (outcome, isHopeless) = attempt.outcome()
                progress.withLock { $0.end(index, outcome, isHopeless: isHopeless) }
                tell(.ended(job, outcome))
            }
        }
        let workers = min(max(1, options.jobsAtOnce), max(1, jobs.count))
        if workers == 1 {
            work()
        } else {
            let group = DispatchGroup()
            let queue = DispatchQueue(label: "batch", attributes: .concurrent)
            for _ in 0..<workers { queue.async(group: group) { work() } }
            group.wait()
        }
        return progress.withLock { $0.outcomes.map { $0 ?? .notTried } }
    }

    /// What results are made by, as manifests say it: the recipe, and how the files are written where that is not as usual.
    var terms: [String: String] {
        var terms = recipe.terms
        if options.writing.compression != .none { terms["compression"] = options.writing.compression.rawValue }
        return terms
    }

    /// Where a job is recorded; `nil` for nowhere.
    func manifest(of job: Job) -> Manifest? {
        let url: URL
        switch options.manifest {
        case .none: return nil
        case .file(let file): url = file
        case .resultFolders:
            guard let folder = job.resultFolder else { return nil }
            url = folder.appendingPathComponent(Manifest.name)
        }
        return manifests.withLock { manifests in
            let manifest = manifests[url] ?? Manifest(url)
            manifests[url] = manifest
            return manifest
        }
    }
}

/// How far a run is.
private struct BatchProgress {
    private var begun = 0
    private var parts: [Double]
    private(set) var outcomes: [Outcome?]
    var isStopped = false

    init(jobs: Int) {
        parts = Array(repeating: 0, count: jobs)
        outcomes = Array(repeating: nil, count: jobs)
    }

    mutating func next() -> Int? {
        guard !isStopped, begun < parts.count else { return nil }
        begun += 1
        return begun - 1
    }

    /// - Returns: the part of all that is done.
    mutating func advance(_ index: Int, to part: Double) -> Double {
        parts[index] = part
        return parts.reduce(0, +) / Double(parts.count)
    }

    mutating func end(_ index: Int, _ outcome: Outcome, isHopeless: Bool) {
        parts[index] = 1
        outcomes[index] = outcome
        if isHopeless { isStopped = true }
    }
}
