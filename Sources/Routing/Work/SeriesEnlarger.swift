import Batch
import Foundation
import Imaging

/// Makes the results of one series after the other, as `fovea upscale` makes them.
struct SeriesEnlarger: Sendable {
    let queue: RoutingQueue
    let rules: RoutingRules
    let ending: Ending
    let enlarge: RoutingServer.Enlarger
    let log: @Sendable (String) -> Void

    /// Makes the results of the series whose turn it is; whether there was one.
    func step() throws -> Bool {
        guard let work = try queue.beginEnlarging() else { return false }
        log("series \(work.task.series): \(work.instances.count) objects, by rule '\(work.rule.name)'")
        let results = queue.resultFolder(ofTask: work.task.id)
        let jobs = work.instances.map { instance in
            Job(
                input: queue.place(ofObject: instance), name: instance,
                output: results.appendingPathComponent("\(instance).dcm"), resultFolder: results)
        }
        // Of all objects of the series, so that what comes late is shown to the network as what came before.
        let survey = SeriesSurvey(work.series.map(queue.place(ofObject:)))
        do {
            let run = try enlarge(jobs, survey, work.rule.enlargement)
            let outcomes = run.perform { [ending] _ in ending.hasCome ? .stop : .goOn }
            // What is made already is found again by its manifest, when the queue is taken up next.
            if ending.hasCome { return true }
            try end(work, jobs, outcomes, in: results)
        } catch {
            try queue.postpone(work.task, Self.line(error), resumes: .settled, rules.retry)
        }
        return true
    }

    private func end(_ work: EnlargingWork, _ jobs: [Job], _ outcomes: [Outcome], in results: URL) throws {
        let manifest = Manifest(results.appendingPathComponent(Manifest.name))
        var made: [MadeResult] = []
        var failures: [String: String] = [:]
        for (job, outcome) in zip(jobs, outcomes) {
            switch outcome {
            case .finished, .skipped(.done):
                let companions = try manifest.record(of: job.output)?.companions ?? []
                let names = [manifest.name(of: job.output)] + companions.map(\.output).filter { $0.hasSuffix(".dcm") }
                for name in names { made.append(try result(results.appendingPathComponent(name))) }
            // Where it is to go it lies already.
            case .skipped(.madeElsewhere): continue
            case .failed(let reason):
                failures[job.name] = reason
            case .skipped(.beingMade), .notTried:
                // The disk is full: nothing is wrong with the objects.
                let reason = failures.values.first ?? "some objects were not tried"
                return try queue.postpone(work.task, reason, resumes: .settled, rules.retry)
            }
        }
        try queue.endEnlarging(work.task, results: made, failures: failures)
        log(
            "series \(work.task.series): \(made.count) results" + (failures.isEmpty ? "" : ", \(failures.count) failed")
        )
    }

    private func result(_ file: URL) throws -> MadeResult {
        let attributes = try DICOMAttributes(of: file, [.sopClassUID, .sopInstanceUID])
        guard let instance = attributes[.sopInstanceUID], let storageClass = attributes[.sopClassUID] else {
            throw ImageFileError.damaged(path: file.path, detail: "names no SOP class and instance")
        }
        let folder = file.deletingLastPathComponent().lastPathComponent
        return MadeResult(
            instance: instance, storageClass: storageClass, file: "results/\(folder)/\(file.lastPathComponent)")
    }

    static func line(_ error: any Error) -> String {
        "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
