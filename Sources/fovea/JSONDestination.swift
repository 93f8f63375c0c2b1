import ArgumentParser
import Batch
import Evaluation
import Foundation
import Imaging

/// Where a command's JSON goes.
enum JSONDestination: ExpressibleByArgument {
    /// `-`.
    case standardOutput
    case file(URL)

    init?(argument: String) {
        self = argument == "-" ? .standardOutput : .file(URL(fileURLWithPath: argument))
    }

    /// Writes beside and renames, so that there is never half a document.
    func write(_ value: some Encodable) throws {
        let data = try JSONEncoder.fovea.encode(value) + Data("\n".utf8)
        switch self {
        case .standardOutput: FileHandle.standardOutput.write(data)
        case .file(let url):
            do {
                try data.write(to: url, options: .atomic)
            } catch {
                throw CommandFailure(
                    "\(url.relativePath): cannot write: \(url.isFolder ? "it is a folder" : systemReason(error))")
            }
        }
    }
}

/// A failure that is told in one line.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension CommandFailure: LocalizedError {
    var errorDescription: String? { description }
}
