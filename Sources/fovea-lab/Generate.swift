import ArgumentParser
import Foundation
import Imaging
import Networks
import Torch
import Training

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw images of a generator, to see what it has learned.",
        discussion: """
            Side by side in one picture, while the run goes on or after. None of them is of anybody.

              fovea-lab generate runs/pulse-chest -o samples.png
            """)

    @Argument(help: "A run of the objective 'generation', a folder or its checkpoint.")
    var generator: String

    @Option(help: "How many, from 1 to 256.")
    var count = 16

    @Option(help: "Which.")
    var seed: UInt64 = 1

    @Option(name: .shortAndLong, help: "The picture to write.")
    var output: String

    @OptionGroup var compute: ComputeOptions

    @Flag(help: "Replace the file if it exists.")
    var overwrite = false

    func validate() throws {
        if !(1...256).contains(count) { throw ValidationError("--count takes a whole number from 1 to 256.") }
    }

    func run() throws {
        let device = compute.prepare()
        try device.prepare()
        let trained = try TrainedGenerator(contentsOf: URL(fileURLWithPath: generator))
        let samples = try trained.samples(count, seed: seed, on: device)
        let columns = Int(Double(count).squareRoot().rounded(.up))
        let rows = (count + columns - 1) / columns
        let (side, channels) = (trained.configuration.size, trained.configuration.channels)
        var sheet = Pixels(width: columns * side, height: rows * side, channels: channels)
        for (index, sample) in samples.enumerated() {
            for channel in 0..<channels {
                for row in 0..<side {
                    let place = channel * sheet.planeCount + (index / columns * side + row) * sheet.width
                    for column in 0..<side {
                        let value = sample.samples[channel * sample.planeCount + row * side + column]
                        sheet.samples[place + index % columns * side + column] = 255 * value
                    }
                }
            }
        }
        let header = ImageHeader(
            width: sheet.width, height: sheet.height, colorModel: channels == 3 ? .rgb : .gray,
            intensity: Intensity(sampleType: .uint8))
        try ImageFile.write(
            Image(header: header, pixels: sheet), to: URL(fileURLWithPath: output), overwrite: overwrite)
        print(output)
    }
}
