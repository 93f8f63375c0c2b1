import ArgumentParser

@main
struct FoveaLab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fovea-lab",
        abstract: "Trains and exports super-resolution networks, and rebuilds papers' tables.",
        subcommands: [Train.self, Export.self, Reproduce.self, TimeStep.self])
}
