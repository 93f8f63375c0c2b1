import Foundation
import GRDB

/// The work on one series: all of its objects that came before it was complete.
public struct RoutingTask: Sendable, Equatable, Encodable {
    /// Counts up from 1.
    public var id: Int64
    /// The Series Instance UID.
    public var series: String
    /// What is done; `nil` where no rule was for it. As it was when the first object came.
    public var rule: RoutingRule?
    /// How far it is.
    public var state: TaskState
    /// How often it failed since it last got on.
    public var attempts: Int
    /// Why it failed, in one line.
    public var reason: String?
    /// When it is tried again; `nil` where it did not fail, or waits for a person.
    public var nextTry: Date?
    /// Since when its objects and results are no longer kept; `nil` where they are.
    public var removed: Date?
    /// How many objects came.
    public var objects = 0
    /// How many results were made.
    public var results = 0
    /// How many of them the destination has.
    public var sent = 0

    init(_ row: Row) throws {
        id = row["id"]
        series = row["series"]
        rule = try (row["rule"] as String?).map {
            try AuditLog.decoder.decode(RoutingRule.self, from: Data($0.utf8))
        }
        state = row["state"]
        attempts = row["attempts"]
        reason = row["reason"]
        nextTry = (row["nextTry"] as Double?).map(Date.init(timeIntervalSince1970:))
        removed = (row["removed"] as Double?).map(Date.init(timeIntervalSince1970:))
    }
}

/// A result that is to be sent.
struct QueuedResult: Sendable {
    var id: Int64
    var instance: String
    var storageClass: String
    var file: URL
}

/// A result that has been made.
struct MadeResult: Sendable {
    var instance: String
    var storageClass: String
    /// Below the queue's folder.
    var file: String
}
