import Imaging

/// What happens in a run, as it happens.
public enum BatchEvent: Sendable {
    /// Files that killed runs left half-written were taken away: so many.
    case cleaned(Int)
    /// A job begins.
    case started(Job)
    /// A part of a job is done, and of all jobs, both from 0 to 1.
    case progressed(Job, part: Double, whole: Double)
    /// An earlier result does not stand and is made anew.
    case outdated(Job, Staleness)
    /// A job has ended.
    case ended(Job, Outcome)
}

/// What who watches a run wants of it.
public enum Answer: Sendable {
    /// Go on.
    case goOn
    /// Begin no further job; those that are under way end.
    case stop
}
