import ArgumentParser
import Torch

/// Where and how loudly a training runs.
struct ComputeOptions: ParsableArguments {
    @Option(name: .customLong("device"), help: "Where to compute: cpu, cuda, cuda:1 or mps.")
    var deviceName = "cpu"

    @Option(help: "Threads; all cores by default.")
    var threads: Int?

    @Flag(name: .customLong("quiet"), help: "Print results and errors alone.")
    var isQuiet = false

    func validate() throws {
        if Device(deviceName) == nil {
            throw ValidationError("unknown device '\(deviceName)': use cpu, cuda, cuda:1 or mps")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes a whole number from 1 to 1024, not \(threads).")
        }
    }

    /// The device, with the process set up for training on it.
    func prepare() -> Device {
        TorchRuntime.keepFreedMemory()
        if let threads { TorchRuntime.threadCount = threads }
        return Device(deviceName)!
    }
}
