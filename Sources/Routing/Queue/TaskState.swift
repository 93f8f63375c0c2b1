/// How far the work on a series is.
public enum TaskState: String, Sendable, Codable, CaseIterable {
    /// Objects of the series come in.
    case receiving
    /// It is complete and waits for its turn.
    case settled
    /// Its results are being made.
    case enlarging
    /// Its results are made, and go to the destination one by one.
    case sending
    /// Every result is at the destination.
    case done
    /// An attempt failed. Where the next try has a time it is made then; else a person must look at it.
    case failed
    /// No rule is for it; its objects are kept.
    case noRule
}
