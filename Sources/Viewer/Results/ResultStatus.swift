import Batch
import Foundation
import Imaging

/// How far an order is, as the page is told whenever that changes.
struct ResultStatus: Encodable, Sendable {
    enum Stage: String, Encodable, Sendable {
        case waiting, running, finished, stopped, failed

        var isOver: Bool { self == .finished || self == .stopped || self == .failed }
    }

    /// What became of one file.
    struct File: Encodable, Sendable {
        enum Stage: String, Encodable, Sendable {
            case waiting, running, finished, failed
        }

        /// Its place in the stack.
        var index: Int
        var stage = Stage.waiting
        var error: String?
        /// What it is called when it is taken home.
        var name: String?
        var width: Int?
        var height: Int?
        var model: String?
        var modelHash: String?
        var seconds: Double?
        /// Made consistent: max |reduced again − input|, in gray levels.
        var largestDeviation: Double?
        var trust: Trust?
        var warnings: [String] = []
        /// Of a file of several slices that is being made: so many of them, from the first, can be looked at.
        var slicesMade: Int?
        /// How many samples the result is the mean of; each can be looked at.
        var samples: Int?
    }

    /// How far it is on its way to the archive.
    struct Sending: Encodable, Sendable {
        enum Stage: String, Encodable, Sendable {
            case sending, sent, failed
        }

        var stage = Stage.sending
        /// Objects in all; those that the archive has taken, and those that it had before.
        var count: Int
        var taken = 0
        var present = 0
        var error: String?
    }

    struct Trust: Encodable, Sendable {
        var isRefused: Bool
        var reason: String?
        var statement: String?
        /// Whether there is a map to be laid over the image.
        var hasBound: Bool
    }

    var id: Int
    var stack: Int
    var order: EnlargementOrder
    var stage = Stage.waiting
    /// From 0 to 1.
    var progress = 0.0
    var secondsLeft: Double?
    var error: String?
    var files: [File]
    var sending: Sending?
}

extension ResultStatus.File {
    /// - Parameter tidy: makes a line of what names places that only the viewer knows.
    mutating func take(_ outcome: Outcome, tidy: (String) -> String) {
        switch outcome {
        case .finished(let result):
            (stage, slicesMade) = (.finished, nil)
            name = result.output.lastPathComponent
            (width, height, seconds) = (result.width, result.height, result.seconds)
            (model, modelHash) = (result.derivation?.model ?? "none", result.derivation?.modelHash)
            largestDeviation = result.largestDeviation
            warnings = (result.warnings + result.notes).map(tidy)
            trust = result.trust.map {
                ResultStatus.Trust(
                    isRefused: $0.refused, reason: $0.reason, statement: $0.statement, hasBound: $0.bound != nil)
            }
        case .failed(let text): (stage, error, slicesMade) = (.failed, tidy(text), nil)
        case .skipped, .notTried: (stage, slicesMade) = (.waiting, nil)
        }
    }
}
