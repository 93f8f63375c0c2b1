import ArgumentParser

@main
struct FoveaLab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fovea-lab",
        abstract: "Trains and exports super-resolution networks.",
        subcommands: [Train.self, Export.self, TimeStep.self])
}
