import ArgumentParser
import Foundation
import Routing

struct Queue: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what 'fovea serve --store-scp' received and what became of it.",
        discussion: """
            A line for each series: its number, how far it is, how many objects came and results were made and sent, and \
            why it waits where it does. Another fovea may work on the queue meanwhile.

              fovea queue /var/lib/fovea
              fovea queue /var/lib/fovea --retry
            """)

    @Argument(help: "The folder that --queue named.") var folder: String

    @Flag(help: "Have all that failed tried again at once, what waits for a person included.") var retry = false

    @Flag(help: "Print one JSON document that lists every series.") var json = false

    func run() throws {
        let queue = try RoutingQueue(URL(fileURLWithPath: folder), .visitor)
        let console = Console()
        if retry {
            let count = try queue.retry()
            console.note("\(count) series: tried again")
        }
        let tasks = try queue.tasks()
        if json { return try JSONDestination.standardOutput.write(["series": tasks]) }
        for task in tasks { console.result(Self.line(task)) }
        let failed = tasks.count { $0.state == .failed && $0.nextTry == nil }
        console.note("\(tasks.count) series" + (failed > 0 ? ", \(failed) of them wait for a person" : ""))
        if failed > 0 { throw ExitCode(1) }
    }

    private static func line(_ task: RoutingTask) -> String {
        var parts = [
            "\(task.id)  \(task.state.rawValue)  \(task.objects) objects, \(task.results) results, \(task.sent) sent",
            task.rule.map { "\($0.name) → \($0.destination)" } ?? "no rule", task.series,
        ]
        if let removed = task.removed { parts.append("files removed at \(removed.formatted(.iso8601))") }
        if let reason = task.reason {
            let next = task.nextTry.map { "tried again at \($0.formatted(.iso8601))" } ?? "waits for a person"
            parts.append("\(reason); \(next)")
        }
        return parts.joined(separator: "  ")
    }
}
