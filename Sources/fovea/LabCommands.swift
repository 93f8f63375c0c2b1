import ArgumentParser
import Foundation

/// A command that `fovea-lab` has, so that a person needs to know one name.
protocol LabCommand: ParsableCommand {
    var arguments: [String] { get }
}

extension LabCommand {
    func run() throws {
        let name = Self.configuration.commandName!
        try Lab.become(arguments: [name] + arguments)
    }
}

struct Train: LabCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a network on your own images (fovea-lab).",
        discussion: "Everything behind the name goes to fovea-lab: try fovea train --help.", helpNames: [])

    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}

struct Reproduce: LabCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce", abstract: "Rebuild a paper's table beside its published numbers (fovea-lab).",
        discussion: "Everything behind the name goes to fovea-lab: try fovea reproduce --help.", helpNames: [])

    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}

struct Export: LabCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Turn a training checkpoint into a model file (fovea-lab).",
        discussion: "Everything behind the name goes to fovea-lab: try fovea export --help.", helpNames: [])

    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}

/// The tool that makes models, a program of its own because libtorch is heavy.
enum Lab {
    /// Beside this program; `nil` where it was not built.
    static var executable: URL? {
        let lab = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
            .resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("fovea-lab")
        return FileManager.default.isExecutableFile(atPath: lab.path) ? lab : nil
    }

    /// Replaces this process by `fovea-lab`, which lies beside `fovea`.
    static func become(arguments: [String]) throws -> Never {
        guard let lab = executable else {
            throw CommandFailure(
                "fovea \(arguments[0]) needs fovea-lab, which is not built; run 'make setup && make build' in Fovea's folder"
            )
        }
        // Its messages are to name the command that the person typed.
        let name = lab.deletingLastPathComponent().appendingPathComponent("fovea").path
        var pointers = ([name] + arguments).map { strdup($0) } + [nil]
        execv(lab.path, &pointers)
        throw CommandFailure("\(lab.path): cannot be started: \(String(cString: strerror(errno)))")
    }
}
