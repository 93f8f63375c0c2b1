import Foundation
import GRDB

extension RoutingQueue {
    /// All that the queue knows of, oldest first.
    ///
    /// - Throws: ``RoutingError/queue(path:reason:)``.
    public func tasks() throws(RoutingError) -> [RoutingTask] {
        do {
            return try database.read { db in
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT *, (SELECT COUNT(*) FROM object WHERE task = task.id) AS objects,
                        (SELECT COUNT(*) FROM result WHERE task = task.id) AS results,
                        (SELECT COUNT(*) FROM result WHERE task = task.id AND sent IS NOT NULL) AS sent
                        FROM task ORDER BY id
                        """
                ).map { row in
                    var task = try RoutingTask(row)
                    (task.objects, task.results, task.sent) = (row["objects"], row["results"], row["sent"])
                    return task
                }
            }
        } catch {
            throw .queue(path: folder.relativePath, reason: "\(error)")
        }
    }

    /// Has everything that failed tried again at once, what waits for a person included.
    ///
    /// - Returns: how many series that is.
    /// - Throws: ``RoutingError/queue(path:reason:)``.
    public func retry() throws(RoutingError) -> Int {
        do {
            return try database.write { db in
                let rows = try Row.fetchAll(
                    db, sql: "SELECT * FROM task WHERE state = ?", arguments: [TaskState.failed])
                for row in rows {
                    let task = try RoutingTask(row)
                    try db.execute(
                        sql: "UPDATE result SET failure = NULL WHERE task = ?", arguments: [task.id])
                    try set(row["resumes"] as TaskState? ?? .settled, of: task, db)
                    try note(event(.retried, task), in: db)
                }
                return rows.count
            }
        } catch {
            throw .queue(path: folder.relativePath, reason: "\(error)")
        }
    }
}
