import Batch
import DICOMweb
import Foundation
import Imaging
import Synchronization

/// Sends each result to an archive as soon as it is made, and says of it where it is then.
final class ArchiveDelivery: Sendable {
    private let client: ArchiveClient
    private let study: DICOMUID
    private let state = Mutex(State())

    private struct State {
        var outcomes: [URL: Outcome] = [:]
        var series: [String: Int] = [:]
    }

    /// - Parameters:
    ///   - client: speaks to the archive.
    ///   - study: of all results.
    init(to client: ArchiveClient, study: DICOMUID) { (self.client, self.study) = (client, study) }

    /// How many results the archive took, by their series.
    var series: [String: Int] { state.withLock { $0.series } }

    /// What an event comes to when its result is sent, and whether others can still be.
    func sending(_ event: BatchEvent) -> (BatchEvent, Answer) {
        guard case .ended(let job, .finished(var result)) = event else { return (event, .goOn) }
        var answer = Answer.goOn
        let outcome: Outcome
        do {
            result.output = try send(result)
            outcome = .finished(result)
        } catch {
            outcome = .failed("\(job.name): \(error)")
            if case .unreachable? = error as? ArchiveError { answer = .stop }
            if case .unauthorized? = error as? ArchiveError { answer = .stop }
        }
        try? FileManager.default.removeItem(at: job.output)
        state.withLock { $0.outcomes[job.output] = outcome }
        return (.ended(job, outcome), answer)
    }

    /// - Returns: where the result is.
    private func send(_ result: JobResult) throws -> URL {
        guard let instance = result.derivation?.sopInstanceUID, let series = result.derivation?.seriesInstanceUID else {
            throw CommandFailure("came to no object of its own, which could be sent")
        }
        let file = try Data(contentsOf: result.output, options: .alwaysMapped)
        let client = client
        let scope = Scope(
            study: study, series: DICOMUID(rawValue: series), instance: DICOMUID(rawValue: instance))
        try waiting { try await client.deliver(file, as: scope) }
        state.withLock { $0.series[series, default: 0] += 1 }
        return URL(string: client.service.absoluteString + scope.path) ?? client.service
    }

    /// What became of jobs when their results were sent.
    func outcomes(_ jobs: [Job], _ made: [Outcome]) -> [Outcome] {
        state.withLock { state in zip(jobs, made).map { state.outcomes[$0.output] ?? $1 } }
    }
}
