import Batch
import Foundation
import Imaging
import Synchronization

/// One order: the files that are made, how far that is, and who wants to be told.
final class ResultInTheMaking: Sendable {
    let id: Int
    let stack: Stack
    let order: EnlargementOrder
    /// By place in the stack.
    let jobs: [(index: Int, job: Job)]
    private let names: [(path: String, name: String)]
    private let patience: Duration
    private let state: Mutex<State>

    struct State {
        var status: ResultStatus
        /// By place in the stack.
        var made: [Int: MadeFile] = [:]
        /// Samples whose mean is not written yet.
        var samples: KeptSamples?
        var listeners: [Int: AsyncStream<ResultStatus>.Continuation] = [:]
        var listenersEver = 0
        var task: Task<Void, Never>?
        var start: ContinuousClock.Instant?
    }

    /// - Parameters:
    ///   - jobs: by place in the stack, in the order in which they are begun.
    ///   - patience: how long work goes on when nobody listens any more.
    init(id: Int, stack: Stack, order: EnlargementOrder, jobs: [(index: Int, job: Job)], patience: Duration) {
        (self.id, self.stack, self.order, self.jobs, self.patience) = (id, stack, order, jobs, patience)
        names = jobs.map { ($0.job.input.path, $0.job.name) }
        state = Mutex(
            State(
                status: ResultStatus(
                    id: id, stack: stack.id, order: order,
                    files: jobs.map { ResultStatus.File(index: $0.index) })))
    }

    var status: ResultStatus { state.withLock { $0.status } }

    /// What there is of the result of a file.
    func made(at index: Int) -> MadeFile? { state.withLock { $0.made[index] } }

    /// The files that are made, in the order of the stack: results, bounds and deviations.
    var files: [URL] { state.withLock { $0.made.sorted { $0.key < $1.key }.flatMap(\.value.files) } }

    // MARK: Work

    /// Begins on `executor`, when its turn comes.
    ///
    /// - Parameters:
    ///   - executor: computes.
    ///   - makeRun: what does the work; it looks at the series first, which may take a while.
    func start(on executor: ComputeExecutor, _ makeRun: @escaping @Sendable ([Job]) throws -> BatchRun) {
        let task = Task(executorPreference: executor) { [self] in work(makeRun) }
        state.withLock { $0.task = task }
    }

    func stop() {
        let task = state.withLock { $0.task }
        task?.cancel()
        // One whose turn has not come would be told late.
        change { if $0.status.stage == .waiting { $0.status.stage = .stopped } }
    }

    private func work(_ makeRun: ([Job]) throws -> BatchRun) {
        guard !Task.isCancelled else { return change { $0.status.stage = .stopped } }
        change {
            $0.status.stage = .running
            $0.start = .now
        }
        do {
            let run = try makeRun(jobs.map(\.job))
            // What a run tells is told on this task's thread, since it has one worker.
            let outcomes = run.perform { [self] event in
                take(event)
                return Task.isCancelled ? .stop : .goOn
            }
            let isStopped = Task.isCancelled
            change { state in
                let failures = outcomes.count { if case .failed = $0 { true } else { false } }
                state.status.stage = isStopped ? .stopped : failures == outcomes.count ? .failed : .finished
                if isStopped {
                    for index in state.status.files.indices where state.status.files[index].stage != .finished {
                        (state.status.files[index].stage, state.status.files[index].error) = (.waiting, nil)
                    }
                }
                state.status.secondsLeft = nil
            }
        } catch {
            change {
                $0.status.stage = .failed
                $0.status.error = tidy("\(error)")
            }
        }
    }

    private func take(_ event: BatchEvent) {
        switch event {
        case .started(let job): change(of: job) { $0.stage = .running }
        case .progressed(_, _, let whole):
            change { state in
                state.status.progress = whole
                guard let start = state.start, whole > 0.02 else { return }
                state.status.secondsLeft = (ContinuousClock.now - start) / .seconds(1) * (1 - whole) / whole
            }
        case .made(let job, let header, let slice, let pixels): keep(slice, pixels, of: job, header)
        case .drew(let job, let drawn):
            // Without room for them there is the mean, or an error that says so.
            let samples = try? KeptSamples(drawn, in: job.output.appendingPathExtension("samples"))
            state.withLock { $0.samples = samples }
        case .ended(let job, let outcome): end(job, outcome)
        case .cleaned, .outdated: break
        }
    }

    private func keep(_ slice: Int, _ pixels: Pixels, of job: Job, _ header: ImageHeader) {
        guard let index = index(of: job) else { return }
        var begun: KeptSlices?
        if case .begun(let kept)? = made(at: index) { begun = kept }
        if slice == 0 {
            begun = try? KeptSlices(header, in: job.output.appendingPathExtension("slices"))
            state.withLock { $0.made[index] = begun.map(MadeFile.begun) }
        }
        // Without room for them the result appears when it is whole.
        guard let begun, begun.count == slice, (try? begun.append(pixels)) != nil else { return }
        change(of: job) { file in
            (file.width, file.height, file.model) = (header.width, header.height, header.derivation?.model)
            file.slicesMade = begun.count
        }
    }

    private func end(_ job: Job, _ outcome: Outcome) {
        guard let index = index(of: job) else { return }
        let (begun, samples) = state.withLock { state in
            defer { (state.made[index], state.samples) = (nil, nil) }
            return (state.made[index], state.samples)
        }
        if case .begun(let kept)? = begun { kept.remove() }
        if case .finished(let result) = outcome {
            let made = MadeFile.whole(
                output: result.output, bound: result.trust?.bound, deviation: result.companions?.deviation,
                samples: samples)
            state.withLock { $0.made[index] = made }
        }
        change(of: job) { file in
            file.take(outcome, tidy: tidy)
            file.samples = samples?.count
        }
    }

    private func index(of job: Job) -> Int? { jobs.first { $0.job == job }?.index }

    private func change(of job: Job, _ body: (inout ResultStatus.File) -> Void) {
        guard let place = jobs.firstIndex(where: { $0.job == job }) else { return }
        change { body(&$0.status.files[place]) }
    }

    /// Changes the state and tells whoever listens.
    func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            for listener in state.listeners.values {
                listener.yield(state.status)
                if state.status.stage.isOver { listener.finish() }
            }
        }
    }

    /// A line that names files as people know them.
    private func tidy(_ line: String) -> String {
        names.reduce(line) { $0.replacing($1.path, with: $1.name) }
    }

    // MARK: Listeners

    /// Tells how far the work is until it is over, the newest state first; one that is slow misses some.
    func listen() -> (id: Int, states: AsyncStream<ResultStatus>) {
        let (states, continuation) = AsyncStream.makeStream(
            of: ResultStatus.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.listenersEver += 1
            continuation.yield(state.status)
            if state.status.stage.isOver {
                continuation.finish()
            } else {
                state.listeners[state.listenersEver] = continuation
            }
            return state.listenersEver
        }
        return (id, states)
    }

    /// Whoever listened has gone. Work that nobody waits for any more is stopped after a while, in which a page that is loaded
    /// anew comes back.
    func stopListening(_ id: Int) {
        let isAlone = state.withLock { state in
            state.listeners.removeValue(forKey: id)?.finish()
            return state.listeners.isEmpty && !state.status.stage.isOver
        }
        guard isAlone else { return }
        Task { [self] in
            try await Task.sleep(for: patience)
            if state.withLock({ $0.listeners.isEmpty && !$0.status.stage.isOver }) { stop() }
        }
    }
}
