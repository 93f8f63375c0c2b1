import Foundation

/// Why a text is no degradation, each said in one line.
public enum DegradationError: Error, Equatable, CustomStringConvertible {
    case empty
    case unknownStep(String)
    case wrongParameters(step: String, usage: String)
    case wrongNumber(String, step: String)
    case outOfBounds(String, step: String, bounds: String)
    case factorMissing(step: String)
    case severalFactorsMissing
    case factorNotTaken(step: String)
    case factorDisagrees(steps: Double, scale: Double)
    /// Codes can be sampled less densely, and nothing else; see ``SampleMeaning``.
    case notForCodes(step: String, statement: String)

    public var description: String {
        switch self {
        case .notForCodes(let step, let statement):
            "holds codes (\(statement)), for which '\(step)' means nothing: they can be reduced by nearest neighbour alone"
        case .empty:
            "the degradation names no step: write for example bicubic, or blur:1.2,bicubic,noise:5"
        case .unknownStep(let name):
            "no degradation step is called '\(name)': use \(Degradation.Step.names.joined(separator: ", "))"
        case .wrongParameters(let step, let usage):
            "'\(step)' has the wrong parameters: write \(usage)"
        case .wrongNumber(let number, let step):
            "'\(number)' in '\(step)' is not a number: write one such as 1.2, or a range such as 0.2..3 to draw from"
        case .outOfBounds(let number, let step, let bounds):
            "\(number) in '\(step)' is out of bounds: give \(bounds)"
        case .factorMissing(let step):
            "'\(step)' does not say how much it shrinks: write \(step)/4, or give the scale"
        case .severalFactorsMissing:
            "several steps don't say how much they shrink: write it behind each, such as bicubic/2"
        case .factorNotTaken(let step):
            "'\(step)' does not shrink: leave out what follows '/'"
        case .factorDisagrees(let steps, let scale):
            steps == 1
                ? "nothing shrinks the image \(stepNumber(scale)) times: add a step such as bicubic"
                : "the steps shrink the image \(stepNumber(steps)) times in all, not \(stepNumber(scale))"
        }
    }
}

extension DegradationError: LocalizedError {
    public var errorDescription: String? { description }
}
