import ArgumentParser
import Foundation
import Imaging
import Revision
import Terminal
import Torch

@main
struct FoveaLab: ParsableCommand {
    static let configuration = CommandConfiguration(
        // As the person called it: fovea hands over under its own name.
        commandName: URL(fileURLWithPath: CommandLine.arguments[0]).lastPathComponent == "fovea"
            ? "fovea" : "fovea-lab",
        abstract: "Trains and exports super-resolution networks, and rebuilds papers' tables.",
        version: """
            Fovea \(FoveaVersion.current), \(SourceRevision.statement)
            libtorch \(TorchRuntime.version)
            """,
        subcommands: [
            Train.self, Export.self, Reproduce.self, Likelihood.self, Generate.self, Search.self, Segment.self,
            TimeStep.self, TimeNetwork.self,
        ])

    static func main() { mainInOneLine() }
}
