import Batch
import Foundation

/// All that a rule file says: who may send, how patient routing is, and what becomes of which images.
public struct RoutingRules: Sendable, Equatable {
    /// How long is waited before what failed is tried again.
    public struct Retry: Sendable, Equatable {
        /// Seconds before the second try.
        public var firstSeconds = 10.0
        /// Seconds that are never exceeded.
        public var longestSeconds = 600.0

        /// The usual: 10 seconds, twice as long each time, up to 10 minutes.
        public init() {}

        /// Seconds from a failure to the next try: twice as long each time, up to the longest.
        ///
        /// - Parameter attempts: how often it has failed, from 1.
        public func seconds(after attempts: Int) -> Double {
            min(longestSeconds, firstSeconds * exp2(Double(min(max(attempts, 1), 64) - 1)))
        }
    }

    /// AE titles that may send; `nil` for any.
    public var callers: [String]?
    /// A series is complete when so many seconds no new object of it has come.
    public var settleSeconds = 15.0
    /// How long is waited before what failed is tried again.
    public var retry = Retry()
    /// What has to stay free on the queue's disk: an object is refused that finds less.
    public var keepFree = ByteCount(1_000_000_000)
    /// How large an object may be.
    public var largestObject = ByteCount(4_000_000_000)
    /// How many days the objects and results of a series are kept once it is done; `nil` for ever.
    public var keepDays: Double?
    /// The first that fits an object is followed.
    public var rules: [RoutingRule]

    /// - Parameter rules: the first that fits an object is followed.
    public init(rules: [RoutingRule]) { self.rules = rules }

    /// The rule that is followed for an object; `nil` where none fits, so that it is kept and nothing else.
    ///
    /// - Parameter traits: what of the object rules look at.
    public func rule(for traits: ObjectTraits) -> RoutingRule? { rules.first { $0.fits(traits) } }
}
