import Foundation
import GRDB
import Imaging

/// What was received and what became of it, on disk: a SQLite data base, the objects, the results, and the audit log.
///
/// Every step is one transaction, on the disk before anybody is told of it, and carries its audit event. So a process that
/// ends in between, however it ends, leaves a queue that the next one goes on with.
public final class RoutingQueue: Sendable {
    /// Where all of it lies.
    public let folder: URL
    let database: DatabaseQueue
    private let audit: AuditLog
    /// Held by the process that works on the queue, and let go of when it ends, however that is.
    private let lock: Int32?

    /// Who opens a queue.
    public enum Access: Sendable {
        /// Who works on it: one process at a time. The folder is made where it is missing.
        case owner
        /// Who looks at it, or has failed work tried again, while another may work on it.
        case visitor
    }

    /// - Parameters:
    ///   - folder: where it lies.
    ///   - access: what for.
    /// - Throws: ``RoutingError/queueInUse(path:)``, ``RoutingError/noQueue(path:)``,
    ///   ``RoutingError/queue(path:reason:)``.
    public init(_ folder: URL, _ access: Access) throws(RoutingError) {
        self.folder = folder
        let path = folder.relativePath
        let file = folder.appendingPathComponent("queue.sqlite")
        switch access {
        case .owner:
            do {
                for name in ["received", "results", "incoming"] {
                    // What is in it shows patients.
                    try FileManager.default.createDirectory(
                        at: folder.appendingPathComponent(name), withIntermediateDirectories: true,
                        attributes: [.posixPermissions: 0o700])
                }
            } catch {
                throw .queue(path: path, reason: systemReason(error))
            }
            let descriptor = open(folder.appendingPathComponent("lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw .queue(path: path, reason: String(cString: strerror(errno))) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw .queueInUse(path: path)
            }
            lock = descriptor
        case .visitor:
            guard FileManager.default.fileExists(atPath: file.path) else { throw .noQueue(path: path) }
            lock = nil
        }
        audit = AuditLog(folder.appendingPathComponent("audit.jsonl"))
        let opened: DatabaseQueue
        do {
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.busyMode = .timeout(30)
            configuration.foreignKeysEnabled = true
            // A transaction that was told of is on the disk, also after a power failure.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            opened = try DatabaseQueue(path: file.path, configuration: configuration)
            try QueueSchema.migrator.migrate(opened)
            if access == .owner { try Self.beginAnew(in: opened) }
        } catch {
            if let lock { close(lock) }
            throw .queue(path: path, reason: "\(error)")
        }
        // Not before: with all that it stores, this object would end by `deinit`, and close the lock a second time.
        database = opened
        if access == .owner {
            removeHalfReceived()
            flushAudit()
        }
    }

    deinit {
        if let lock { close(lock) }
    }

    /// Has what a killed process was making begun anew. What it was sending stays so: what was acknowledged is recorded
    /// result by result.
    private static func beginAnew(in database: DatabaseQueue) throws {
        try database.write { db in
            try db.execute(
                sql: "UPDATE task SET state = ? WHERE state = ?", arguments: [TaskState.settled, TaskState.enlarging])
        }
    }

    /// Takes away what a killed process has left half received; what cannot be removed is only in the way.
    private func removeHalfReceived() {
        let incoming = folder.appendingPathComponent("incoming")
        for name in (try? FileManager.default.contentsOfDirectory(atPath: incoming.path)) ?? [] {
            try? FileManager.default.removeItem(at: incoming.appendingPathComponent(name))
        }
    }

    // MARK: Places

    /// Where an object is received, before anybody is told that it is here.
    func incomingPlace() -> URL { folder.appendingPathComponent("incoming/\(UUID().uuidString)") }

    /// Where an object is kept.
    func place(ofObject instance: String) -> URL { folder.appendingPathComponent("received/\(instance).dcm") }

    /// Where the results of a task are made.
    func resultFolder(ofTask id: Int64) -> URL { folder.appendingPathComponent("results/\(id)") }

    /// What is free on the disk, in bytes; `nil` where the system does not tell.
    var freeBytes: Int? {
        var status = statvfs()
        guard statvfs(folder.path, &status) == 0 else { return nil }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    // MARK: Transactions

    /// Changes the queue in one transaction, and forgets events that are in the audit log's file.
    func transact<Value>(_ change: (Database) throws -> Value) throws -> Value {
        let written = audit.lastWritten
        return try database.write { db in
            try db.execute(sql: "DELETE FROM audit WHERE id <= ?", arguments: [written])
            return try change(db)
        }
    }

    /// Records an event, as a part of a transaction.
    func note(_ event: AuditEvent, in db: Database) throws {
        try db.execute(sql: "INSERT INTO audit (line) VALUES ('')")
        var event = event
        event.number = db.lastInsertedRowID
        let line = String(decoding: try AuditLog.encoder.encode(event), as: UTF8.self)
        try db.execute(sql: "UPDATE audit SET line = ? WHERE id = ?", arguments: [line, event.number])
    }

    /// Records an event that changes nothing.
    func note(_ event: AuditEvent) {
        // Where even this cannot be written, the objects are refused for the same reason, and the sender hears of it.
        try? transact { try note(event, in: $0) }
    }

    /// Brings events to the audit log's file; what cannot be written now stays in the queue.
    func flushAudit() {
        guard lock != nil else { return }
        let written = audit.lastWritten
        let events = try? database.read { db in
            try Row.fetchAll(db, sql: "SELECT id, line FROM audit WHERE id > ? ORDER BY id", arguments: [written])
                .map { (number: $0["id"] as Int64, line: $0["line"] as String) }
        }
        try? audit.append(events ?? [])
    }
}

extension TaskState: DatabaseValueConvertible {}
