import Foundation

/// A line of the audit log: what was done, for whom, with what outcome. No pixel and no patient's name or number stands in it.
public struct AuditEvent: Sendable, Equatable, Codable {
    /// What happened.
    public enum Kind: String, Sendable, Codable {
        /// Routing began or ended.
        case started, stopped
        /// An association was rejected, or what came was no DICOM.
        case rejected
        /// An association was not released but broke off.
        case aborted
        /// An object is stored, and the sender was told so.
        case received
        /// An object came once more that is here already.
        case receivedAgain
        /// An object was refused; ``AuditEvent/detail`` says why, ``AuditEvent/status`` what the sender was told.
        case refused
        /// A series is complete and waits to be enlarged.
        case settled
        /// No rule is for a series, so that it is kept and nothing else.
        case noRule
        /// A series is being enlarged.
        case enlarging
        /// The results of a series are made.
        case enlarged
        /// A result was sent, and the destination has it.
        case sent
        /// All results of a series are where they belong.
        case done
        /// The objects and results of a series that was done are no longer kept.
        case removed
        /// An attempt failed; ``AuditEvent/nextTry`` says when the next one is made, if one is.
        case failed
        /// A person had what failed tried again.
        case retried
    }

    /// Counts up from 1 without a gap but for attempts that were taken back.
    public var number: Int64?
    /// When.
    public var time = Date()
    /// What happened.
    public var event: Kind
    /// The AE title that called.
    public var calling: String?
    /// The AE title that it called.
    public var called: String?
    /// The address that it called from.
    public var address: String?
    /// The object's SOP Instance UID.
    public var instance: String?
    /// The series' UID.
    public var series: String?
    /// The object's or the result's file, as a SHA-256.
    public var digest: String?
    /// The number of the work in the queue.
    public var task: Int64?
    /// The rule that is followed.
    public var rule: String?
    /// Whom results go to.
    public var destination: String?
    /// How many objects or results are meant.
    public var objects: Int?
    /// DIMSE status, as `0000` or `A700`.
    public var status: String?
    /// When the next attempt is made.
    public var nextTry: Date?
    /// More, in words.
    public var detail: String?

    init(_ event: Kind, _ fill: (inout AuditEvent) -> Void = { _ in }) {
        self.event = event
        fill(&self)
    }
}
