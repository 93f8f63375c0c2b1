import ArgumentParser
import Batch
import Evaluation
import Foundation
import Imaging
import Upscaling

/// Says what a run of `upscale` does, as it does it, and what became of it.
final class UpscaleReporter: Sendable {
    private let list: JobList
    private let jobs: [Job]
    /// The inputs as the command line names them.
    private let names: [String]
    private let scale: Double
    private let isJSON: Bool
    private let console: Console
    private let timeLeft = TimeLeft()
    /// The place of each job in the run.
    private let numbers: [URL: Int]

    init(_ list: JobList, shard: Shard?, named names: [String], scale: Double, isJSON: Bool, console: Console) {
        self.list = list
        jobs = list.jobs(of: shard)
        self.names = names
        self.scale = scale
        self.isJSON = isJSON
        self.console = console
        numbers = Dictionary(
            jobs.enumerated().map { ($0.element.output, $0.offset + 1) }, uniquingKeysWith: { first, _ in first })
    }

    /// Inputs that come to nothing.
    private var failures: [JobList.Failure] {
        if list.jobs.isEmpty && list.failures.isEmpty {
            return names.map { .init(name: $0, error: "\(EvaluationError.noImages(path: $0))") }
        }
        return list.failures
    }

    func begin() {
        for failure in failures { complain(of: failure.name, failure.error) }
    }

    private func complain(of name: String, _ error: String) {
        console.error(error.contains(name) ? error : "\(name): \(error)")
    }

    func take(_ event: BatchEvent) {
        switch event {
        case .cleaned(let count):
            console.note("\(count) unfinished \(count == 1 ? "file" : "files") of runs that were killed: taken away")
        case .started, .made, .drew: break
        case .progressed(let job, let part, let whole):
            let count = jobs.count > 1 ? "\(numbers[job.output]!) of \(jobs.count)  " : ""
            console.progress("\(count)\(job.name)  \(Int(part * 100)) %\(timeLeft.text(finished: whole))")
        case .outdated(let job, let staleness): console.note("\(job.name): done anew: \(staleness)")
        case .ended(let job, let outcome): take(outcome, of: job)
        }
    }

    private func take(_ outcome: Outcome, of job: Job) {
        switch outcome {
        case .finished(let result):
            console.warn(result.warnings, of: job.name)
            let line = UpscaleReport(job, outcome, scale: scale).summary
            if isJSON { console.note(line) } else { console.result(line) }
        case .failed(let error): complain(of: job.name, error)
        // Of those that are done, thousands may be; the last line counts them.
        case .skipped(.done), .skipped(.madeElsewhere), .notTried: break
        case .skipped(.beingMade): console.note("\(job.name): skipped: another run is making it")
        }
    }

    /// - Throws: the exit code, where something failed.
    func finish(_ outcomes: [Outcome]) throws {
        console.repeatWarnings()
        var reports = failures.map { UpscaleReport(input: $0.name, scale: scale, error: $0.error) }
        var notTried: [String] = []
        for (job, outcome) in zip(jobs, outcomes) {
            if case .notTried = outcome {
                notTried.append(job.name)
            } else {
                reports.append(UpscaleReport(job, outcome, scale: scale))
            }
        }
        let summary = UpscaleSummary(inputs: reports, leftOut: list.leftOut, notTried: notTried)
        if reports.count > 1 || list.leftOut != nil || !notTried.isEmpty || summary.skipped != nil {
            console.note(summary.line)
        }
        if isJSON { try JSONDestination.standardOutput.write(summary) }
        if summary.failed > 0 { throw ExitCode(1) }
        if reports.contains(where: { $0.trust?.refused == true }) { throw ExitCode(2) }
    }
}
