import Foundation
import Imaging

/// What became of a job.
public enum Outcome: Sendable {
    /// Its result is where it belongs.
    case finished(JobResult)
    /// There is no result, and this is why, in one line.
    case failed(String)
    /// Nothing was to be done.
    case skipped(Skip)
    /// The run had ended before its turn came.
    case notTried
}

/// Why nothing was to be done.
public enum Skip: Sendable, Equatable {
    /// An earlier run has made it, of this input in this way, and it is unchanged.
    case done
    /// It is already where it is to go: its SOP Instance UID.
    case madeElsewhere(String)
    /// Another run is making it at this moment.
    case beingMade
}

/// Why an earlier result does not stand.
public enum Staleness: Sendable, Equatable {
    /// The input has other contents.
    case input
    /// Other options, or other models, are asked for; their names, sorted.
    case options([String])
    /// Files have joined the input's series, or left it, or changed, and with them what networks are shown.
    case series
    /// The result is not what was written: cut off, damaged, or changed by another.
    case result
}

extension Staleness: CustomStringConvertible {
    public var description: String {
        switch self {
        case .input: "the input has changed since"
        case .options(let names): "made with another \(names.joined(separator: ", "))"
        case .series: "its series has changed since"
        case .result: "the result there is not what was written"
        }
    }
}

/// A result, and what is to be known of it.
public struct JobResult: Sendable {
    /// Its file.
    public var output: URL
    /// Samples along a row.
    public var width: Int
    /// Samples along a column.
    public var height: Int
    /// Slices of all volumes.
    public var slices: Int
    /// What its file says of how it was made; `nil` where nothing was computed.
    public var derivation: Derivation?
    /// How long it took, reading and writing included.
    public var seconds: Double
    /// Made consistent: max |reduced again − input|, in gray levels (units of the stored samples).
    public var largestDeviation: Double?
    /// Of samples: the file that shows where they differ, and that which shows all of them.
    public var companions: (deviation: URL, sheet: URL)?
    /// How far the result can be trusted, where that was asked for.
    public var trust: TrustOutcome?
    /// What the result cannot say, or what was assumed of the input.
    public var warnings: [String]
    /// What was done otherwise than to intensities; see `Image.sampleNotes`.
    public var notes: [String]
}
