import Batch
import Foundation

/// Receives images (C-STORE), enlarges those that a rule is for, and sends the results on.
///
///     let server = try RoutingServer(options, rules) { jobs, series, enlargement in
///         BatchRun(jobs, recipe: recipe(enlargement), series: series) { _ in .bicubic }
///     }
///     server.run()   // until another thread says server.end()
///
/// Each association has a thread, enlarging one, sending one: they meet in the queue, which knows all that is known.
public final class RoutingServer: Sendable {
    /// How a server is set up.
    public struct Options: Sendable {
        /// The queue's folder.
        public var queue: URL
        /// Its own AE title, by which it is called and calls.
        public var title: String
        /// The name or address that is listened at; this machine alone reaches it by default.
        public var host = "127.0.0.1"
        /// The port; 0 for any that is free.
        public var port: Int
        /// How many associations are served at once; others wait.
        public var associations = 24

        /// - Parameters:
        ///   - queue: the queue's folder.
        ///   - title: its own AE title.
        ///   - port: 0 for any that is free.
        public init(queue: URL, title: String, port: Int) { (self.queue, self.title, self.port) = (queue, title, port) }
    }

    /// Makes the run that enlarges a series' objects, of the jobs that are to be done and what the series has in common. It must
    /// go on with what its manifest says is done.
    public typealias Enlarger =
        @Sendable (_ jobs: [Job], _ series: SeriesSurvey, _ enlargement: RoutingRule.Enlargement) throws -> BatchRun

    private let options: Options
    private let rules: RoutingRules
    private let queue: RoutingQueue
    private let socket: ListeningSocket
    private let ending = Ending()
    private let enlarge: Enlarger
    private let log: @Sendable (String) -> Void

    /// - Parameters:
    ///   - options: how it is set up.
    ///   - rules: what becomes of which images.
    ///   - log: told a line for what happens to a series.
    ///   - enlarge: makes the run for a series.
    /// - Throws: ``RoutingError``, before anybody can connect.
    public init(
        _ options: Options, _ rules: RoutingRules, log: @escaping @Sendable (String) -> Void = { _ in },
        enlarge: @escaping Enlarger
    ) throws(RoutingError) {
        guard isAETitle(options.title) else { throw .notATitle(options.title) }
        (self.options, self.rules, self.log, self.enlarge) = (options, rules, log, enlarge)
        queue = try RoutingQueue(options.queue, .owner)
        socket = try ListeningSocket(host: options.host, port: options.port)
    }

    /// The port that it listens at.
    public var port: Int { socket.port }

    /// Serves until ``end()``. Associations then are let finish, or broken off when they fall silent; the image that is being
    /// enlarged is finished, and what remains stays in the queue.
    public func run() {
        queue.note(AuditEvent(.started) { $0.called = options.title })
        let provider = StorageProvider(
            queue: queue, rules: rules, title: options.title, socket: socket, ending: ending)
        let enlarger = SeriesEnlarger(queue: queue, rules: rules, ending: ending, enlarge: enlarge, log: log)
        let sender = ResultSender(queue: queue, rules: rules, title: options.title, ending: ending, log: log)
        let threads = DispatchGroup()
        for _ in 0..<options.associations { start(in: threads) { provider.serve() } }
        start(in: threads) { [self] in repeatedly { try enlarger.step() } }
        start(in: threads) { [self] in repeatedly { try sender.step() } }
        start(in: threads) { [self] in
            repeatedly {
                try queue.settle(after: rules.settleSeconds)
                queue.flushAudit()
                return false
            }
        }
        if let days = rules.keepDays {
            start(in: threads) { [self] in
                repeatedly {
                    guard let task = try queue.removeDone(before: Date(timeIntervalSinceNow: -days * 86400)) else {
                        return false
                    }
                    log("series \(task.series): done for \(days.formatted()) days, its files are removed")
                    return true
                }
            }
        }
        threads.wait()
        queue.note(AuditEvent(.stopped) { $0.called = options.title })
        queue.flushAudit()
    }

    /// Has ``run()`` return, soon.
    public func end() { ending.come() }

    private func start(in threads: DispatchGroup, _ work: @escaping @Sendable () -> Void) {
        threads.enter()
        Thread.detachNewThread {
            work()
            threads.leave()
        }
    }

    /// Does one thing after the other, and looks for the next one a few times a second. A queue that cannot be written is told of,
    /// and tried again: its disk may be full.
    private func repeatedly(_ step: () throws -> Bool) {
        while !ending.hasCome {
            do {
                if try step() { continue }
                usleep(200_000)
            } catch {
                log("the queue cannot be written: \(SeriesEnlarger.line(error))")
                sleep(5)
            }
        }
    }
}
