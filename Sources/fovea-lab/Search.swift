import ArgumentParser
import Foundation
import Imaging
import Terminal
import Torch
import Training

struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search a generator for an image that reduces to a given one (PULSE): sharp, consistent, invented.",
        discussion: """
            For teaching what such images are worth, not for use: all that the small image leaves open comes from the
            images that the generator learned from. Another --seed gives another image that agrees just as well. Where the
            generator can make none, nothing is written and the exit code is 1.

              fovea-lab search film-8.png --generator runs/pulse-chest -o found.png
              fovea-lab search film-8.png --generator runs/pulse-chest --seed 2 -o another.png
            """)

    @Argument(help: "A small image: a square whose side divides the generator's, such as 8 or 16 for one of 64.")
    var image: String

    @Option(help: "A run of the objective 'generation', a folder or its checkpoint.")
    var generator: String

    @Option(name: .shortAndLong, help: "The image to write.")
    var output: String

    @Option(help: "How many steps the search takes.")
    var steps = 100

    @Option(help: "Mean squared difference to the small image, of a range of 1, up to which an image counts as found.")
    var tolerance = 2e-3

    @Option(help: "Where the search begins.")
    var seed: UInt64 = 1

    @OptionGroup var compute: ComputeOptions

    @Flag(help: "Replace the file if it exists.")
    var overwrite = false

    @Flag(help: "Print one JSON document that says how near the image comes.")
    var json = false

    func validate() throws {
        if !(1...100_000).contains(steps) { throw ValidationError("--steps takes 1 to 100000, not \(steps).") }
        if !(tolerance > 0 && tolerance <= 1) {
            throw ValidationError("--tolerance takes a number above 0 and at most 1, not \(tolerance).")
        }
    }

    func run() throws {
        let (source, destination) = (URL(fileURLWithPath: image), URL(fileURLWithPath: output))
        // Known before the search, which takes a while.
        if !overwrite, FileManager.default.fileExists(atPath: destination.path) {
            throw ImageFileError.alreadyExists(path: destination.path)
        }
        let device = compute.prepare()
        try device.prepare()
        let search = try ImageSearch(TrainedGenerator(contentsOf: URL(fileURLWithPath: generator)), on: device)
        let small = try ImageFile.read(source)
        let interruption = Interruption()
        let line = SearchLine(isQuiet: compute.isQuiet, steps: steps)
        let settings = LatentSearch.Settings(steps: steps, tolerance: tolerance, seed: seed)
        let found: (image: Image, result: LatentSearch.Result)
        do {
            found = try search(small, settings: settings) { step, distance in
                line.show(step, distance)
                return !interruption.isRequested
            }
        } catch let error as LatentSearchError {
            line.end()
            throw SearchFailure(path: image, error: error)
        }
        line.end()
        try ImageFile.write(found.image, to: destination, overwrite: overwrite)
        if json {
            let report = SearchReport(
                input: image, output: output, meanSquaredDifference: found.result.distance, step: found.result.step,
                seed: seed)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(
                "\(output)  (reduced, it differs from \(image) by \(String(format: "%.2g", found.result.distance)); invented)"
            )
        }
    }
}

private struct SearchReport: Encodable {
    var input: String
    var output: String
    var meanSquaredDifference: Double
    var step: Int
    var seed: UInt64
}

/// Which image a search failed for.
private struct SearchFailure: Error, LocalizedError {
    var path: String
    var error: LatentSearchError

    var errorDescription: String? { "\(path): \(error)" }
}

/// A search shown to a person: one moving line on a terminal, nothing in a log, where it takes seconds.
private final class SearchLine {
    private let isShown: Bool
    private let steps: Int

    init(isQuiet: Bool, steps: Int) {
        isShown = !isQuiet && isatty(STDERR_FILENO) != 0
        self.steps = steps
    }

    func show(_ step: Int, _ distance: Double) {
        guard isShown else { return }
        let text = String(format: "\r\u{1B}[Kstep %d of %d, differs by %.2g", step, steps, distance)
        FileHandle.standardError.write(Data(text.utf8))
    }

    func end() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
