import Foundation
import GRDB

/// A series that is to be enlarged.
struct EnlargingWork: Sendable {
    var task: RoutingTask
    var rule: RoutingRule
    /// SOP Instance UIDs of the objects that are to be enlarged.
    var instances: [String]
    /// Of all objects of the series that are here, what came before and after included.
    var series: [String]
}

/// A series whose results are to be sent.
struct SendingWork: Sendable {
    var task: RoutingTask
    var destination: RoutingRule.Destination
    /// What the destination does not have yet.
    var results: [QueuedResult]
}

extension RoutingQueue {
    // MARK: Enlarging

    /// Begins with the series whose turn it is; `nil` where none is to be enlarged now.
    func beginEnlarging() throws -> EnlargingWork? {
        try transact { db in
            guard let task = try next(.settled, db), let rule = task.rule else { return nil }
            try set(.enlarging, of: task, db)
            try note(event(.enlarging, task), in: db)
            return EnlargingWork(
                task: task, rule: rule,
                instances: try String.fetchAll(
                    db, sql: "SELECT instance FROM object WHERE task = ? ORDER BY id", arguments: [task.id]),
                series: try String.fetchAll(
                    db,
                    sql: """
                        SELECT instance FROM object WHERE series = ? AND NOT EXISTS (
                        SELECT 1 FROM task WHERE task.id = object.task AND removed IS NOT NULL) ORDER BY id
                        """, arguments: [task.series]))
        }
    }

    /// Records what was made of a series, which then is sent.
    ///
    /// - Parameters:
    ///   - results: of its objects.
    ///   - failures: why objects have none, by their SOP Instance UIDs.
    func endEnlarging(_ task: RoutingTask, results: [MadeResult], failures: [String: String]) throws {
        try transact { db in
            for result in results {
                // Made once more after a kill or a retry, it is the same object.
                try db.execute(
                    sql: """
                        INSERT INTO result (task, instance, class, file) VALUES (?, ?, ?, ?)
                        ON CONFLICT (instance) DO NOTHING
                        """,
                    arguments: [task.id, result.instance, result.storageClass, result.file])
            }
            try db.execute(sql: "UPDATE object SET failure = NULL WHERE task = ?", arguments: [task.id])
            for (instance, reason) in failures {
                try db.execute(
                    sql: "UPDATE object SET failure = ? WHERE instance = ?", arguments: [reason, instance])
            }
            try set(.sending, of: task, db)
            try note(event(.enlarged, task) { $0.objects = results.count }, in: db)
        }
    }

    // MARK: Sending

    /// The series whose results are to be sent next; `nil` where none are to be sent now.
    func nextToSend() throws -> SendingWork? {
        try database.read { db in
            guard let task = try next(.sending, db), let rule = task.rule else { return nil }
            let results = try Row.fetchAll(
                db, sql: "SELECT * FROM result WHERE task = ? AND sent IS NULL AND failure IS NULL ORDER BY id",
                arguments: [task.id])
            return SendingWork(
                task: task, destination: rule.destination,
                results: results.map {
                    QueuedResult(
                        id: $0["id"], instance: $0["instance"], storageClass: $0["class"],
                        file: folder.appendingPathComponent($0["file"]))
                })
        }
    }

    /// Records that the destination has a result.
    func recordSent(_ result: QueuedResult, of work: SendingWork, status: UInt16) throws {
        try transact { db in
            try db.execute(
                sql: "UPDATE result SET sent = ? WHERE id = ?", arguments: [Date().timeIntervalSince1970, result.id])
            // It gets on, so that the next failure is a first one.
            try db.execute(sql: "UPDATE task SET attempts = 0 WHERE id = ?", arguments: [work.task.id])
            try note(
                event(.sent, work.task) {
                    ($0.instance, $0.status) = (result.instance, hexadecimal(status))
                }, in: db)
        }
    }

    /// Records that the destination will never have a result.
    func recordRefused(_ result: QueuedResult, of work: SendingWork, reason: String, status: UInt16?) throws {
        try transact { db in
            try db.execute(sql: "UPDATE result SET failure = ? WHERE id = ?", arguments: [reason, result.id])
            try note(
                event(.failed, work.task) {
                    ($0.instance, $0.status) = (result.instance, status.map(hexadecimal))
                    $0.detail = reason
                }, in: db)
        }
    }

    /// Ends the work on a series of which everything was tried: done, or failed where an object has no result or the
    /// destination refused one.
    func endSending(_ task: RoutingTask) throws {
        try transact { db in
            let failures = try String.fetchAll(
                db,
                sql: """
                    SELECT failure FROM object WHERE task = :task AND failure IS NOT NULL
                    UNION ALL SELECT failure FROM result WHERE task = :task AND failure IS NOT NULL
                    """,
                arguments: ["task": task.id])
            if let first = failures.first {
                let reason = failures.count == 1 ? first : "\(failures.count) objects, the first: \(first)"
                return try fail(task, reason, nextTry: nil, resumes: .settled, db)
            }
            try set(.done, of: task, db)
            try db.execute(
                sql: "UPDATE task SET doneAt = ? WHERE id = ?",
                arguments: [Date().timeIntervalSince1970, task.id])
            try note(event(.done, task), in: db)
        }
    }

    // MARK: Failures

    /// Has a series tried again later.
    ///
    /// - Parameters:
    ///   - state: that it goes on in.
    ///   - retry: how long is waited.
    func postpone(_ task: RoutingTask, _ reason: String, resumes state: TaskState, _ retry: RoutingRules.Retry) throws {
        try transact { db in
            let attempts = try Int.fetchOne(db, sql: "SELECT attempts FROM task WHERE id = ?", arguments: [task.id])
            let wait = retry.seconds(after: (attempts ?? 0) + 1)
            try fail(task, reason, nextTry: Date(timeIntervalSinceNow: wait), resumes: state, db)
        }
    }

    private func fail(
        _ task: RoutingTask, _ reason: String, nextTry: Date?, resumes state: TaskState, _ db: Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE task SET state = ?, resumes = ?, attempts = attempts + 1, reason = ?, nextTry = ? WHERE id = ?
                """,
            arguments: [TaskState.failed, state, reason, nextTry?.timeIntervalSince1970, task.id])
        try note(event(.failed, task) { ($0.detail, $0.nextTry) = (reason, nextTry) }, in: db)
    }

    // MARK: Parts of transactions

    /// The first task in a state, or that failed in it and is to be tried again by now.
    private func next(_ state: TaskState, _ db: Database) throws -> RoutingTask? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT * FROM task WHERE state = :state
                OR (state = :failed AND resumes = :state AND nextTry <= :now) ORDER BY COALESCE(nextTry, 0), id LIMIT 1
                """,
            arguments: ["state": state, "failed": TaskState.failed, "now": Date().timeIntervalSince1970]
        ).map(RoutingTask.init)
    }

    func set(_ state: TaskState, of task: RoutingTask, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE task SET state = ?, resumes = NULL, reason = NULL, nextTry = NULL WHERE id = ?",
            arguments: [state, task.id])
    }

    func event(
        _ kind: AuditEvent.Kind, _ task: RoutingTask, _ fill: (inout AuditEvent) -> Void = { _ in }
    ) -> AuditEvent {
        AuditEvent(kind) {
            ($0.task, $0.series, $0.rule) = (task.id, task.series, task.rule?.name)
            $0.destination = task.rule.map { "\($0.destination)" }
            fill(&$0)
        }
    }

    private func hexadecimal(_ status: UInt16) -> String { String(format: "%04X", Int(status)) }
}
