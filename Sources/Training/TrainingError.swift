import Foundation
import Networks

/// What goes wrong in training because of what a person gave.
public enum TrainingError: Error, CustomStringConvertible {
    case configuration(String)
    /// A value that cannot be, by its key.
    case invalid(ConfigurationError)
    /// A line of a configuration's file that is wrong.
    case file(path: String, line: Int?, problem: String)
    case noImages(folder: String, firstFailure: String?)
    case badCheckpoint(path: String, reason: String)
    case runExists(path: String)
    case diverged(step: Int)

    public var description: String {
        switch self {
        case .configuration(let problem): "configuration: \(problem)"
        case .invalid(let error): "configuration: \(error)"
        case .file(let path, let line, let problem): path + (line.map { ":\($0)" } ?? "") + ": \(problem)"
        case .noImages(let folder, let failure):
            "\(folder): holds no image that is large enough to train on" + (failure.map { " (\($0))" } ?? "")
        case .badCheckpoint(let path, let reason): "\(path): \(reason)"
        case .runExists(let path): "\(path): holds another run; continue it with --resume or choose another folder"
        case .diverged(let step): "the loss stopped being a number at step \(step); lower the learning rate"
        }
    }
}

extension TrainingError: LocalizedError {
    public var errorDescription: String? { description }
}
