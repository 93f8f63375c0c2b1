import Imaging
import Upscaling

/// What happens in a run, as it happens.
public enum BatchEvent: Sendable {
    /// Files that killed runs left half-written were taken away: so many.
    case cleaned(Int)
    /// A job begins.
    case started(Job)
    /// A part of a job is done, and of all jobs, both from 0 to 1.
    case progressed(Job, part: Double, whole: Double)
    /// A slice of a job's result is made, long before its file is whole: the result's header, which slice, and its samples as the
    /// file will hold them. Told of files of several slices, where nothing is corrected when all are there.
    case made(Job, ImageHeader, slice: Int, Pixels)
    /// The samples are drawn whose mean becomes a job's result.
    case drew(Job, DrawnSamples)
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
