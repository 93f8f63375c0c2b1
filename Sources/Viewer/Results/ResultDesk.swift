import Batch
import Foundation
import Imaging
import ServiceLifecycle
import Upscaling

/// Makes the run that fills an order, of the jobs that are to be done and what their series have in common.
public typealias Enlarger =
    @Sendable (_ jobs: [Job], _ series: SeriesSurvey, _ order: EnlargementOrder) throws -> BatchRun

/// Takes orders, works through them one after the other, and keeps what was made while the viewer runs.
actor ResultDesk {
    private let workspace: Workspace
    private let catalogue: Catalogue
    private let images: ImageStore
    private let enlarge: Enlarger
    private let patience: Duration
    private let models: [String]
    private let executor = ComputeExecutor(label: "fovea.enlarging")
    /// In the order in which they were asked for.
    private var results: [ResultInTheMaking] = []
    private var count = 0

    init(
        _ workspace: Workspace, _ catalogue: Catalogue, _ images: ImageStore, models: [String], patience: Duration,
        enlarge: @escaping Enlarger
    ) {
        (self.workspace, self.catalogue, self.images) = (workspace, catalogue, images)
        (self.models, self.patience, self.enlarge) = (models, patience, enlarge)
    }

    /// - Parameters:
    ///   - order: what to make.
    ///   - stack: of what.
    ///   - slice: which is looked at and comes first.
    ///   - isWhole: whether the others follow.
    func take(_ order: EnlargementOrder, of stack: Stack, from slice: Int, isWhole: Bool) async throws -> ResultStatus {
        try order.check(models: models)
        let waiting = results.count { $0.status.stage == .waiting }
        guard waiting < ViewerOptions.waitingResults else {
            throw ViewerError(.tooMany, "\(waiting) results are waiting already; stop some, or wait")
        }
        let first = stack.files.count > 1 ? slice : 0
        guard stack.files.indices.contains(first) else { throw ViewerError.unknown }
        let indices = isWhole ? Array(first..<stack.files.count) + Array(0..<first) : [first]
        // Only what can be opened alone, within the folders, is handed on.
        for index in indices { try catalogue.check(stack.files[index].url) }
        try await images.check(stack.files[first])
        count += 1
        let folder = try workspace.makeFolder("results/\(count)")
        let jobs = indices.map { index in
            let file = stack.files[index]
            let name = ResultName.result(of: file.url, suffix: order.suffix)
            let output = folder.appendingPathComponent("\(index)").appendingPathComponent(name)
            return (index, Job(input: file.url, name: file.name, output: output))
        }
        let result = ResultInTheMaking(id: count, stack: stack, order: order, jobs: jobs, patience: patience)
        results.append(result)
        forgetOldest()
        let series = await catalogue.series(of: stack)
        let enlarge = enlarge
        result.start(on: executor) { try enlarge($0, SeriesSurvey(series), order) }
        return result.status
    }

    private func forgetOldest() {
        while results.count > ViewerOptions.keptResults,
            let index = results.firstIndex(where: { $0.status.stage.isOver })
        {
            let old = results.remove(at: index)
            try? FileManager.default.removeItem(at: workspace.folder.appendingPathComponent("results/\(old.id)"))
        }
    }

    func result(_ id: Int) throws -> ResultInTheMaking {
        guard let result = results.first(where: { $0.id == id }) else { throw ViewerError.unknown }
        return result
    }

    /// The files of all results that are kept.
    func files() -> [URL] { results.flatMap(\.files) }

    func listing() -> [ResultStatus] { results.map(\.status) }

    func stopAll() { for result in results { result.stop() } }
}

/// Ends all work when the program is told to end, so that pages are told and connections close.
struct WorkStopper: Service {
    let desk: ResultDesk

    func run() async throws {
        try? await gracefulShutdown()
        await desk.stopAll()
    }
}
