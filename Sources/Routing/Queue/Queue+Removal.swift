import Foundation
import GRDB
import Imaging

extension RoutingQueue {
    /// Takes away the objects and results of one series that has long been done. What is known of them stays: they are recognised
    /// where they come again, and nothing is sent twice.
    ///
    /// First the queue no longer counts on the files, then they go, then the queue knows that they are gone: whatever a kill comes
    /// between, the next call goes on.
    ///
    /// - Parameter time: of what was done before it. A series of which anything is still to be done keeps all of its files.
    /// - Returns: whose files went; `nil` where none are to go.
    package func removeDone(before time: Date) throws -> RoutingTask? {
        guard let task = try nextToRemove(before: time) else { return nil }
        let instances = try database.read { db in
            try String.fetchAll(db, sql: "SELECT instance FROM object WHERE task = ?", arguments: [task.id])
        }
        for instance in instances {
            let place = place(ofObject: instance)
            guard unlink(place.path) == 0 || errno == ENOENT else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        }
        let results = resultFolder(ofTask: task.id)
        if FileManager.default.fileExists(atPath: results.path) { try FileManager.default.removeItem(at: results) }
        try Self.bringToDisk(folder.appendingPathComponent("received"))
        try Self.bringToDisk(folder.appendingPathComponent("results"))
        try transact { db in
            try db.execute(sql: "UPDATE task SET isCleared = TRUE WHERE id = ?", arguments: [task.id])
        }
        return task
    }

    /// What a killed process was removing, or else the next series whose files the queue stops counting on.
    private func nextToRemove(before time: Date) throws -> RoutingTask? {
        let due = """
            state = :done AND removed IS NULL AND doneAt < :time AND NOT EXISTS (
            SELECT 1 FROM task AS other WHERE other.series = task.series AND other.state NOT IN (:done, :noRule))
            """
        let arguments: StatementArguments = [
            "done": TaskState.done, "noRule": TaskState.noRule, "time": time.timeIntervalSince1970,
        ]
        // Looked at before it is written, since it is asked for all the time.
        let isAny = try database.read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM task WHERE (removed IS NOT NULL AND NOT isCleared) OR (\(due)))",
                arguments: arguments)
        }
        guard isAny == true else { return nil }
        return try transact { db in
            let begun = try Row.fetchOne(
                db, sql: "SELECT * FROM task WHERE removed IS NOT NULL AND NOT isCleared LIMIT 1")
            if let begun { return try RoutingTask(begun) }
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM task WHERE \(due) ORDER BY id LIMIT 1", arguments: arguments)
            guard let task = try row.map(RoutingTask.init) else { return nil }
            try db.execute(
                sql: "UPDATE task SET removed = ? WHERE id = ?", arguments: [Date().timeIntervalSince1970, task.id])
            let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM object WHERE task = ?", arguments: [task.id])
            try note(event(.removed, task) { $0.objects = count }, in: db)
            return task
        }
    }
}
