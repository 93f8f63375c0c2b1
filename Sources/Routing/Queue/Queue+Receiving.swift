import Foundation
import GRDB
import Imaging

/// An object as it came.
struct Arrival: Sendable {
    var instance: String
    var storageClass: String
    var series: String
    /// SHA-256 of transfer syntax and data set.
    var digest: String
    var calling: String
    var address: String
    var rule: RoutingRule?
}

/// What becomes of an object that came.
enum Admission: Sendable, Equatable {
    /// It is here now.
    case kept
    /// It was here already, the very same.
    case again
    /// Another object is here under its UID.
    case conflict
    /// It is a result of this queue, which came back.
    case own
}

extension RoutingQueue {
    /// Takes an object in. When this returns it is on the disk, under its own name, and the queue knows of it.
    ///
    /// - Parameters:
    ///   - arrival: what it is.
    ///   - part: its file, complete and on the disk; moved where it is kept.
    func admit(_ arrival: Arrival, part: URL) throws -> Admission {
        do {
            return try admitted(arrival, part: part)
        } catch {
            // The file may be in its place though the queue does not know of it, as where the disk is full. Looked at between
            // transactions, since the same object may come from elsewhere meanwhile.
            try? database.read { db in
                let isKnown = try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM object WHERE instance = ?)", arguments: [arrival.instance])
                if isKnown == false { unlink(place(ofObject: arrival.instance).path) }
            }
            throw error
        }
    }

    private func admitted(_ arrival: Arrival, part: URL) throws -> Admission {
        try transact { db in
            func event(_ kind: AuditEvent.Kind, task: Int64? = nil, _ detail: String? = nil) throws {
                try note(
                    AuditEvent(kind) {
                        ($0.calling, $0.address, $0.instance) = (arrival.calling, arrival.address, arrival.instance)
                        ($0.series, $0.digest, $0.task) = (arrival.series, arrival.digest, task)
                        ($0.rule, $0.detail) = (arrival.rule?.name, detail)
                    }, in: db)
            }
            let known = try Row.fetchOne(
                db, sql: "SELECT digest, task FROM object WHERE instance = ?", arguments: [arrival.instance])
            if let known {
                if known["digest"] == arrival.digest {
                    try event(.receivedAgain, task: known["task"])
                    return .again
                }
                try event(.refused, task: known["task"], "another object has this SOP Instance UID")
                return .conflict
            }
            let isOwn = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM result WHERE instance = ?)", arguments: [arrival.instance])
            if isOwn == true {
                try event(.receivedAgain, "a result of this queue, which is not enlarged once more")
                return .own
            }
            let place = place(ofObject: arrival.instance)
            guard rename(part.path, place.path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
            try Self.bringToDisk(place.deletingLastPathComponent())
            let task = try openTask(for: arrival, db)
            try db.execute(
                sql: "INSERT INTO object (task, instance, class, series, digest) VALUES (?, ?, ?, ?, ?)",
                arguments: [task, arrival.instance, arrival.storageClass, arrival.series, arrival.digest])
            try event(.received, task: task)
            return .kept
        }
    }

    /// The task of the series under its rule that still takes objects; a new one where there is none.
    private func openTask(for arrival: Arrival, _ db: Database) throws -> Int64 {
        let rule = try arrival.rule.map { String(decoding: try AuditLog.encoder.encode($0), as: UTF8.self) }
        let now = Date().timeIntervalSince1970
        let open = try Int64.fetchOne(
            db, sql: "SELECT id FROM task WHERE state = ? AND series = ? AND rule IS ?",
            arguments: [TaskState.receiving, arrival.series, rule])
        if let open {
            try db.execute(sql: "UPDATE task SET lastArrival = ? WHERE id = ?", arguments: [now, open])
            return open
        }
        try db.execute(
            sql: "INSERT INTO task (series, rule, state, lastArrival) VALUES (?, ?, ?, ?)",
            arguments: [arrival.series, rule, TaskState.receiving, now])
        return db.lastInsertedRowID
    }

    /// A name is on the disk when its folder is.
    static func bringToDisk(_ folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }

    /// Has series that are complete wait for their turn.
    ///
    /// - Parameter seconds: how long no object of them has come.
    func settle(after seconds: Double) throws {
        let before = Date().timeIntervalSince1970 - seconds
        let due = try database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM task WHERE state = ? AND lastArrival <= ?",
                arguments: [TaskState.receiving, before])
        }
        for row in due {
            try transact { db in
                let task = try RoutingTask(row)
                try set(task.rule == nil ? .noRule : .settled, of: task, db)
                let count = try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM object WHERE task = ?", arguments: [task.id])
                try note(event(task.rule == nil ? .noRule : .settled, task) { $0.objects = count }, in: db)
            }
        }
    }
}
