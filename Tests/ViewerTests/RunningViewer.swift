import Batch
import Foundation
import Synchronization
import TestSupport
import Upscaling
import Viewer

/// A viewer that answers on a port of this machine until it is stopped; it enlarges by interpolation.
final class RunningViewer: Sendable {
    let client: Loopback
    /// Without the key.
    let stranger: Loopback
    let key: String
    let temporaryFolder: URL
    private let task: Task<Void, any Error>

    init(
        _ options: ViewerOptions = ViewerOptions(),
        method: @escaping @Sendable () throws -> Upscaling.Method = { .bicubic }
    ) async throws {
        let server = try ViewerServer(options) { jobs, series, order in
            BatchRun(
                jobs, recipe: Recipe(scale: order.scale, model: "bicubic", models: []), series: series
            ) { _ in try method() }
        }
        temporaryFolder = server.temporaryFolder
        let (addresses, told) = AsyncStream.makeStream(of: URL.self)
        task = Task {
            defer { told.finish() }
            try await server.run { told.yield($0) }
        }
        var iterator = addresses.makeAsyncIterator()
        guard let address = await iterator.next() else {
            try await task.value
            throw CancellationError()
        }
        key = String(address.query()!.dropFirst("key=".count))
        stranger = Loopback(port: address.port!)
        client = Loopback(port: address.port!, headers: ["Cookie": "fovea-\(address.port!)=\(key)"])
    }

    func stop() async {
        task.cancel()
        _ = await task.result
    }

    func stacks() async throws -> [[String: Any]] {
        try await client.ask("GET", "/api/stacks").object["stacks"] as? [[String: Any]] ?? []
    }

    /// Asks for an enlargement.
    func order(stack: Int, slice: Int = 0, isWhole: Bool = false, model: String = "bicubic", scale: Double = 2)
        async throws
        -> Loopback.Answer
    {
        let body: [String: Any] = [
            "stack": stack, "slice": slice, "isWhole": isWhole,
            "order": ["model": model, "scale": scale, "grain": 1, "isConsistent": false, "wantsTrust": false],
        ]
        return try await client.ask("POST", "/api/results", body: try JSONSerialization.data(withJSONObject: body))
    }

    /// Waits until a result's stage is one of these.
    func stage(of result: Int, isOneOf stages: Set<String>, seconds: Double = 600) async throws -> String {
        let end = ContinuousClock.now + .seconds(seconds)
        var stage = ""
        while ContinuousClock.now < end {
            stage = try await client.ask("GET", "/api/results/\(result)").object["stage"] as? String ?? ""
            if stages.contains(stage) { return stage }
            try await Task.sleep(for: .milliseconds(20))
        }
        return stage
    }
}
